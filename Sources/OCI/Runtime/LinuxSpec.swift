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
