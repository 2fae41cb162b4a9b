// SPDX-License-Identifier: Apache-2.0

public import Linux
public import OCI

/// A further program for a container that runs. A value: two equal requests give two equal plans;
/// which container it is says the pidfd that is lent as `Slot.container`.
public struct ExecRequest: Equatable, Sendable {
    public var process: Spec.Process
    public var user: UserSelection
    /// The namespaces of the container's first process to join: those that are not this process's
    /// own (`Namespaces.differing(of:)`).
    public var namespaces: Namespaces
    /// The host's numbers of the container's root: pipes are given to it. 0 without a user
    /// namespace.
    public var rootUID: UInt32
    public var rootGID: UInt32
    /// The container's control group, which exists (`Cgroup.joinable(with:)`); nil for none.
    public var cgroup: Cgroup?
    public var seccomp: SeccompProgram?
    /// Whether standard streams are a new terminal of the container's own, whose main end is sent
    /// over `Slot.console`.
    public var terminal: Bool
    /// How many of the caller's descriptors from 3 on the program shall have.
    public var preservedDescriptors = 0

    public init(
        process: Spec.Process, user: UserSelection, namespaces: Namespaces, rootUID: UInt32 = 0,
        rootGID: UInt32 = 0, cgroup: Cgroup? = nil, seccomp: SeccompProgram? = nil,
        terminal: Bool = false
    ) {
        self.process = process
        self.user = user
        self.namespaces = namespaces
        self.rootUID = rootUID
        self.rootGID = rootGID
        self.cgroup = cgroup
        self.seccomp = seccomp
        self.terminal = terminal
    }
}
