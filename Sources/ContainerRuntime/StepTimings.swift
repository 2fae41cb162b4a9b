// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// How long each step of a plan took, noted by the engine and by the process in memory that both
/// share.
public struct StepTimings: @unchecked Sendable {
    private let nanoseconds: UnsafeMutablePointer<UInt64>
    public let count: Int

    /// Memory for the steps of `plan`; nil when the kernel gives none.
    public init?(for plan: Plan) {
        count = plan.steps.count
        let size = count * MemoryLayout<UInt64>.stride
        let memory = mmap(
            nil, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)
        guard let memory, memory != MAP_FAILED else { return nil }
        nanoseconds = memory.bindMemory(to: UInt64.self, capacity: count)
    }

    /// Microseconds that a step of the plan took; 0 when it was not reached.
    public func microseconds(_ step: Int) -> Double { Double(nanoseconds[step]) / 1000 }

    func now() -> UInt64 { Clock.monotonic }

    func note(_ step: Int, since began: UInt64?) {
        guard let began else { return }
        nanoseconds[step] = Clock.monotonic - began
    }
}
