// SPDX-License-Identifier: Apache-2.0

/// Where the kernel's control groups are mounted, and of which version they are (cgroups(7)).
public enum CgroupHierarchies: Equatable, Sendable {
    /// One tree per controller or group of controllers. On a hybrid machine `unified` is a version
    /// 2 tree without controllers, beside them.
    case v1([Hierarchy], unified: String?)
    /// One tree with all controllers.
    case v2(mount: String)

    /// One mounted tree of version 1.
    public struct Hierarchy: Equatable, Sendable {
        /// "cpu" and "cpuacct", say, or "name=systemd" of a tree without a controller.
        public let controllers: [String]
        /// "/sys/fs/cgroup/cpu,cpuacct".
        public let mount: String

        /// A tree with what it controls and where it is mounted.
        public init(controllers: [String], mount: String) {
            self.controllers = controllers
            self.mount = mount
        }
    }

    /// Looks at the names below `root` alone: reading the mount table would cost more than creating
    /// a cgroup does.
    public static func discover(
        root: String = "/sys/fs/cgroup"
    ) throws(KernelError) -> CgroupHierarchies {
        if exists("\(root)/cgroup.controllers") { return .v2(mount: root) }
        var known: [String] = []
        var hierarchies: [Hierarchy] = []
        // "cpu" may be a link to "cpu,cpuacct": the longer names come first and claim their parts.
        let names = try names(in: root).sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
        for name in names where name != "unified" && exists("\(root)/\(name)/cgroup.procs") {
            let controllers = Self.controllers(ofDirectory: name)
            guard !controllers.contains(where: known.contains) else { continue }
            known += controllers
            hierarchies.append(Hierarchy(controllers: controllers, mount: "\(root)/\(name)"))
        }
        guard !hierarchies.isEmpty else {
            throw KernelError(action: "find control groups in \(root)", errno: .noEntry)
        }
        let unified = "\(root)/unified"
        return .v1(hierarchies, unified: exists("\(unified)/cgroup.controllers") ? unified : nil)
    }

    /// The mount that has `controller`: the only one of version 2, nil for an absent one of version
    /// 1.
    public func mount(of controller: String) -> String? {
        switch self {
        case .v1(let hierarchies, _):
            hierarchies.first { $0.controllers.contains(controller) }?.mount
        case .v2(let mount): mount
        }
    }

    /// Every mount in which a container gets a cgroup: not the controller-less one of a hybrid
    /// machine.
    public var mounts: [String] {
        switch self {
        case .v1(let hierarchies, _): hierarchies.map(\.mount)
        case .v2(let mount): [mount]
        }
    }

    /// A directory is named for its controllers; what is no controller is a named hierarchy.
    private static func controllers(ofDirectory name: String) -> [String] {
        switch name {
        case "systemd", "elogind", "openrc": ["name=\(name)"]
        default: name.split(separator: ",").map(String.init)
        }
    }
}
