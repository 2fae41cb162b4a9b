// SPDX-License-Identifier: Apache-2.0

/// What only Linux has.
/// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md
public struct LinuxSpec: Codable, Equatable, Sendable {
    @OmitEmpty public var namespaces: [Namespace] = []
    @OmitEmpty public var uidMappings: [IDMapping] = []
    @OmitEmpty public var gidMappings: [IDMapping] = []
    /// By clock, "monotonic" or "boottime": how far a new time namespace is from the host's.
    @OmitEmpty public var timeOffsets: [String: TimeOffset] = [:]
    @OmitEmpty public var devices: [Device] = []
    public var cgroupsPath: String?
    public var resources: Resources?
    public var intelRdt: IntelRdt?
    /// "private", "shared", "slave", "unbindable", each also with "r" in front.
    public var rootfsPropagation: String?
    public var seccomp: Seccomp?
    public var mountLabel: String?
    public var personality: Personality?
    @OmitEmpty public var sysctl: [String: String] = [:]
    @OmitEmpty public var maskedPaths: [String] = []
    @OmitEmpty public var readonlyPaths: [String] = []

    public init() {}

    /// A namespace to make or to join.
    public struct Namespace: Codable, Equatable, Sendable {
        /// The specification's words, which are not the kernel's.
        public enum Kind: String, Codable, CaseIterable, Sendable {
            case mount, pid, network, ipc, uts, user, cgroup, time
        }
        public var type: Kind
        /// An existing namespace to join; absent for a new one.
        public var path: String?

        public init(_ type: Kind, path: String? = nil) {
            self.type = type
            self.path = path
        }
    }

    /// A device file of the container's /dev.
    public struct Device: Codable, Equatable, Sendable {
        /// "c", "u", "b" or "p".
        public var type: String
        public var path: String
        public var major: Int64?
        public var minor: Int64?
        public var fileMode: UInt32?
        public var uid: UInt32?
        public var gid: UInt32?

        public init(type: String, path: String, major: Int64, minor: Int64, fileMode: UInt32? = nil)
        {
            self.type = type
            self.path = path
            self.major = major
            self.minor = minor
            self.fileMode = fileMode
        }
    }
}

/// Limits of the container's control group.
public struct Resources: Codable, Equatable, Sendable {
    @OmitEmpty public var devices: [DeviceRule] = []
    public var memory: Memory?
    public var cpu: CPU?
    public var pids: Pids?
    public var blockIO: BlockIO?
    @OmitEmpty public var hugepageLimits: [HugepageLimit] = []
    /// Files of cgroup v2 by name.
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
        public var swappiness: UInt64?
        public var disableOOMKiller: Bool?

        public init() {}
    }

    /// Shares, quotas and sets of processors.
    public struct CPU: Codable, Equatable, Sendable {
        /// Relative weight in cgroup v1's scale, 2 to 262144; 1024 is normal.
        public var shares: UInt64?
        /// Microseconds of CPU time in each period.
        public var quota: Int64?
        /// Microseconds.
        public var period: UInt64?
        public var realtimeRuntime: Int64?
        public var realtimePeriod: UInt64?
        public var cpus: String?
        public var mems: String?

        public init() {}
    }

    /// How many processes and threads.
    public struct Pids: Codable, Equatable, Sendable {
        /// 0 or less is unlimited.
        public var limit: Int64

        public init(limit: Int64) { self.limit = limit }
    }

    /// Weights and rates of block devices.
    public struct BlockIO: Codable, Equatable, Sendable {
        /// 10 to 1000.
        public var weight: UInt16?
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

        public init(major: Int64, minor: Int64, weight: UInt16) {
            self.major = major
            self.minor = minor
            self.weight = weight
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

    /// Bytes of huge pages of one size ("2MB").
    public struct HugepageLimit: Codable, Equatable, Sendable {
        public var pageSize: String
        public var limit: UInt64
    }
}

/// A system call filter.
public struct Seccomp: Codable, Equatable, Sendable {
    public var defaultAction: String
    public var defaultErrnoRet: UInt32?
    @OmitEmpty public var architectures: [String] = []
    @OmitEmpty public var flags: [String] = []
    public var listenerPath: String?
    public var listenerMetadata: String?
    @OmitEmpty public var syscalls: [Rule] = []

    public init(defaultAction: String, defaultErrnoRet: UInt32? = nil) {
        self.defaultAction = defaultAction
        self.defaultErrnoRet = defaultErrnoRet
    }

    /// What happens to calls of these names with these arguments.
    public struct Rule: Codable, Equatable, Sendable {
        public var names: [String]
        public var action: String
        public var errnoRet: UInt32?
        @OmitEmpty public var args: [Argument] = []

        public init(
            _ names: [String], action: String, errnoRet: UInt32? = nil, args: [Argument] = []
        ) {
            self.names = names
            self.action = action
            self.errnoRet = errnoRet
            self.args = args
        }
    }

    /// A comparison of one argument of a call.
    public struct Argument: Codable, Equatable, Sendable {
        public var index: UInt32
        public var value: UInt64
        public var valueTwo: UInt64?
        /// "SCMP_CMP_EQ" and the like.
        public var op: String

        public init(index: UInt32, op: String, value: UInt64, valueTwo: UInt64? = nil) {
            self.index = index
            self.value = value
            self.valueTwo = valueTwo
            self.op = op
        }
    }
}
