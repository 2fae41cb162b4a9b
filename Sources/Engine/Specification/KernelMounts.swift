// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import OCI

/// The file systems of the kernel's that every container has, in Docker's order.
struct KernelMounts {
    /// Docker's size of /dev/shm, in bytes.
    static let sharedMemorySize: Int64 = 64 << 20

    let host: HostConfiguration
    let facts: SpecificationFacts
    let modes: NamespaceModes
    /// Whether the control groups may be written.
    let writableCgroups: Bool
    /// The container's group below the hierarchies, without a slash in front.
    let cgroupPath: String

    private static let plain = ["nosuid", "noexec", "nodev"]

    var mounts: [Spec.Mount] {
        [
            Spec.Mount("/proc", type: "proc", source: "proc", options: Self.plain),
            Spec.Mount(
                "/dev", type: "tmpfs", source: "tmpfs",
                options: ["nosuid", "noexec", "strictatime", "mode=755", "size=65536k"]),
            Spec.Mount(
                "/dev/pts", type: "devpts", source: "devpts",
                options: [
                    "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5",
                ]),
            Spec.Mount(
                "/sys", type: "sysfs", source: "sysfs",
                options: host.privileged ? Self.plain : Self.plain + ["ro"]),
        ] + cgroups + messageQueues + sharedMemory
    }

    // MARK: Processes' communication

    /// A mount shows the queues of the IPC namespace that it is made in, also of the host's.
    private var messageQueues: [Spec.Mount] {
        [Spec.Mount("/dev/mqueue", type: "mqueue", source: "mqueue", options: Self.plain)]
    }

    private var sharedMemory: [Spec.Mount] {
        if host.ipcMode == "none" { return [] }
        if modes.ipc == .host {
            return [Self.bind("/dev/shm", at: "/dev/shm", Self.plain)]
        }
        if let shared = facts.sharedMemory {
            return [Self.bind(shared, at: "/dev/shm", Self.plain)]
        }
        let size = host.shmSize > 0 ? host.shmSize : Self.sharedMemorySize
        return [
            Spec.Mount(
                "/dev/shm", type: "tmpfs", source: "shm",
                options: Self.plain + ["mode=1777", "size=\(size)"])
        ]
    }

    private static func bind(
        _ source: String, at destination: String, _ options: [String]
    ) -> Spec.Mount {
        Spec.Mount(destination, type: "bind", source: source, options: ["bind"] + options)
    }

    // MARK: Control groups

    private var cgroupOptions: [String] { writableCgroups ? Self.plain : Self.plain + ["ro"] }

    private var cgroups: [Spec.Mount] {
        switch facts.cgroups {
        case nil: []
        case .v2(let mount): [unifiedMount(mount)]
        case .v1(let hierarchies, _): hierarchyMounts(hierarchies)
        }
    }

    private func unifiedMount(_ mount: String) -> Spec.Mount {
        guard modes.cgroup != .host else {
            return Self.bind(mount, at: "/sys/fs/cgroup", cgroupOptions)
        }
        return Spec.Mount(
            "/sys/fs/cgroup", type: "cgroup2", source: "cgroup", options: cgroupOptions)
    }

    /// One directory per hierarchy. In the host's cgroup namespace a new mount would show every
    /// group of the machine, so the container's own directories are bound there.
    private func hierarchyMounts(_ hierarchies: [CgroupHierarchies.Hierarchy]) -> [Spec.Mount] {
        let directory = Spec.Mount(
            "/sys/fs/cgroup", type: "tmpfs", source: "tmpfs",
            options: Self.plain + ["mode=755", "size=64k", "ro"])
        return [directory]
            + hierarchies.map { hierarchy in
                let name = hierarchy.mount.split(separator: "/").last ?? ""
                guard modes.cgroup != .host else {
                    return Self.bind(
                        "\(hierarchy.mount)/\(cgroupPath)", at: "/sys/fs/cgroup/\(name)",
                        cgroupOptions)
                }
                return Spec.Mount(
                    "/sys/fs/cgroup/\(name)", type: "cgroup", source: "cgroup",
                    options: cgroupOptions + Self.options(of: hierarchy))
            }
    }

    /// A hierarchy is found by its controllers, or, without any, by its name.
    private static func options(of hierarchy: CgroupHierarchies.Hierarchy) -> [String] {
        hierarchy.controllers.contains { $0.hasPrefix("name=") }
            ? ["none"] + hierarchy.controllers : hierarchy.controllers
    }
}
