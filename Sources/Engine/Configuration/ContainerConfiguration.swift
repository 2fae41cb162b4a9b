// SPDX-License-Identifier: Apache-2.0

public import OCI

/// What a container is, wherever it runs: Docker's `Config`, member for member and in Docker's
/// order, so that `inspect` prints this value as it stands.
public struct ContainerConfiguration: Codable, Equatable, Sendable {
    /// Empty until the engine fills in the short ID.
    public var hostname = ""
    public var domainname = ""
    /// `name|uid[:group|gid]`; empty for the image's.
    public var user = ""
    public var attachStdin = false
    public var attachStdout = false
    public var attachStderr = false
    /// Ports such as `80/tcp`, published or not.
    @OmitEmpty public var exposedPorts: NameSet = []
    public var tty = false
    public var openStdin = false
    /// Whether standard input closes with the first client that leaves.
    public var stdinOnce = false
    /// `K=V`; an entry without `=` takes K away (see `environment(_:overriddenBy:)`).
    @NullWhenEmpty public var env: [String] = []
    @NullWhenEmpty public var cmd: [String] = []
    public var healthcheck: HealthConfiguration?
    /// The reference as it was given.
    public var image = ""
    /// Paths of anonymous volumes.
    @NullWhenEmpty public var volumes: NameSet = []
    public var workingDir = ""
    /// One empty word takes the image's entry point away.
    @NullWhenEmpty public var entrypoint: [String] = []
    @NullWhenEmpty public var onBuild: [String] = []
    public var labels: [String: String] = [:]
    /// A name with or without `SIG`, or a number; nil for the image's or TERM.
    public var stopSignal: String?
    /// Seconds between the stop signal and KILL; -1 for ever, nil for the default of 10.
    public var stopTimeout: Int?
    /// The words in front of a shell-form command.
    @OmitEmpty public var shell: [String] = []

    public init() {}

    enum CodingKeys: String, CodingKey {
        case hostname = "Hostname"
        case domainname = "Domainname"
        case user = "User"
        case attachStdin = "AttachStdin"
        case attachStdout = "AttachStdout"
        case attachStderr = "AttachStderr"
        case exposedPorts = "ExposedPorts"
        case tty = "Tty"
        case openStdin = "OpenStdin"
        case stdinOnce = "StdinOnce"
        case env = "Env"
        case cmd = "Cmd"
        case healthcheck = "Healthcheck"
        case image = "Image"
        case volumes = "Volumes"
        case workingDir = "WorkingDir"
        case entrypoint = "Entrypoint"
        case onBuild = "OnBuild"
        case labels = "Labels"
        case stopSignal = "StopSignal"
        case stopTimeout = "StopTimeout"
        case shell = "Shell"
    }
}

extension ContainerConfiguration {
    /// The variables of `base` with `changes` applied: `K=V` replaces or appends, `K` removes.
    public static func environment(
        _ base: [String], overriddenBy changes: [String]
    ) -> [String] {
        var result = base
        for change in changes {
            let name = change.prefix { $0 != "=" }
            let place = result.firstIndex { $0.prefix { $0 != "=" } == name }
            switch (place, name.endIndex == change.endIndex) {
            case (let place?, false): result[place] = change
            case (let place?, true): result.remove(at: place)
            case (nil, false): result.append(change)
            case (nil, true): break
            }
        }
        return result
    }
}

/// How a container's health is probed: Docker's `HealthConfig`. Times in nanoseconds; an unset
/// member is inherited from the image, then from Docker's defaults.
public struct HealthConfiguration: Codable, Equatable, Sendable {
    /// `CMD` and a vector, `CMD-SHELL` and a line, or `NONE`; empty inherits.
    @OmitEmpty public var test: [String] = []
    @OmitZero public var interval: Int64 = 0
    @OmitZero public var timeout: Int64 = 0
    @OmitZero public var startPeriod: Int64 = 0
    @OmitZero public var startInterval: Int64 = 0
    /// Failures in a row that make the container unhealthy.
    @OmitZero public var retries: Int = 0
    /// What is done when it becomes unhealthy: `restart`, `stop`, `kill`, or nothing. Ours, not Docker's.
    @OmitZero public var onUnhealthy: String = ""

    public init() {}

    enum CodingKeys: String, CodingKey {
        case test = "Test"
        case interval = "Interval"
        case timeout = "Timeout"
        case startPeriod = "StartPeriod"
        case startInterval = "StartInterval"
        case retries = "Retries"
        case onUnhealthy = "OnUnhealthy"
    }
}
