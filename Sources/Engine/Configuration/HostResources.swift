// SPDX-License-Identifier: Apache-2.0

/// When an ended container is started again.
public struct RestartPolicy: Codable, Equatable, Sendable {
    /// When a container that ended is started again.
    public enum Name: String, Codable, CaseIterable, Sendable {
        case no, always
        case unlessStopped = "unless-stopped"
        case onFailure = "on-failure"
    }

    public var name: Name
    /// Starts before giving up, for `on-failure` only; 0 for no end.
    public var maximumRetryCount: Int

    public init(_ name: Name = .no, maximumRetryCount: Int = 0) {
        self.name = name
        self.maximumRetryCount = maximumRetryCount
    }

    enum CodingKeys: String, CodingKey {
        case name = "Name"
        case maximumRetryCount = "MaximumRetryCount"
    }
}

/// Where a container's output goes.
public struct LogConfiguration: Codable, Equatable, Sendable {
    /// `json-file`, `local`, `none`; empty until the engine fills in its default.
    public var type: String
    public var config: [String: String]

    public init(type: String = "", config: [String: String] = [:]) {
        self.type = type
        self.config = config
    }

    enum CodingKeys: String, CodingKey {
        case type = "Type"
        case config = "Config"
    }
}

/// A device node of the host inside the container.
public struct DeviceMapping: Codable, Equatable, Sendable {
    public var pathOnHost: String
    public var pathInContainer: String
    /// Letters of `rwm`: read, write, mknod.
    public var cgroupPermissions: String

    public init(pathOnHost: String, pathInContainer: String, cgroupPermissions: String) {
        self.pathOnHost = pathOnHost
        self.pathInContainer = pathInContainer
        self.cgroupPermissions = cgroupPermissions
    }

    enum CodingKeys: String, CodingKey {
        case pathOnHost = "PathOnHost"
        case pathInContainer = "PathInContainer"
        case cgroupPermissions = "CgroupPermissions"
    }
}

/// Devices that a driver picks, such as GPUs.
public struct DeviceRequest: Codable, Equatable, Sendable {
    public var driver: String
    public var count: Int
    @NullWhenEmpty public var deviceIDs: [String] = []
    @NullWhenEmpty public var capabilities: [[String]] = []
    public var options: [String: String]

    enum CodingKeys: String, CodingKey {
        case driver = "Driver"
        case count = "Count"
        case deviceIDs = "DeviceIDs"
        case capabilities = "Capabilities"
        case options = "Options"
    }
}

/// A resource limit of the container's processes (setrlimit(2)); -1 is unlimited.
public struct Ulimit: Codable, Equatable, Sendable {
    /// `nofile`, `nproc`, …
    public var name: String
    public var hard: Int64
    public var soft: Int64

    public init(name: String, soft: Int64, hard: Int64) {
        self.name = name
        self.hard = hard
        self.soft = soft
    }

    enum CodingKeys: String, CodingKey {
        case name = "Name"
        case hard = "Hard"
        case soft = "Soft"
    }
}

/// A block device's relative share of the disk time.
public struct WeightDevice: Codable, Equatable, Sendable {
    public var path: String
    /// 10 to 1000, or 0 for the default.
    public var weight: UInt16

    public init(path: String, weight: UInt16) {
        self.path = path
        self.weight = weight
    }

    enum CodingKeys: String, CodingKey {
        case path = "Path"
        case weight = "Weight"
    }
}

/// A limit on a block device, in bytes or operations a second.
public struct ThrottleDevice: Codable, Equatable, Sendable {
    public var path: String
    public var rate: UInt64

    public init(path: String, rate: UInt64) {
        self.path = path
        self.rate = rate
    }

    enum CodingKeys: String, CodingKey {
        case path = "Path"
        case rate = "Rate"
    }
}
