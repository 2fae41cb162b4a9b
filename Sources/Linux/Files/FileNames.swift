// SPDX-License-Identifier: Apache-2.0

internal import CLinux
public import Glibc

/// A path or name as the kernel sees it: bytes that need not be UTF-8, and a NUL at the end. Names
/// that come from an image are never Swift strings, which would repair what is not valid text.
public struct FileName: Hashable, Sendable {
    /// The bytes with their NUL; pass it where C wants a `const char *`.
    public let cString: [CChar]

    /// nil when `bytes` hold a NUL, which no file name can.
    public init?(_ bytes: some Sequence<UInt8>) {
        var cString = bytes.map { CChar(bitPattern: $0) }
        guard !cString.contains(0) else { return nil }
        cString.append(0)
        self.cString = cString
    }

    /// The bytes without the NUL.
    public var bytes: [UInt8] { cString.dropLast().map { UInt8(bitPattern: $0) } }
}

extension OwnedFD {
    /// As `open(_:_:mode:at:)`, for a name that is no text.
    public static func open(
        _ name: FileName, _ flags: CInt = O_RDONLY, mode: mode_t = 0, at directory: CInt
    ) throws(Errno) -> OwnedFD {
        OwnedFD(
            adopting: try syscall { openat(directory, name.cString, flags | O_CLOEXEC, mode) })
    }

    /// As `open(_:beneath:_:mode:resolution:)` with links resolved as in a chroot, for a path that is
    /// no text.
    public static func open(
        _ path: FileName, inRoot root: CInt, _ flags: CInt
    ) throws(Errno) -> OwnedFD {
        let resolve = UInt64(clinux_RESOLVE_IN_ROOT | clinux_RESOLVE_NO_MAGICLINKS)
        return OwnedFD(
            adopting: try syscall {
                clinux_openat2(root, path.cString, UInt64(flags | O_CLOEXEC), 0, resolve)
            })
    }
}

extension FileName: Comparable {
    /// The order of the bytes.
    public static func < (left: FileName, right: FileName) -> Bool {
        left.cString.lexicographicallyPrecedes(right.cString) {
            UInt8(bitPattern: $0) < UInt8(bitPattern: $1)
        }
    }
}

extension OwnedFD {
    /// Opens for reading what is open already as a mere path (O_PATH): what it is was looked at then,
    /// and cannot have become a device or a pipe since.
    public func reopened(_ flags: CInt = O_RDONLY) throws(Errno) -> OwnedFD {
        try OwnedFD.open("/proc/self/fd/\(raw)", flags)
    }
}

/// The text of a symbolic link that is open as a mere path (readlinkat(2)).
public func linkTarget(of link: CInt) throws(Errno) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let room = buffer.count
    let count = try syscall {
        buffer.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map {
                readlinkat(link, "", $0.assumingMemoryBound(to: CChar.self), room)
            } ?? 0
        }
    }
    return Array(buffer.prefix(count))
}

/// Makes a special file (mknodat(2)); the device number counts for devices only.
public func makeNode(
    _ name: FileName, in directory: CInt, mode: mode_t, major: UInt32 = 0, minor: UInt32 = 0
) throws(Errno) {
    let device = dev_t(clinux_makedev(major, minor))
    try syscall { mknodat(directory, name.cString, mode, device) }
}

/// What a name in an open directory stands for, links not followed (fstatat(2)).
public func status(of name: FileName, in directory: CInt) throws(Errno) -> stat {
    var status = stat()
    try syscall { fstatat(directory, name.cString, &status, AT_SYMLINK_NOFOLLOW) }
    return status
}

/// What an open descriptor stands for (fstat(2)).
public func status(of fd: CInt) throws(Errno) -> stat {
    var status = stat()
    try syscall { fstat(fd, &status) }
    return status
}

extension OwnedFD {
    /// A descriptor of one's own for a file that somebody else has open (F_DUPFD_CLOEXEC).
    public static func duplicate(of descriptor: CInt) throws(Errno) -> OwnedFD {
        OwnedFD(adopting: try syscall { clinux_fcntl(descriptor, F_DUPFD_CLOEXEC, 3) })
    }
}
