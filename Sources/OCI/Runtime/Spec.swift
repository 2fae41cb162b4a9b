// SPDX-License-Identifier: Apache-2.0

/// A container as the runtime is told of it: config.json of a bundle.
/// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md
public struct Spec: Codable, Equatable, Sendable {
    public var ociVersion: String
    public var process: Process?
    public var root: Root?
    public var hostname: String?
    public var domainname: String?
    @OmitEmpty public var mounts: [Mount] = []
    public var hooks: Hooks?
    @OmitEmpty public var annotations: [String: String] = [:]
    public var linux: LinuxSpec?

    public init(ociVersion: String = "1.2.0") { self.ociVersion = ociVersion }

    /// The container's root file system.
    public struct Root: Codable, Equatable, Sendable {
        /// Absolute, or relative to the bundle.
        public var path: String
        public var readonly: Bool?

        public init(path: String, readonly: Bool = false) {
            self.path = path
            self.readonly = readonly ? true : nil
        }
    }

    /// Something to appear at a path of the container.
    public struct Mount: Codable, Equatable, Sendable {
        public var destination: String
        /// "bind" or a file system of the kernel's; absent with a bind option in `options`.
        public var type: String?
        public var source: String?
        @OmitEmpty public var options: [String] = []
        @OmitEmpty public var uidMappings: [IDMapping] = []
        @OmitEmpty public var gidMappings: [IDMapping] = []

        public init(
            _ destination: String, type: String?, source: String?, options: [String] = []
        ) {
            self.destination = destination
            self.type = type
            self.source = source
            self.options = options
        }
    }

    /// Programs of the operator's to run at points of the container's life.
    public struct Hooks: Codable, Equatable, Sendable {
        @OmitEmpty public var prestart: [Hook] = []
        @OmitEmpty public var createRuntime: [Hook] = []
        @OmitEmpty public var createContainer: [Hook] = []
        @OmitEmpty public var startContainer: [Hook] = []
        @OmitEmpty public var poststart: [Hook] = []
        @OmitEmpty public var poststop: [Hook] = []

        public init() {}
    }

    /// A program of the operator's.
    public struct Hook: Codable, Equatable, Sendable {
        public var path: String
        @OmitEmpty public var args: [String] = []
        @OmitEmpty public var env: [String] = []
        /// Seconds.
        public var timeout: Int?

        public init(path: String, args: [String] = [], env: [String] = [], timeout: Int? = nil) {
            self.path = path
            self.args = args
            self.env = env
            self.timeout = timeout
        }
    }
}

/// A range of ids: `size` ids from `hostID` on appear in the container from `containerID` on.
public struct IDMapping: Codable, Equatable, Sendable {
    public var containerID: UInt32
    public var hostID: UInt32
    public var size: UInt32

    public init(containerID: UInt32, hostID: UInt32, size: UInt32) {
        self.containerID = containerID
        self.hostID = hostID
        self.size = size
    }
}
