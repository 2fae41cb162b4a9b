// SPDX-License-Identifier: Apache-2.0

/// What a list of containers shows of one of them, and what filters ask about it.
public struct ContainerSummary: Sendable, Equatable {
    /// The status of Docker's API (`State.Status` of inspect).
    public enum State: String, Sendable, CaseIterable {
        case created, running, paused, restarting, removing, exited, dead
    }

    /// The answer of the health check.
    public enum Health: String, Codable, Sendable, CaseIterable {
        case starting, healthy, unhealthy
    }

    /// A port of the container, published or only exposed.
    public struct Port: Sendable, Hashable {
        /// The host's address, `0.0.0.0` or `::` for all; nil when the port is only exposed.
        public var hostAddress: String?
        /// The host's port; nil when the port is only exposed.
        public var hostPort: UInt16?
        /// The port in the container.
        public var containerPort: UInt16
        /// `tcp`, `udp` or `sctp`.
        public var transport: String

        /// Only exposed, unless a host port is given.
        public init(
            hostAddress: String? = nil, hostPort: UInt16? = nil, containerPort: UInt16,
            transport: String = "tcp"
        ) {
            self.hostAddress = hostAddress
            self.hostPort = hostPort
            self.containerPort = containerPort
            self.transport = transport
        }
    }

    /// A mount point as inspect has it.
    public struct Mount: Sendable, Equatable {
        /// `bind`, `volume`, `tmpfs` or `image`.
        public var type: String
        /// The volume's name; nil for other types.
        public var name: String?
        /// The path on the host.
        public var source: String
        /// The path in the container.
        public var destination: String
        /// The volume's driver; nil for other types.
        public var driver: String?

        /// Name and driver only for volumes.
        public init(
            type: String, name: String? = nil, source: String, destination: String,
            driver: String? = nil
        ) {
            self.type = type
            self.name = name
            self.source = source
            self.destination = destination
            self.driver = driver
        }
    }

    /// A network that the container is connected to.
    public struct Network: Sendable, Equatable {
        /// As `network ls` shows it.
        public var name: String
        /// The network's ID, 64 hexadecimal digits.
        public var id: String

        /// The ID may be unknown.
        public init(name: String, id: String = "") {
            self.name = name
            self.id = id
        }
    }

    /// Bytes on disk.
    public struct Size: Sendable, Equatable {
        /// What the container wrote.
        public var written: Int64
        /// That and its image.
        public var rootFileSystem: Int64

        /// Both in bytes.
        public init(written: Int64, rootFileSystem: Int64) {
            self.written = written
            self.rootFileSystem = rootFileSystem
        }
    }

    /// 64 hexadecimal digits.
    public var id: String
    /// Without the leading `/`; the container's own name first, then names through links.
    public var names: [String]
    /// As given to run.
    public var image: String
    /// `sha256:` and 64 hexadecimal digits.
    public var imageID: String
    /// Whether `image` still names `imageID`; if not, the ID is shown.
    public var imageIsCurrent: Bool = true
    /// The program and its arguments.
    public var command: [String]
    /// When `create` or `run` made it.
    public var created: Timestamp
    /// As of the moment of listing.
    public var state: State
    /// Of the last run; 0 before its end.
    public var exitCode: Int32
    /// nil before the first start.
    public var startedAt: Timestamp?
    /// nil before the first end.
    public var finishedAt: Timestamp?
    /// nil without a health check.
    public var health: Health?
    /// The ports in effect; none while the container does not run.
    public var ports: [Port]
    /// Ports that the image, `--expose` or `-p` names, in effect or not, for the filters `expose`
    /// and `publish`: a host port, perhaps 0, marks a published one.
    public var exposedPorts: [Port]
    /// Of the image and of `--label`.
    public var labels: [String: String]
    /// In the order of their destinations.
    public var mounts: [Mount]
    /// In the order of their names.
    public var networks: [Network]
    /// nil when not asked for: it costs a walk over the disk.
    public var size: Size?

    /// What is not given is empty or unknown.
    public init(
        id: String, names: [String], image: String, imageID: String, command: [String],
        created: Timestamp, state: State, exitCode: Int32 = 0, startedAt: Timestamp? = nil,
        finishedAt: Timestamp? = nil, health: Health? = nil, ports: [Port] = [],
        exposedPorts: [Port] = [], labels: [String: String] = [:], mounts: [Mount] = [],
        networks: [Network] = [], size: Size? = nil
    ) {
        self.id = id
        self.names = names
        self.image = image
        self.imageID = imageID
        self.command = command
        self.created = created
        self.state = state
        self.exitCode = exitCode
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.health = health
        self.ports = ports
        self.exposedPorts = exposedPorts
        self.labels = labels
        self.mounts = mounts
        self.networks = networks
        self.size = size
    }
}
