// SPDX-License-Identifier: Apache-2.0

internal import CLinux
public import Glibc

/// How a process gets its share of the processors (sched_setattr(2)).
public struct Scheduling: Equatable, Sendable {
    /// SCHED_OTHER is 0, SCHED_FIFO 1, SCHED_RR 2, SCHED_BATCH 3, SCHED_IDLE 5, SCHED_DEADLINE 6.
    public var policy: UInt32
    /// SCHED_FLAG bits.
    public var flags: UInt64
    public var nice: Int32
    public var priority: UInt32
    /// Nanoseconds, as the next two.
    public var runtime: UInt64
    public var deadline: UInt64
    public var period: UInt64

    public init(
        policy: UInt32, flags: UInt64 = 0, nice: Int32 = 0, priority: UInt32 = 0,
        runtime: UInt64 = 0, deadline: UInt64 = 0, period: UInt64 = 0
    ) {
        self.policy = policy
        self.flags = flags
        self.nice = nice
        self.priority = priority
        self.runtime = runtime
        self.deadline = deadline
        self.period = period
    }

    /// Puts it in force for a process; 0 is the calling one.
    public func apply(to pid: pid_t) throws(Errno) {
        try syscall {
            clinux_sched_setattr(pid, policy, flags, nice, priority, runtime, deadline, period)
        }
    }
}

/// A set of processors.
public struct ProcessorSet: Equatable, Sendable {
    /// Bit n of the whole is processor n.
    private var words: [UInt64] = []
    /// More than any kernel is built for.
    private static let most = 8192

    /// Reads the kernel's notation, "0-3,7" (cpuset(7)); nil for anything else and for none.
    public init?(_ text: String) {
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false)
                .map { Self.number($0) }
            guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1],
                first <= last, last < Self.most
            else { return nil }
            for number in first...last { insert(number) }
        }
    }

    private static func number(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            ? Int(text) : nil
    }

    private mutating func insert(_ number: Int) {
        while words.count <= number / 64 { words.append(0) }
        words[number / 64] |= 1 << UInt64(number % 64)
    }

    /// The processors in it, in their order.
    public var numbers: [Int] {
        (0..<words.count * 64).filter { words[$0 / 64] & (1 << UInt64($0 % 64)) != 0 }
    }

    /// Confines the calling thread to these processors (sched_setaffinity(2)).
    public func confineThread() throws(Errno) {
        let words = words
        try syscall { clinux_sched_setaffinity(words, UInt(words.count * 8)) }
    }
}
