// SPDX-License-Identifier: Apache-2.0

extension ImageConfiguration {
    /// The `config` member: the defaults of a container's process.
    ///
    /// https://github.com/opencontainers/image-spec/blob/main/config.md#properties
    public struct Execution: Codable, Equatable, Sendable {
        /// A name or number, with or without `:group`.
        public var user: String?
        /// `port[/protocol]`; the values are empty objects.
        @OmitEmpty public var exposedPorts: [String: Empty] = [:]
        /// `NAME=value`.
        @OmitEmpty public var environment: [String] = []
        public var entrypoint: [String]?
        public var command: [String]?
        /// Paths; the values are empty objects.
        @OmitEmpty public var volumes: [String: Empty] = [:]
        public var workingDirectory: String?
        @OmitEmpty public var labels: [String: String] = [:]
        public var stopSignal: String?
        // Docker's, beside the specification.
        public var healthcheck: Healthcheck?
        public var shell: [String]?
        @OmitEmpty public var onBuild: [String] = []
        /// Seconds.
        public var stopTimeout: Int?

        private enum CodingKeys: String, CodingKey {
            case user = "User"
            case exposedPorts = "ExposedPorts"
            case environment = "Env"
            case entrypoint = "Entrypoint"
            case command = "Cmd"
            case volumes = "Volumes"
            case workingDirectory = "WorkingDir"
            case labels = "Labels"
            case stopSignal = "StopSignal"
            case healthcheck = "Healthcheck"
            case shell = "Shell"
            case onBuild = "OnBuild"
            case stopTimeout = "StopTimeout"
        }

        public init(
            command: [String]? = nil, entrypoint: [String]? = nil, environment: [String] = []
        ) {
            _exposedPorts = OmitEmpty()
            _environment = OmitEmpty(wrappedValue: environment)
            self.entrypoint = entrypoint
            self.command = command
            _volumes = OmitEmpty()
            _labels = OmitEmpty()
            _onBuild = OmitEmpty()
        }
    }

    /// The empty object that stands where Go has a set.
    public struct Empty: Codable, Equatable, Sendable {
        public init() {}
    }

    /// Docker's HEALTHCHECK; durations in nanoseconds, absent or 0 where the default holds.
    ///
    /// https://github.com/moby/docker-image-spec/blob/main/spec.md
    public struct Healthcheck: Codable, Equatable, Sendable {
        /// `NONE`, `CMD` and arguments, or `CMD-SHELL` and a command line; empty inherits.
        @OmitEmpty public var test: [String] = []
        public var interval: Int64?
        public var timeout: Int64?
        public var startPeriod: Int64?
        public var startInterval: Int64?
        public var retries: Int?

        private enum CodingKeys: String, CodingKey {
            case test = "Test"
            case interval = "Interval"
            case timeout = "Timeout"
            case startPeriod = "StartPeriod"
            case startInterval = "StartInterval"
            case retries = "Retries"
        }

        public init() { _test = OmitEmpty() }
    }
}
