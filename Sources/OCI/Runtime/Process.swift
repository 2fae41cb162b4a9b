// SPDX-License-Identifier: Apache-2.0

extension Spec {
    /// The program to run and what it may do.
    /// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md#process
    public struct Process: Codable, Equatable, Sendable {
        public var terminal: Bool?
        public var consoleSize: ConsoleSize?
        public var user: User
        @OmitEmpty public var args: [String] = []
        @OmitEmpty public var env: [String] = []
        public var cwd: String
        public var capabilities: Capabilities?
        @OmitEmpty public var rlimits: [Rlimit] = []
        public var noNewPrivileges: Bool?
        public var oomScoreAdj: Int?
        public var apparmorProfile: String?
        public var selinuxLabel: String?
        public var ioPriority: IOPriority?
        public var scheduler: Scheduler?
        public var execCPUAffinity: ExecCPUAffinity?

        public init(args: [String], env: [String] = [], cwd: String = "/", user: User = User()) {
            self.user = user
            self.args = args
            self.env = env
            self.cwd = cwd
        }
    }

    /// Rows and columns of the terminal.
    public struct ConsoleSize: Codable, Equatable, Sendable {
        public var height: UInt16
        public var width: UInt16

        public init(height: UInt16, width: UInt16) {
            self.height = height
            self.width = width
        }
    }

    /// Whose rights the process has, by the container's numbers.
    public struct User: Codable, Equatable, Sendable {
        public var uid: UInt32
        public var gid: UInt32
        public var umask: UInt32?
        @OmitEmpty public var additionalGids: [UInt32] = []
        /// A name that only other systems than Linux look up.
        public var username: String?

        public init(uid: UInt32 = 0, gid: UInt32 = 0, additionalGids: [UInt32] = []) {
            self.uid = uid
            self.gid = gid
            self.additionalGids = additionalGids
        }
    }

    /// Capability names ("CAP_CHOWN") per set.
    public struct Capabilities: Codable, Equatable, Sendable {
        @OmitEmpty public var bounding: [String] = []
        @OmitEmpty public var effective: [String] = []
        @OmitEmpty public var inheritable: [String] = []
        @OmitEmpty public var permitted: [String] = []
        @OmitEmpty public var ambient: [String] = []

        public init() {}
    }

    /// A limit of getrlimit(2); `UInt64.max` is unlimited.
    public struct Rlimit: Codable, Equatable, Sendable {
        /// "RLIMIT_NOFILE" and the like.
        public var type: String
        public var hard: UInt64
        public var soft: UInt64

        public init(type: String, soft: UInt64, hard: UInt64) {
            self.type = type
            self.hard = hard
            self.soft = soft
        }
    }

    /// Class and level of ioprio_set(2).
    public struct IOPriority: Codable, Equatable, Sendable {
        /// "IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE" or "IOPRIO_CLASS_IDLE".
        public var `class`: String
        public var priority: Int

        public init(class name: String, priority: Int) {
            self.class = name
            self.priority = priority
        }
    }
    /// How the processor is shared (sched_setattr(2)).
    public struct Scheduler: Codable, Equatable, Sendable {
        /// "SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "SCHED_ISO", "SCHED_IDLE" or
        /// "SCHED_DEADLINE".
        public var policy: String
        /// -20 to 19, for the policies without a priority.
        public var nice: Int32?
        /// 1 to 99, for SCHED_FIFO and SCHED_RR.
        public var priority: Int32?
        /// "SCHED_FLAG_RESET_ON_FORK" and the like.
        @OmitEmpty public var flags: [String] = []
        /// Nanoseconds, for SCHED_DEADLINE, as the next two.
        public var runtime: UInt64?
        public var deadline: UInt64?
        public var period: UInt64?

        public init(policy: String) { self.policy = policy }
    }

    /// The processors of a program that joins the container ("0-3,7").
    public struct ExecCPUAffinity: Codable, Equatable, Sendable {
        /// Before it joins the container's control group.
        public var initial: String?
        /// Afterwards.
        public var final: String?

        public init(initial: String? = nil, final: String? = nil) {
            self.initial = initial
            self.final = final
        }
    }
}
