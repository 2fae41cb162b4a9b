// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import OCI

extension CgroupPlan {
    /// The control group of a specification: `cgroupsPath`, or the id below a directory of ours.
    init(_ request: CreationRequest) throws {
        if request.usesSystemd {
            throw LifecycleError.invalid("--systemd-cgroup is not supported yet")
        }
        let linux = request.spec.linux ?? LinuxSpec()
        let path = linux.cgroupsPath.flatMap { $0.isEmpty ? nil : $0 }
        if path?.split(separator: "/").contains("..") == true {
            throw LifecycleError.invalid("linux.cgroupsPath must not contain \"..\"")
        }
        let cgroup = Cgroup(
            path ?? "swocker-runtime/\(request.id)", on: try CgroupHierarchies.discover())
        if request.toleratesCgroups,
            cgroup.hierarchies.mounts.contains(where: { access($0, W_OK) != 0 })
        {
            self.init()
            return
        }
        var resources = linux.resources ?? Resources()
        // Without rules the group allows what its parent does.
        if !resources.devices.isEmpty { resources.devices += Self.standardRules }
        try self.init(cgroup, resources)
    }

    /// What every container may use, whatever its rules say, as runc has it: the devices that the
    /// specification gives to all, terminals, and the making of nodes, which is not their opening.
    private static var standardRules: [Resources.DeviceRule] {
        typealias Rule = Resources.DeviceRule
        let devices: [(Int64, Int64?)] = [
            (1, 3), (1, 8), (1, 7), (5, 0), (1, 5), (1, 9), (136, nil), (5, 2),
        ]
        return [
            Rule(allow: true, type: "c", access: "m"), Rule(allow: true, type: "b", access: "m"),
        ] + devices.map { Rule(allow: true, type: "c", major: $0.0, minor: $0.1) }
    }
}
