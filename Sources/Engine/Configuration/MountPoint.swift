// SPDX-License-Identifier: Apache-2.0

public import OCI

/// A mount asked for with `--mount`: Docker's `Mount`.
public struct MountPoint: Codable, Equatable, Sendable {
    /// Where a mount's content comes from.
    public enum Kind: String, Codable, CaseIterable, Sendable {
        case bind, volume, tmpfs, image
    }

    public var type: Kind
    /// A host path, a volume's name or an image, by type; empty for an anonymous volume.
    @OmitZero public var source: String = ""
    /// The path in the container.
    @OmitZero public var target: String = ""
    @OmitZero public var readOnly: Bool = false
    @OmitZero public var consistency: String = ""
    public var bindOptions: BindOptions?
    public var volumeOptions: VolumeOptions?
    public var imageOptions: ImageOptions?
    public var tmpfsOptions: TmpfsOptions?

    public init(type: Kind) { self.type = type }

    enum CodingKeys: String, CodingKey {
        case type = "Type"
        case source = "Source"
        case target = "Target"
        case readOnly = "ReadOnly"
        case consistency = "Consistency"
        case bindOptions = "BindOptions"
        case volumeOptions = "VolumeOptions"
        case imageOptions = "ImageOptions"
        case tmpfsOptions = "TmpfsOptions"
    }

    /// How a directory of the host is bound.
    public struct BindOptions: Codable, Equatable, Sendable {
        /// `rprivate`, `rslave`, …; empty for the default.
        @OmitZero public var propagation: String = ""
        /// Whether mounts below the source stay behind.
        @OmitZero public var nonRecursive: Bool = false
        @OmitZero public var createMountpoint: Bool = false
        /// Whether mounts below a read-only bind stay writable.
        @OmitZero public var readOnlyNonRecursive: Bool = false
        /// Whether it is an error if mounts below a read-only bind would stay writable.
        @OmitZero public var readOnlyForceRecursive: Bool = false

        public init() {}

        enum CodingKeys: String, CodingKey {
            case propagation = "Propagation"
            case nonRecursive = "NonRecursive"
            case createMountpoint = "CreateMountpoint"
            case readOnlyNonRecursive = "ReadOnlyNonRecursive"
            case readOnlyForceRecursive = "ReadOnlyForceRecursive"
        }
    }

    /// How a volume is made and filled.
    public struct VolumeOptions: Codable, Equatable, Sendable {
        /// Whether an empty volume stays empty instead of receiving the image's files.
        @OmitZero public var noCopy: Bool = false
        @OmitEmpty public var labels: [String: String] = [:]
        /// A directory of the volume that is mounted in its place.
        @OmitZero public var subpath: String = ""
        public var driverConfig: Driver?

        public init() {}

        enum CodingKeys: String, CodingKey {
            case noCopy = "NoCopy"
            case labels = "Labels"
            case subpath = "Subpath"
            case driverConfig = "DriverConfig"
        }

        /// Who provides a volume, and what the provider is told.
        public struct Driver: Codable, Equatable, Sendable {
            @OmitZero public var name: String = ""
            @OmitEmpty public var options: [String: String] = [:]

            public init() {}

            enum CodingKeys: String, CodingKey {
                case name = "Name"
                case options = "Options"
            }
        }
    }

    /// Which part of an image is mounted.
    public struct ImageOptions: Codable, Equatable, Sendable {
        @OmitZero public var subpath: String = ""

        public init() {}

        enum CodingKeys: String, CodingKey { case subpath = "Subpath" }
    }

    /// Size and mode of a file system in memory.
    public struct TmpfsOptions: Codable, Equatable, Sendable {
        /// Bytes; 0 for no limit.
        @OmitZero public var sizeBytes: Int64 = 0
        /// Permission bits; 0 for 1777.
        @OmitZero public var mode: UInt32 = 0

        public init() {}

        enum CodingKeys: String, CodingKey {
            case sizeBytes = "SizeBytes"
            case mode = "Mode"
        }
    }
}
