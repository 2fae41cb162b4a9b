// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Glibc
import Linux
import OCI
import Testing

@_silgen_name("prctl")
private func prctlCall(_ option: CInt, _ a: UInt, _ b: UInt, _ c: UInt, _ d: UInt) -> CInt

/// Containers of a user who has no rights on the host.
@Suite(.serialized, .enabled(if: launchObstacle == nil, "needs root and a static busybox"))
struct RootlessTests {
    private static let user: UInt32 = 54_321

    private func container() throws -> BusyboxContainer {
        let container = try BusyboxContainer()
        container.spec.linux?.uidMappings = [
            IDMapping(containerID: 0, hostID: Self.user, size: 1)
        ]
        container.spec.linux?.gidMappings = [
            IDMapping(containerID: 0, hostID: Self.user, size: 1)
        ]
        container.spec.linux?.namespaces.removeAll { $0.type == .cgroup }
        container.user = .ids(Spec.User())
        container.spec.mounts.removeAll { $0.type == "sysfs" || $0.type == "devpts" }
        container.spec.mounts += [
            Spec.Mount(
                "/dev/pts", type: "devpts", source: "devpts",
                options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666"]),
            Spec.Mount("/sys", type: "bind", source: "/sys", options: ["rbind", "rro"]),
        ]
        return container
    }

    /// Runs the plan as the user; the rights of root are gone before.
    private func run(
        _ container: BusyboxContainer, _ process: Spec.Process
    ) throws -> Outcome {
        var request = container.request(process)
        request.root = .directory("\(container.base)/lower")
        request.isRootless = true
        let plan = try Plan(request)
        return try alone {
            try ThisProcess.setIdentity(uid: Self.user, gid: Self.user, groups: [])
            // As after an execve(2) by that user.
            _ = prctlCall(4, 1, 0, 0, 0)
            return try BusyboxContainer.outcome(of: plan, lending: [:])
        }
    }

    @Test func runsWithASingleId() throws {
        var process = BusyboxContainer.process(
            [
                "sh", "-c",
                "id -u; cat /proc/self/uid_map /proc/self/setgroups; echo x > /dev/null; "
                    + "hostname; touch /sys/x || echo refused; ulimit -n",
            ])
        process.rlimits = [.init(type: "RLIMIT_NOFILE", soft: 100, hard: 200)]
        let outcome = try run(try container(), process)
        let lines = outcome.output.split(separator: "\n").map(String.init)
        #expect(lines.first == "0", "\(outcome)")
        #expect(lines.contains("         0      \(Self.user)          1"), "\(outcome)")
        #expect(lines.contains("deny") && lines.contains("inside") && lines.contains("refused"))
        #expect(lines.last == "100")
    }

    /// Ids that nobody granted need programs that ask /etc/subuid; here there is no entry.
    @Test func mapsNoIdsOfOthers() throws {
        let container = try container()
        container.spec.linux?.uidMappings = [IDMapping(containerID: 0, hostID: 0, size: 1)]
        let outcome = try run(container, BusyboxContainer.process(["true"]))
        #expect(outcome.code == errorCode)
        #expect(outcome.output.hasPrefix("map the ids of the user namespace: "), "\(outcome)")
    }
}
