// SPDX-License-Identifier: Apache-2.0

internal import CLinux
public import Glibc

/// Where a path begins: an open directory, or the process's own.
public let currentDirectory: CInt = AT_FDCWD

/// O_PATH: a descriptor that names a file without opening its content.
public var openPath: CInt { CInt(clinux_O_PATH) }

extension OwnedFD {
    /// Opens a path with open(2); O_CLOEXEC is always added. The path is the engine's own: for
    /// paths that come from a container or an image use `open(beneath:)`.
    public static func open(
        _ path: String, _ flags: CInt = O_RDONLY, mode: mode_t = 0, at directory: CInt = AT_FDCWD
    ) throws(Errno) -> OwnedFD {
        OwnedFD(adopting: try syscall { openat(directory, path, flags | O_CLOEXEC, mode) })
    }

    /// How `open(beneath:)` treats links.
    public enum Resolution: Sendable {
        /// Links resolve as if `root` were "/" (RESOLVE_IN_ROOT); magic links are refused.
        case inRoot
        /// Links resolve, but nothing may lead out of `root` (RESOLVE_BENEATH).
        case beneath
        /// No link is followed at any component.
        case noLinks
        /// Neither a link nor a mount point is crossed: the result lies in the file system of
        /// `root`.
        case sameMount
    }

    /// Opens `path` below the directory `root` with openat2(2): whatever its names and links say,
    /// the result lies inside.
    public static func open(
        _ path: String, beneath root: CInt, _ flags: CInt = O_RDONLY, mode: mode_t = 0,
        resolution: Resolution = .inRoot
    ) throws(Errno) -> OwnedFD {
        let resolve: Int64 =
            switch resolution {
            case .inRoot: clinux_RESOLVE_IN_ROOT | clinux_RESOLVE_NO_MAGICLINKS
            case .beneath: clinux_RESOLVE_BENEATH | clinux_RESOLVE_NO_MAGICLINKS
            case .noLinks: clinux_RESOLVE_BENEATH | clinux_RESOLVE_NO_SYMLINKS
            case .sameMount:
                clinux_RESOLVE_BENEATH | clinux_RESOLVE_NO_SYMLINKS | clinux_RESOLVE_NO_XDEV
            }
        // Where ".." was met while anything on the machine was renamed or mounted, the kernel cannot
        // tell whether the walk stayed inside, and asks for another attempt.
        var attempts = 0
        while true {
            do throws(Errno) {
                return OwnedFD(
                    adopting: try syscall {
                        clinux_openat2(
                            root, path, UInt64(flags | O_CLOEXEC), UInt64(mode), UInt64(resolve))
                    })
            } catch {
                attempts += 1
                guard error == .wouldBlock, attempts < 1000 else { throw error }
            }
        }
    }

    /// Reads up to `buffer.count` bytes; 0 at the end.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
        let raw = raw
        return try syscall { Glibc.read(raw, buffer.baseAddress, buffer.count) }
    }

    /// Writes all of `bytes`, in as many calls as it takes.
    public func writeAll(_ bytes: UnsafeRawBufferPointer) throws(Errno) {
        try Linux.writeAll(bytes, to: raw)
    }

    /// Writes all of `bytes`.
    public func writeAll(_ bytes: [UInt8]) throws(Errno) {
        try Linux.writeAll(bytes, to: raw)
    }

    /// Reads everything to the end, at most `limit` bytes (EFBIG beyond).
    public func readAll(limit: Int = .max) throws(Errno) -> [UInt8] {
        try Linux.readAll(from: raw, limit: limit)
    }
}

/// Writes all of `bytes` to a descriptor that somebody else owns.
public func writeAll(_ bytes: UnsafeRawBufferPointer, to fd: CInt) throws(Errno) {
    var rest = bytes[...]
    while !rest.isEmpty {
        let chunk = UnsafeRawBufferPointer(rebasing: rest)
        let count = try syscall { write(fd, chunk.baseAddress, chunk.count) }
        rest = rest.dropFirst(count)
    }
}

/// Writes all of `bytes` to a descriptor that somebody else owns.
public func writeAll(_ bytes: [UInt8], to fd: CInt) throws(Errno) {
    var failure: Errno?
    bytes.withUnsafeBytes { buffer in
        do throws(Errno) { try writeAll(buffer, to: fd) } catch { failure = error }
    }
    if let failure { throw failure }
}

/// Reads a descriptor that somebody else owns to its end, at most `limit` bytes (EFBIG beyond).
public func readAll(from fd: CInt, limit: Int = .max) throws(Errno) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = 4096
    while true {
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: chunk))
        let room = chunk
        var count = 0
        var failure: Errno?
        bytes.withUnsafeMutableBytes { buffer in
            let destination = UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + room])
            do throws(Errno) {
                count = try syscall { read(fd, destination.baseAddress, destination.count) }
            } catch { failure = error }
        }
        if let failure { throw failure }
        bytes.removeLast(room - count)
        if count == 0 { return bytes }
        if bytes.count > limit { throw Errno(rawValue: EFBIG) }
        chunk = min(max(4096, bytes.count), 1 << 20)
    }
}
