// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
public import OCI

extension Features {
    /// What this runtime does on the running kernel. What the kernel lacks is left out; what we lack
    /// is never in.
    public static func ofThisHost() -> Features {
        let hierarchies = try? CgroupHierarchies.discover()
        let isV2 = if case .v2? = hierarchies { true } else { false }
        let cgroup = Cgroup(
            v1: hierarchies != nil && !isV2, v2: isV2, systemd: true, systemdUser: true,
            rdma: hierarchies?.mount(of: "rdma") != nil)
        var linux = Linux(
            cgroup: cgroup, seccomp: seccomp, apparmor: SecurityModules.hasAppArmor,
            selinux: SecurityModules.hasSELinux,
            intelRdt: exists("\(ResourceGroup.mount)/schemata"),
            idMappedMounts: KernelVersion.running >= KernelVersion(major: 5, minor: 12))
        linux.namespaces = LinuxSpec.Namespace.Kind.allCases.map(\.rawValue).sorted()
            .filter { name in
                exists(
                    "/proc/self/ns/\(name == "network" ? "net" : name == "mount" ? "mnt" : name)")
            }
        linux.capabilities = CapabilitySet.all.names
        var features = Features(linux: linux)
        features.hooks = [
            "prestart", "createRuntime", "createContainer", "startContainer", "poststart",
            "poststop",
        ]
        features.mountOptions = MountOptions.known
        return features
    }

    private static var seccomp: Seccomp {
        let actions = words("/proc/sys/kernel/seccomp/actions_avail")
        var seccomp = Seccomp(enabled: !actions.isEmpty)
        // The kernel's names and the specification's.
        let names = [
            ("kill_process", "SCMP_ACT_KILL_PROCESS"), ("kill_thread", "SCMP_ACT_KILL_THREAD"),
            ("kill_thread", "SCMP_ACT_KILL"), ("trap", "SCMP_ACT_TRAP"),
            ("errno", "SCMP_ACT_ERRNO"), ("user_notif", "SCMP_ACT_NOTIFY"),
            ("trace", "SCMP_ACT_TRACE"), ("log", "SCMP_ACT_LOG"), ("allow", "SCMP_ACT_ALLOW"),
        ]
        seccomp.actions = names.filter { actions.contains($0.0) }.map(\.1)
        seccomp.operators = [
            "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ", "SCMP_CMP_GE",
            "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ",
        ]
        seccomp.archs = SeccompFilter.knownArchitectures.map { "SCMP_ARCH_\($0.uppercased())" }
        seccomp.knownFlags = OCI.Seccomp.knownFlags
        seccomp.supportedFlags = OCI.Seccomp.knownFlags.filter {
            $0 != "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"
                || KernelVersion.running >= KernelVersion(major: 5, minor: 19)
        }
        return seccomp
    }

    private static func words(_ path: String) -> [String] {
        let bytes = (try? contents(of: path, limit: 4096)) ?? []
        return String(decoding: bytes, as: UTF8.self)
            .split(whereSeparator: \.isWhitespace).map(String.init)
    }
}
