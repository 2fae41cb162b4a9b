// SPDX-License-Identifier: Apache-2.0

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

/// Where the container's "/" comes from.
public enum RootFilesystem: Equatable, Sendable {
    /// A directory of the host's, used as it is.
    case directory(String)
    /// Layers, topmost first, below a private upper directory.
    case overlay(lowers: [String], upper: String, work: String)
}
