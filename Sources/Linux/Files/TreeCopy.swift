// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// Copies the content of one open directory into another, with owners, modes, times, extended
/// attributes and links as they are. No link is followed, so what the trees contain cannot lead the
/// copy elsewhere.
public enum TreeCopy {
    /// Copies what is in `source` into `target`, and the directory's own owner and mode.
    public static func copy(from source: CInt, to target: CInt) throws(Errno) {
        let listing = try OwnedFD.open(".", O_RDONLY | O_DIRECTORY, at: source)
        for name in try names(of: listing) { try copyEntry(name, from: source, to: target) }
        try copyAttributes(of: source, to: target)
    }

    private static func copyEntry(
        _ name: String, from source: CInt, to target: CInt
    ) throws(Errno) {
        var status = stat()
        try syscall { fstatat(source, name, &status, AT_SYMLINK_NOFOLLOW) }
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            try syscall { mkdirat(target, name, 0o700) }
            let from = try OwnedFD.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: source)
            let to = try OwnedFD.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: target)
            try copy(from: from.raw, to: to.raw)
        case S_IFREG: try copyFile(name, from: source, to: target)
        case S_IFLNK:
            let link = try readLink(name, at: source)
            try syscall { symlinkat(link, target, name) }
            try syscall {
                fchownat(target, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW)
            }
        default:
            try syscall { mknodat(target, name, status.st_mode, status.st_rdev) }
            try syscall {
                fchownat(target, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW)
            }
            try syscall { fchmodat(target, name, status.st_mode & 0o7777, 0) }
        }
    }

    private static func copyFile(
        _ name: String, from source: CInt, to target: CInt
    ) throws(Errno) {
        let from = try OwnedFD.open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, at: source)
        let to = try OwnedFD.open(
            name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600, at: target)
        let (reader, writer) = (from.raw, to.raw)
        while try syscall({ sendfile(writer, reader, nil, 1 << 24) }) > 0 {}
        try copyAttributes(of: reader, to: writer)
    }

    private static func copyAttributes(of source: CInt, to target: CInt) throws(Errno) {
        var status = stat()
        try syscall { fstat(source, &status) }
        try syscall { fchown(target, status.st_uid, status.st_gid) }
        try syscall { fchmod(target, status.st_mode & 0o7777) }
        let times = [status.st_atim, status.st_mtim]
        try syscall { futimens(target, times) }
    }

    /// The text of a symbolic link (readlinkat(2)).
    public static func readLink(_ name: String, at directory: CInt) throws(Errno) -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = try syscall {
            buffer.withUnsafeMutableBytes { bytes in
                guard let start = bytes.baseAddress else { return 0 }
                return readlinkat(directory, name, start.assumingMemoryBound(to: CChar.self), 4096)
            }
        }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }
}
