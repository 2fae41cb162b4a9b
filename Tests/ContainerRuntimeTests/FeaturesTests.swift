// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Linux
import OCI
import Testing

struct FeaturesTests {
    /// The document holds what the specification asks for, and what can be checked is true.
    @Test func tellsTheTruth() throws {
        let document = try Features.ofThisHost().json()
        #expect(document["ociVersionMin"] == "1.0.0")
        let linux = try #require(document["linux"])
        let namespaces = linux["namespaces"]?.arrayValue ?? []
        #expect(namespaces.contains("mount") && namespaces.contains("network"))
        #expect(namespaces.contains("time") == exists("/proc/self/ns/time"))
        let isV2 = exists("/sys/fs/cgroup/cgroup.controllers")
        #expect(linux["cgroup"]?["v2"]?.boolValue == isV2)
        #expect(linux["seccomp"]?["enabled"]?.boolValue == exists("/proc/sys/kernel/seccomp"))
        let architectures = linux["seccomp"]?["archs"]?.arrayValue ?? []
        #expect(architectures.contains("SCMP_ARCH_X86_64"))
        #expect(linux["mountExtensions"]?["idmap"]?["enabled"]?.boolValue != nil)
        for member in ["apparmor", "selinux", "intelRdt"] {
            #expect(linux[member]?["enabled"]?.boolValue != nil)
        }
        // The words that the specification lists and no file system takes.
        let options = document["mountOptions"]?.arrayValue ?? []
        #expect(["rro", "ridmap", "tmpcopyup"].allSatisfy(options.contains))
    }
}
