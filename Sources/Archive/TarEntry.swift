// SPDX-License-Identifier: Apache-2.0

internal import CArchive
internal import Glibc
internal import OCI

/// One entry's header, with PAX and GNU extensions resolved.
public struct TarEntry: Sendable {
    /// What kind of file an entry makes.
    public enum Kind: Equatable, Sendable {
        case file
        case directory
        /// With the link's text.
        case symlink([UInt8])
        /// With the path of an entry before.
        case hardLink([UInt8])
        case characterDevice(major: UInt32, minor: UInt32)
        case blockDevice(major: UInt32, minor: UInt32)
        case fifo
    }

    public var path: [UInt8]
    public var kind: Kind
    /// The permission bits with set-user-ID, set-group-ID and sticky: at most 07777.
    public var mode: UInt32
    public var user: UInt32
    public var group: UInt32
    /// Bytes, holes included.
    public var size: Int64
    public var isSparse: Bool
    /// Seconds since 1970, and nanoseconds.
    public var modified: (seconds: Int64, nanoseconds: Int)
    public var attributes: [(name: String, value: [UInt8])]

    /// An entry to write; what is not given is root's, of 1970.
    public init(
        path: [UInt8], kind: Kind, mode: UInt32 = 0o644, user: UInt32 = 0, group: UInt32 = 0,
        size: Int64 = 0, modified: (seconds: Int64, nanoseconds: Int) = (0, 0),
        attributes: [(name: String, value: [UInt8])] = []
    ) {
        self.path = path
        self.kind = kind
        self.mode = mode
        self.user = user
        self.group = group
        self.size = size
        isSparse = false
        self.modified = modified
        self.attributes = attributes
    }
}

extension TarEntry {
    /// nil for kinds that no tar has.
    init?(_ entry: OpaquePointer) throws(ArchiveError) {
        path = Self.bytes(archive_entry_pathname(entry))
        guard let kind = Self.kind(of: entry) else { return nil }
        self.kind = kind
        mode = UInt32(archive_entry_perm(entry)) & 0o7777
        guard let user = Self.id(archive_entry_uid(entry)),
            let group = Self.id(archive_entry_gid(entry))
        else { throw .refused(entry: quoted(path), reason: "owner out of range") }
        self.user = user
        self.group = group
        size = archive_entry_size(entry)
        isSparse = archive_entry_sparse_count(entry) > 0
        modified = (Int64(archive_entry_mtime(entry)), archive_entry_mtime_nsec(entry))
        attributes = Self.attributes(of: entry)
    }

    private static func kind(of entry: OpaquePointer) -> Kind? {
        if let target = archive_entry_hardlink(entry) { return .hardLink(bytes(target)) }
        let device = (
            major: UInt32(truncatingIfNeeded: archive_entry_rdevmajor(entry)),
            minor: UInt32(truncatingIfNeeded: archive_entry_rdevminor(entry))
        )
        switch mode_t(archive_entry_filetype(entry)) {
        case S_IFREG: return .file
        case S_IFDIR: return .directory
        case S_IFLNK: return .symlink(bytes(archive_entry_symlink(entry)))
        case S_IFCHR: return .characterDevice(major: device.major, minor: device.minor)
        case S_IFBLK: return .blockDevice(major: device.major, minor: device.minor)
        case S_IFIFO: return .fifo
        default: return nil
        }
    }

    private static func bytes(_ text: UnsafePointer<CChar>?) -> [UInt8] {
        guard let text else { return [] }
        let count = strlen(text)
        return text.withMemoryRebound(to: UInt8.self, capacity: count) {
            Array(UnsafeBufferPointer(start: $0, count: count))
        }
    }

    /// An owner's number; the last one means "nobody in particular" to the kernel.
    private static func id(_ number: Int64) -> UInt32? {
        UInt32(exactly: number).flatMap { $0 == .max ? nil : $0 }
    }

    private static func attributes(of entry: OpaquePointer) -> [(name: String, value: [UInt8])] {
        guard archive_entry_xattr_reset(entry) > 0 else { return [] }
        var attributes: [(name: String, value: [UInt8])] = []
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        while archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK {
            guard let name else { continue }
            attributes.append(
                (String(cString: name), Array(UnsafeRawBufferPointer(start: value, count: size))))
        }
        return attributes
    }
}
