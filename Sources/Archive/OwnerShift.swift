// SPDX-License-Identifier: Apache-2.0

internal import Linux

/// How owners on disk become those that a container sees. A container with users of its own has a
/// range of the host's ids; files that came with its image stand on disk as they are in the image.
public struct OwnerShift: Equatable, Sendable {
    /// The host's number of the container's root; nil when the users are the host's.
    public let base: UInt32?
    /// How many ids a container has.
    public static let count: UInt32 = 65_536
    /// Whom the kernel shows where nobody of the container is meant.
    private static let nobody: UInt32 = 65_534

    public init(base: UInt32? = nil) { self.base = base }

    /// The container's number for an owner on disk.
    public func inside(_ id: UInt32) -> UInt32 {
        guard let base else { return id }
        if id >= base, id - base < Self.count { return id - base }
        return id < Self.count ? id : Self.nobody
    }

    /// An extended attribute as an archive states it; nil for one that means nothing elsewhere:
    /// `trusted.*` and `user.overlay.*` steer overlay, other `security.*` the host's modules.
    public func inside(_ name: String, _ value: [UInt8]) -> [UInt8]? {
        switch name {
        case "security.capability": capabilities(value)
        case "system.posix_acl_access", "system.posix_acl_default": accessList(value)
        case _ where name.hasPrefix("user.") && !name.hasPrefix("user.overlay."): value
        default: nil
        }
    }

    /// A file's capabilities (`struct vfs_ns_cap_data` of linux/capability.h): version 3 says for which
    /// user namespace's root they count; version 2, without that, counts where it is unpacked.
    private func capabilities(_ value: [UInt8]) -> [UInt8]? {
        let version3: UInt32 = 0x0300_0000
        guard value.count == 24, value.word(at: 0) & 0xFF00_0000 == version3 else { return value }
        guard value.word(at: 20) == base ?? 0 else { return nil }
        let flags = value.word(at: 0) & 0x00FF_FFFF
        return (0x0200_0000 | flags).littleEndianBytes + value[4..<20]
    }

    /// A list of who may what (`struct posix_acl_xattr_entry`): tag, permissions, and for named
    /// users and groups their number.
    private func accessList(_ value: [UInt8]) -> [UInt8]? {
        guard value.count >= 4, (value.count - 4) % 8 == 0 else { return nil }
        var list = value
        for entry in stride(from: 4, to: value.count, by: 8) {
            let tag = UInt16(value[entry]) | UInt16(value[entry + 1]) << 8
            guard tag == 0x02 || tag == 0x08 else { continue }  // ACL_USER, ACL_GROUP
            let id = inside(value.word(at: entry + 4))
            list.replaceSubrange(entry + 4..<entry + 8, with: id.littleEndianBytes)
        }
        return list
    }
}

extension [UInt8] {
    fileprivate func word(at offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(self[offset + $1]) << (8 * UInt32($1)) }
    }
}

extension UInt32 {
    fileprivate var littleEndianBytes: [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: self >> (8 * UInt32($0))) }
    }
}
