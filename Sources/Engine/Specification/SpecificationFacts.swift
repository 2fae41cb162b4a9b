// SPDX-License-Identifier: Apache-2.0

public import ContainerRuntime
public import Linux
public import OCI

/// What a specification depends on beside the user's wishes. With these the building is pure.
public struct SpecificationFacts: Equatable, Sendable {
    /// How many host ids a container has to itself.
    public static let idRangeSize: UInt32 = 65_536

    /// Whose users the container's are.
    public enum Users: Equatable, Sendable {
        case host
        /// A range of host ids of the container's own, from `base` on, in a new user namespace.
        case own(base: UInt32)
        /// Those of a container whose namespaces are joined: they belong to its user namespace.
        case joined(pid: Int32, base: UInt32)
    }

    /// The container's ID, 64 hexadecimal digits.
    public var id: String
    /// Where "/" comes from.
    public var root: RootFilesystem
    public var overlayStrategy = Overlay.Strategy.descriptors
    public var users = Users.host

    /// What a process of ours may hand on: everything in a user namespace of its own, on the host
    /// no more than the engine itself has.
    public var available = CapabilitySet.all

    /// Host paths of the engine-made /etc/hosts, /etc/hostname and /etc/resolv.conf.
    public var networkFiles: [NetworkFile: String] = [:]
    /// Binds and volumes, their sources present.
    public var mounts: [SourceMount] = []
    /// The devices of `--device`, or all of the host's for a privileged container.
    public var devices: [HostDevice] = []
    /// The numbers of the block devices that limits name, by host path.
    public var blockDevices: [String: DeviceNumber] = [:]

    /// Nil when the container gets no control group.
    public var cgroups: CgroupHierarchies?
    public var processorCount = 1
    /// /proc/sys/kernel/pid_max.
    public var pidMax: Int64 = 4_194_304
    /// Whether the processors' thermal counters are files of /sys here.
    public var hasThermalCounters = false

    /// Processes of the containers whose namespaces are joined.
    public var joined: [LinuxSpec.Namespace.Kind: Int32] = [:]
    /// The host directory that is /dev/shm of this container and of those that join its IPC
    /// namespace; nil for a private one.
    public var sharedMemory: String?
    /// The host path of the program that `--init` runs as PID 1.
    public var initProgram = ""

    /// The least that there is to know.
    public init(id: String, root: RootFilesystem) {
        self.id = id
        self.root = root
    }

    /// 1 or 2.
    var cgroupVersion: Int {
        if case .v1 = cgroups { 1 } else { 2 }
    }

    /// The mappings of the container's users; empty for the host's.
    var mappings: [IDMapping] {
        switch users {
        case .host: []
        case .own(let base), .joined(_, let base):
            [IDMapping(containerID: 0, hostID: base, size: Self.idRangeSize)]
        }
    }
}

/// A file that the engine writes for each container, by its path there.
public enum NetworkFile: String, CaseIterable, Sendable {
    case resolvConf = "/etc/resolv.conf"
    case hostname = "/etc/hostname"
    case hosts = "/etc/hosts"
}

/// A directory or file of the host's at a path of the container: a bind or a volume.
public struct SourceMount: Equatable, Sendable {
    /// On the host, absolute.
    public var source: String
    public var destination: String
    public var isWritable = true
    /// Whether mounts below the source come along.
    public var isRecursive = true
    /// Whether read-only reaches the mounts below.
    public var isReadOnlyRecursive = true
    /// Whether a volume that is still empty takes over what the image has there.
    public var copiesUp = false
    /// `rprivate`, `rslave`, …; empty for the default.
    public var propagation = ""
    /// The directories of an image's layers, topmost first, when it has more than one.
    public var layers: [String] = []
    /// What of the source is mounted; no link in it leads out of the source. Empty for all of it.
    public var subpath = ""

    /// Everything below `source`, writable.
    public init(_ source: String, at destination: String) {
        self.source = source
        self.destination = destination
    }
}

extension SpecificationFacts {
    /// What consists of layers, by its destination.
    var stacks: [String: [String]] {
        Dictionary(
            mounts.filter { !$0.layers.isEmpty }.map { ($0.destination, $0.layers) },
            uniquingKeysWith: { first, _ in first })
    }
}
