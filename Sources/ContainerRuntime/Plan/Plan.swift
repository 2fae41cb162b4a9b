// SPDX-License-Identifier: Apache-2.0

/// A container start, in the order in which it happens.
public struct Plan: Equatable, Sendable {
    /// What the engine does before the process exists; ends with the clone.
    public var before: [KernelStep] = []
    /// What the engine does while the process waits; ends with the release.
    public var meanwhile: [KernelStep] = []
    /// What the process does to itself; ends with the execve(2).
    public var inside: [KernelStep] = []
    /// How many descriptors the steps speak of.
    public private(set) var slotCount = 0

    public init() {}

    public var steps: [KernelStep] { before + meanwhile + inside }

    mutating func newSlot() -> Slot {
        defer { slotCount += 1 }
        return Slot(slotCount)
    }
}
