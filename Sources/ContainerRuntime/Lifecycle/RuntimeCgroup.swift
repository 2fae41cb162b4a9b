// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import OCI

extension CgroupPlan {
    /// The control group of a specification: `cgroupsPath`, or the id below a directory of ours.
    init(_ request: CreationRequest) throws {
        let linux = request.spec.linux ?? LinuxSpec()
        var resources = (linux.resources ?? Resources()).withDefaultDevices
        // Device rules need the host's root, and nobody else could make a device.
        if geteuid() != 0 { resources.devices = [] }
        if request.usesSystemd {
            let location = try CgroupLocation(
                cgroupsPath: linux.cgroupsPath, id: request.id,
                driver: .systemd(user: geteuid() != 0))
            try self.init(try location.resolved(), resources, on: try CgroupHierarchies.discover())
            return
        }
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
        try self.init(cgroup, resources)
    }
}
