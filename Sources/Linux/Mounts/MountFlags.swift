// SPDX-License-Identifier: Apache-2.0

internal import CLinux

/// Attributes of one mount, as mount_setattr(2) knows them.
public struct MountAttributes: OptionSet, Hashable, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    private init(_ kernel: Int64) { rawValue = UInt64(kernel) }

    public static let readOnly = MountAttributes(clinux_MOUNT_ATTR_RDONLY)
    public static let noSetuid = MountAttributes(clinux_MOUNT_ATTR_NOSUID)
    public static let noDevices = MountAttributes(clinux_MOUNT_ATTR_NODEV)
    public static let noExec = MountAttributes(clinux_MOUNT_ATTR_NOEXEC)
    public static let noAccessTime = MountAttributes(clinux_MOUNT_ATTR_NOATIME)
    public static let strictAccessTime = MountAttributes(clinux_MOUNT_ATTR_STRICTATIME)
    public static let noDirectoryAccessTime = MountAttributes(clinux_MOUNT_ATTR_NODIRATIME)
    public static let noSymlinks = MountAttributes(clinux_MOUNT_ATTR_NOSYMFOLLOW)
    /// The whole access-time field, to be cleared before one of its values is set.
    public static let accessTimeField = MountAttributes(clinux_MOUNT_ATTR__ATIME)
}

/// Where mount events go (mount_namespaces(7), "shared subtrees").
public enum Propagation: String, CaseIterable, Sendable {
    case `private`, shared, slave, unbindable

    var flag: UInt64 {
        switch self {
        case .private: UInt64(clinux_MS_PRIVATE)
        case .shared: UInt64(clinux_MS_SHARED)
        case .slave: UInt64(clinux_MS_SLAVE)
        case .unbindable: UInt64(clinux_MS_UNBINDABLE)
        }
    }
}
