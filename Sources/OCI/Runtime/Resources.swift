// SPDX-License-Identifier: Apache-2.0

/// Limits of the container's control group, in the units of cgroup version 1.
/// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#control-groups
public struct Resources: Codable, Equatable, Sendable {
    @OmitEmpty public var devices: [DeviceRule] = []
    public var memory: Memory?
    public var cpu: CPU?
    public var pids: Pids?
    public var blockIO: BlockIO?
    @OmitEmpty public var hugepageLimits: [HugepageLimit] = []
    public var network: Network?
    /// By the name of the device ("mlx5_1").
    @OmitEmpty public var rdma: [String: RDMA] = [:]
    /// Files of cgroup v2 by name, written as they are.
    @OmitEmpty public var unified: [String: String] = [:]

    public init() {}

    /// Which devices may be used, and how; the last rule that fits decides.
    public struct DeviceRule: Codable, Equatable, Sendable {
        public var allow: Bool
        /// "a", "c" or "b".
        public var type: String?
        /// Absent for all.
        public var major: Int64?
        public var minor: Int64?
        /// Letters of "rwm".
        public var access: String?

        public init(
            allow: Bool, type: String? = nil, major: Int64? = nil, minor: Int64? = nil,
            access: String? = "rwm"
        ) {
            self.allow = allow
            self.type = type
            self.major = major
            self.minor = minor
            self.access = access
        }
    }

    /// Bytes; -1 is unlimited.
    public struct Memory: Codable, Equatable, Sendable {
        public var limit: Int64?
        public var reservation: Int64?
        /// Memory and swap together, as cgroup v1 counts.
        public var swap: Int64?
        /// The kernel's own memory; the kernel has given this limit up.
        public var kernel: Int64?
        /// Buffers of TCP connections.
        public var kernelTCP: Int64?
        /// 0 to 100.
        public var swappiness: UInt64?
        public var disableOOMKiller: Bool?
        /// Whether what lies below is counted too: kernels since 5.11 always do.
        public var useHierarchy: Bool?
        /// Whether a limit below what is in use now is refused rather than enforced.
        public var checkBeforeUpdate: Bool?

        public init() {}
    }

    /// Shares, quotas and sets of processors.
    public struct CPU: Codable, Equatable, Sendable {
        /// Relative weight in cgroup v1's scale, 2 to 262144; 1024 is normal.
        public var shares: UInt64?
        /// Microseconds of CPU time in each period.
        public var quota: Int64?
        /// Microseconds that may be saved up and used beyond the quota.
        public var burst: UInt64?
        /// Microseconds.
        public var period: UInt64?
        public var realtimeRuntime: Int64?
        public var realtimePeriod: UInt64?
        public var cpus: String?
        public var mems: String?
        /// 1 for a group that runs only when nobody else wants to.
        public var idle: Int64?

        public init() {}
    }

    /// How many processes and threads.
    public struct Pids: Codable, Equatable, Sendable {
        /// 0 or less is unlimited.
        public var limit: Int64

        public init(limit: Int64) { self.limit = limit }
    }

    /// Bytes of huge pages of one size ("2MB").
    public struct HugepageLimit: Codable, Equatable, Sendable {
        public var pageSize: String
        public var limit: UInt64

        public init(pageSize: String, limit: UInt64) {
            self.pageSize = pageSize
            self.limit = limit
        }
    }

    /// Marks on what the container sends.
    public struct Network: Codable, Equatable, Sendable {
        /// A class of tc(8): major number in the upper half, minor in the lower.
        public var classID: UInt32?
        @OmitEmpty public var priorities: [InterfacePriority] = []

        public init() {}
    }

    /// The priority of traffic on one interface.
    public struct InterfacePriority: Codable, Equatable, Sendable {
        public var name: String
        public var priority: UInt32

        public init(name: String, priority: UInt32) {
            self.name = name
            self.priority = priority
        }
    }

    /// What one remote direct memory access device gives; absent is unlimited.
    public struct RDMA: Codable, Equatable, Sendable {
        public var hcaHandles: UInt32?
        public var hcaObjects: UInt32?

        public init() {}
    }
}

extension Resources {
    /// Weights and rates of block devices.
    public struct BlockIO: Codable, Equatable, Sendable {
        /// 10 to 1000.
        public var weight: UInt16?
        /// The weight of the group's own processes against the groups below it, 10 to 1000.
        public var leafWeight: UInt16?
        @OmitEmpty public var weightDevice: [WeightDevice] = []
        @OmitEmpty public var throttleReadBpsDevice: [ThrottleDevice] = []
        @OmitEmpty public var throttleWriteBpsDevice: [ThrottleDevice] = []
        @OmitEmpty public var throttleReadIOPSDevice: [ThrottleDevice] = []
        @OmitEmpty public var throttleWriteIOPSDevice: [ThrottleDevice] = []

        public init() {}
    }

    /// The weight of one device, 10 to 1000.
    public struct WeightDevice: Codable, Equatable, Sendable {
        public var major: Int64
        public var minor: Int64
        public var weight: UInt16?
        public var leafWeight: UInt16?

        public init(major: Int64, minor: Int64, weight: UInt16? = nil, leafWeight: UInt16? = nil) {
            self.major = major
            self.minor = minor
            self.weight = weight
            self.leafWeight = leafWeight
        }
    }

    /// The rate of one device.
    public struct ThrottleDevice: Codable, Equatable, Sendable {
        public var major: Int64
        public var minor: Int64
        /// Bytes or operations a second.
        public var rate: UInt64

        public init(major: Int64, minor: Int64, rate: UInt64) {
            self.major = major
            self.minor = minor
            self.rate = rate
        }
    }
}
