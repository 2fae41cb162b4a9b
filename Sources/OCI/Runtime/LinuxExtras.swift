// SPDX-License-Identifier: Apache-2.0

extension LinuxSpec {
    /// How far a clock of a time namespace is from the host's (time_namespaces(7)).
    public struct TimeOffset: Codable, Equatable, Sendable {
        public var secs: Int64?
        public var nanosecs: UInt32?

        public init(secs: Int64 = 0, nanosecs: UInt32 = 0) {
            self.secs = secs
            self.nanosecs = nanosecs
        }
    }

    /// Shares of caches and memory bandwidth, through resctrl.
    /// https://docs.kernel.org/filesystems/resctrl.html
    public struct IntelRdt: Codable, Equatable, Sendable {
        /// The group's name below /sys/fs/resctrl; absent for the container's id.
        public var closID: String?
        /// "L3:0=f;1=f0".
        public var l3CacheSchema: String?
        /// "MB:0=20;1=70".
        public var memBwSchema: String?
        public var enableCMT: Bool?
        public var enableMBM: Bool?

        public init() {}
    }

    /// The execution domain of personality(2).
    public struct Personality: Codable, Equatable, Sendable {
        /// "LINUX" or "LINUX32".
        public var domain: String
        /// The specification defines none yet.
        @OmitEmpty public var flags: [String] = []

        public init(domain: String) { self.domain = domain }
    }
}
