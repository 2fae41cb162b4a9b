// SPDX-License-Identifier: Apache-2.0

/// A container start, in the order in which it happens.
public struct Plan: Equatable, Sendable {
    /// What the engine does before the process exists; ends with the clone.
    public var before: [KernelStep] = []
    /// What the engine does while the process waits, up to the release; after it the engine's hooks,
    /// when there are some, and a further release.
    public var meanwhile: [KernelStep] = []
    /// What the process does to itself; ends with the execve(2).
    public var inside: [KernelStep] = []
    /// How many descriptors the steps speak of; the first six are those that the caller lends.
    public private(set) var slotCount = Slot.root.index + 1

    /// The user namespace that the process joins; nil when it has its own or the host's.
    var joinedUsers: Slot?

    /// The connection to the seccomp agent.
    var agent: Slot?

    public init() {}

    public var steps: [KernelStep] { before + meanwhile + inside }

    /// Whether the process that the engine clones only leads to another one that it starts inside.
    var endsInSibling: Bool { inside.contains(.cloneSibling) }

    mutating func newSlot() -> Slot {
        defer { slotCount += 1 }
        return Slot(slotCount)
    }
}
