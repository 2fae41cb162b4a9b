// SPDX-License-Identifier: Apache-2.0

internal import Linux
public import OCI

/// What is fixed about a container when it is created.
public struct ContainerRecord: Codable, Equatable, Sendable {
    /// The image's and the user's settings together.
    public var configuration: ContainerConfiguration
    public var hostConfiguration: HostConfiguration
    /// The image's configuration digest, "sha256:…".
    public var imageID: String
    /// What is mounted from volumes and from the host.
    @OmitEmpty public var mounts: [ContainerMount] = []
    /// The first host id of the container whose namespaces this one joins.
    public var joinedIDBase: UInt32?
    /// "linux".
    public var platform = "linux"

    init(
        configuration: ContainerConfiguration, hostConfiguration: HostConfiguration,
        imageID: String, mounts: [ContainerMount]
    ) {
        self.configuration = configuration
        self.hostConfiguration = hostConfiguration
        self.imageID = imageID
        _mounts = OmitEmpty(wrappedValue: mounts)
    }

    /// The program and its arguments: entry point, then command.
    public var commandLine: [String] {
        configuration.entrypoint.filter { !$0.isEmpty } + configuration.cmd
    }
}

/// A mount of a container from a volume, from the host or from an image, as `inspect` shows it.
public struct ContainerMount: Codable, Equatable, Sendable {
    /// A directory of the host's, of the engine's own volumes, or the files of an image.
    public enum Kind: String, Codable, Sendable { case bind, volume, image }
    public var type: Kind
    /// The volume's name, or the image as it was given.
    public var name: String?
    /// On the host.
    public var source: String
    public var destination: String
    /// Docker's words after the second colon: "ro", "z".
    public var mode: String
    public var isWritable: Bool
    public var propagation: String
    public var isAnonymous = false
    /// Whether a new volume takes over what the image has there.
    public var copiesUp = false
    /// Whether submounts are left out.
    public var isRecursive = true
    /// Whether read-only reaches the submounts.
    public var isReadOnlyRecursive = true
    /// The directory or file of the volume that is mounted in its place; empty for all of it.
    public var subpath = ""
    /// The digest of the mounted image's configuration, without its algorithm.
    public var imageID: String?

    private enum CodingKeys: String, CodingKey {
        case type, name, source, destination, mode, isWritable, propagation, isAnonymous, copiesUp
        case isRecursive, isReadOnlyRecursive, subpath, imageID
    }

    /// What older records do not say is as it always was.
    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        type = try members.decode(Kind.self, forKey: .type)
        name = try members.decodeIfPresent(String.self, forKey: .name)
        source = try members.decode(String.self, forKey: .source)
        destination = try members.decode(String.self, forKey: .destination)
        mode = try members.decode(String.self, forKey: .mode)
        isWritable = try members.decode(Bool.self, forKey: .isWritable)
        propagation = try members.decode(String.self, forKey: .propagation)
        isAnonymous = try members.decode(Bool.self, forKey: .isAnonymous)
        copiesUp = try members.decode(Bool.self, forKey: .copiesUp)
        isRecursive = try members.decode(Bool.self, forKey: .isRecursive)
        isReadOnlyRecursive =
            try members.decodeIfPresent(Bool.self, forKey: .isReadOnlyRecursive) ?? true
        subpath = try members.decodeIfPresent(String.self, forKey: .subpath) ?? ""
        imageID = try members.decodeIfPresent(String.self, forKey: .imageID)
    }

    /// Nothing but where from and where to.
    public init(type: Kind, name: String? = nil, source: String, destination: String) {
        self.type = type
        self.name = name
        self.source = source
        self.destination = destination
        mode = ""
        isWritable = true
        propagation = type == .bind ? "rprivate" : ""
    }
}

/// A container as the database has it: its record, and what changes in its life.
public struct Container: Equatable, Sendable {
    /// What was written down last. Whether it still holds is the kernel's to say: `Engine.state`.
    public enum Status: String, Sendable {
        case created, running, exited
        /// It has ended, and its monitor will start it again.
        case restarting
    }

    /// 64 hexadecimal digits.
    public let id: String
    /// Without the slash.
    public var name: String
    public var created: Timestamp
    public var record: ContainerRecord
    /// The record as it is stored; empty before it is.
    var document: [UInt8] = []
    /// Which range of host ids is its own; nil without a user namespace.
    public var idRange: Int64?
    public var status: Status
    /// The container's first process, and when it started, in clock ticks since boot.
    public var process: ProcessIdentity
    public var monitor: ProcessIdentity
    public var started: Timestamp?
    public var finished: Timestamp?
    public var exitCode: Int32
    public var wasOOMKilled: Bool
    /// Why the last start failed.
    public var error: String
    public var removesItself: Bool
    /// How often its restart policy has started it since a user did.
    public var restartCount = 0
    /// Whether a user ended it last: `unless-stopped` respects that.
    public var wasStoppedByHand = false
    /// The last request to end, since the last start by a user.
    var endRequest: EndRequest?

    /// The 12 digits that people use.
    public var shortID: String { String(id.prefix(12)) }

    /// The host's number of the container's root; nil without a user namespace.
    var idBase: UInt32? { idRange.map(IDRanges.first(of:)) ?? record.joinedIDBase }
}

/// A process beyond its pid, which the kernel gives away again.
public struct ProcessIdentity: Equatable, Sendable {
    public var pid: Int32
    /// Clock ticks since boot (proc(5), stat field 22).
    public var started: UInt64
    /// Which boot: numbers of an earlier one mean nothing.
    public var boot: Int64

    /// A process of this boot, unless another is said.
    public init(pid: Int32, started: UInt64, boot: Int64 = Boot.current) {
        (self.pid, self.started, self.boot) = (pid, started, boot)
    }

    public static let none = ProcessIdentity(pid: 0, started: 0)
}

/// What tells one boot of the machine from another (random(4), boot_id).
public enum Boot {
    /// The first half of the boot's UUID; 0 where the kernel has none.
    public static let current: Int64 = {
        let text = (try? contents(of: "/proc/sys/kernel/random/boot_id", limit: 64)) ?? []
        let digits = String(
            decoding: text.filter { $0 != UInt8(ascii: "-") }.prefix(16), as: UTF8.self)
        return UInt64(digits, radix: 16).map(Int64.init(bitPattern:)) ?? 0
    }()
}

/// The ranges of host ids that containers' users are mapped to: 65,536 each, from 0x7000_0000 on,
/// above what distributions give to users and to systemd's own containers.
enum IDRanges {
    static let size: UInt32 = 65_536
    static let count: Int64 = 4096
    static func first(of range: Int64) -> UInt32 { 0x7000_0000 + UInt32(range) * size }
}
