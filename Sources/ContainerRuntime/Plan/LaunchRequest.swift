// SPDX-License-Identifier: Apache-2.0

public import Linux
public import OCI

/// Everything a plan is made from. A value: two equal requests give two equal plans.
public struct LaunchRequest: Equatable, Sendable {
    public var spec: Spec
    public var root: RootFilesystem
    public var user: UserSelection
    /// The compiled filter for `spec.linux.seccomp`.
    public var seccomp: SeccompProgram?
    /// The settings of the control group, already translated for this host's hierarchies.
    public var cgroup: CgroupPlan
    /// Whether the root's lower layers must be shown with shifted owners.
    public var overlayStrategy: Overlay.Strategy
    /// Whether standard streams are a terminal of the container's own.
    public var terminal: Bool
    /// The cables of a network namespace of the container's own, and what its ends are to be.
    public var cables: [VethPair] = []
    public var interfaces: [InterfaceSetup] = []
    /// Whether `Launch` is given somebody who answers the container's questions for names.
    public var servesNames = false
    public var manner = LaunchManner()
    /// Bind mounts, by their destination, of which several layers, topmost first, are mounted over
    /// each other: the files of an image.
    public var stacks: [String: [String]] = [:]
    /// Whether a bind mount whose owners cannot be shifted shows them as nobody instead of failing.
    public var toleratesUnshiftedMounts = false
    /// Whether this process has no rights on the host: the container's own process then does what
    /// the rights inside its user namespace allow.
    public var isRootless = false

    public init(
        spec: Spec, root: RootFilesystem, user: UserSelection, cgroup: CgroupPlan = CgroupPlan(),
        seccomp: SeccompProgram? = nil, overlayStrategy: Overlay.Strategy = .descriptors,
        terminal: Bool = false
    ) {
        self.spec = spec
        self.root = root
        self.user = user
        self.cgroup = cgroup
        self.seccomp = seccomp
        self.overlayStrategy = overlayStrategy
        self.terminal = terminal
    }
}

/// What an OCI runtime may be asked for beyond the specification.
public struct LaunchManner: Equatable, Sendable {
    /// What hooks are told of the container. Without it no hook runs.
    public var state: StateDocument?
    /// Whether the process waits for a start of its own before it executes the program
    /// (`Slot.start`).
    public var waitsForStart = false
    /// Whether the caller's session keyring stays.
    public var keepsKeyring = false
    /// Whether the root is moved into place rather than pivoted into.
    public var movesRoot = false
    /// How many of the caller's descriptors from 3 on the program shall have.
    public var preservedDescriptors = 0

    public init() {}
}

/// Where the container's "/" comes from.
public enum RootFilesystem: Equatable, Sendable {
    /// A directory of the host's, used as it is.
    case directory(String)
    /// Layers, topmost first, below a private upper directory.
    case overlay(lowers: [String], upper: String, work: String)
}
