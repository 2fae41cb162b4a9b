// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import OCI

/// Where a process that a plan prepared works on a container's files.
public struct FilesPlace: Sendable {
    /// The container's root directory, open as a mere path. What is opened below it must be opened as
    /// in a chroot.
    public let root: CInt
    /// The user that the plan looked up, as the container numbers it.
    public let user: UInt32
    public let group: UInt32
}

extension Plan {
    /// Work on the files of a running container, with what is mounted there: by a process that has
    /// the container's users and its root's rights, but no more, and that stays outside otherwise:
    /// nothing of the container's is executed or loaded (CVE-2019-14271).
    ///
    /// `Slot.root` is lent, and `Slot.container`, a pidfd, when the users are the container's own.
    /// - Parameter user: whom to look up in the container's accounts.
    public init(joiningUsers: Bool, as user: UserSelection) {
        self.init()
        before = [.clone([], cgroup: nil)]
        meanwhile = [.release]
        if joiningUsers { inside = [.hide, .joinNamespace(.container, .user), .becomeRoot] }
        inside += [.useRoot, .identify(user)]
    }

    /// Work on the files of a container that does not run: its root and its mounts are put together
    /// as for a start, in a mount namespace that goes with the process.
    /// - Parameter request: of the specification, namespaces, mappings and mounts count.
    public init(filesOf request: LaunchRequest) throws(RuntimeError) {
        var planner = Planner(request)
        self = try planner.makeFilesPlan()
    }
}

extension Planner {
    fileprivate mutating func makeFilesPlan() throws(RuntimeError) -> Plan {
        let root = planRoot()
        if hasUserNamespace { plan.inside.append(.becomeRoot) }
        plan.inside += [.setPropagation(.slave), .attachRoot(root, .private)]
        try planMounts(withDevices: false)  // they would be changes of the container's
        plan.inside.append(.identify(request.user))
        plan.before.append(.clone(newNamespaces, cgroup: nil))
        try planMeanwhile()
        return plan
    }
}
