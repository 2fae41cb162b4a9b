// SPDX-License-Identifier: Apache-2.0

/// What a container has used, in the terms of runc's `events --stats`. A figure that this kernel does
/// not keep is 0.
public struct ContainerStatistics: Equatable, Sendable {
    public var cpu = Processors()
    public var memory = Memory()
    /// Threads now and at most, 0 for no limit.
    public var pids = (current: UInt64(0), limit: UInt64(0))
    /// By runc's name ("ioServiceBytesRecursive").
    public var blockIO: [String: [BlockEntry]] = [:]
    /// By the size of the pages ("2MB").
    public var hugePages: [String: Counter] = [:]
    /// Files of version 1's cpuset by runc's names, and the sets.
    public var cpuset: [String: UInt64] = [:]
    public var allowed = (processors: [UInt64](), nodes: [UInt64]())
    public var blockPressure: Pressure?

    /// Nothing used.
    public init() {}

    /// Nanoseconds.
    public struct Processors: Equatable, Sendable {
        public var total: UInt64 = 0
        public var kernel: UInt64 = 0
        public var user: UInt64 = 0
        public var each: [UInt64] = []
        public var eachKernel: [UInt64] = []
        public var eachUser: [UInt64] = []
        public var periods: UInt64 = 0
        public var throttledPeriods: UInt64 = 0
        public var throttledTime: UInt64 = 0
        public var pressure: Pressure?
    }

    /// Bytes, or pages' worth of them.
    public struct Memory: Equatable, Sendable {
        public var cache: UInt64 = 0
        public var usage = Counter()
        /// Memory and swap together, in both versions.
        public var swap = Counter()
        public var kernel = Counter()
        public var kernelTCP = Counter()
        /// The lines of memory.stat.
        public var raw: [(name: String, value: UInt64)] = []
        public var pressure: Pressure?

        public static func == (left: Memory, right: Memory) -> Bool {
            (left.cache, left.usage, left.swap, left.kernel, left.kernelTCP)
                == (right.cache, right.usage, right.swap, right.kernel, right.kernelTCP)
                && left.raw.elementsEqual(right.raw, by: ==) && left.pressure == right.pressure
        }
    }

    /// Use of something with a limit.
    public struct Counter: Equatable, Sendable {
        /// UInt64.max for none.
        public var limit: UInt64 = 0
        public var usage: UInt64 = 0
        public var most: UInt64 = 0
        public var failures: UInt64 = 0
    }

    /// What was done on one block device.
    public struct BlockEntry: Equatable, Sendable {
        public var major: UInt64
        public var minor: UInt64
        public var operation: String
        public var value: UInt64
    }

    /// Time in which processes waited (https://docs.kernel.org/accounting/psi.html).
    public struct Pressure: Equatable, Sendable {
        public var some = Line()
        public var full = Line()

        /// Percent over ten seconds, one minute and five, as the kernel writes them; microseconds.
        public struct Line: Equatable, Sendable {
            public var averages: [Double] = [0, 0, 0]
            public var total: UInt64 = 0
        }
    }

    public static func == (left: ContainerStatistics, right: ContainerStatistics) -> Bool {
        left.cpu == right.cpu && left.memory == right.memory && left.pids == right.pids
            && left.blockIO == right.blockIO && left.hugePages == right.hugePages
            && left.cpuset == right.cpuset && left.allowed == right.allowed
            && left.blockPressure == right.blockPressure
    }
}
