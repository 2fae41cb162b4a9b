// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// Paths inside the root file system, which may be hostile: each is opened with openat2(2), so that
/// links lead nowhere outside and the kernel, not a string, decides.
struct RootPath {
    /// The root directory of the container.
    let root: CInt

    /// Opens what is at `path`, for use as a place to mount on or to copy from.
    func open(_ path: String) throws(Errno) -> OwnedFD {
        try OwnedFD.open(path, beneath: root, openPath)
    }

    /// Opens the directory at `path`, made with its parents where absent.
    func makeDirectory(_ path: String, mode: mode_t = 0o755) throws(Errno) -> OwnedFD {
        do { return try OwnedFD.open(path, beneath: root, openPath | O_DIRECTORY) } catch {
            guard error == .noEntry else { throw error }
        }
        let (parent, name) = Self.split(path)
        guard !name.isEmpty else { throw Errno.noEntry }
        let directory = try makeDirectory(parent)
        let raw = directory.raw
        do throws(Errno) { try syscall { mkdirat(raw, name, mode) } } catch {
            if error != .exists { throw error }
        }
        return try OwnedFD.open(path, beneath: root, openPath | O_DIRECTORY)
    }

    /// Opens the directory at `path`, which must be one without a link on the way (ELOOP).
    func openWithoutLinks(_ path: String) throws(Errno) -> OwnedFD {
        let relative = path.utf8.drop { $0 == UInt8(ascii: "/") }
        return try OwnedFD.open(
            String(Substring(relative)), beneath: root, openPath | O_DIRECTORY,
            resolution: .noLinks)
    }

    /// Opens the file at `path`, an empty one made where absent.
    func makeFile(_ path: String) throws(Errno) -> OwnedFD {
        do { return try open(path) } catch { guard error == .noEntry else { throw error } }
        let (parent, name) = Self.split(path)
        let directory = try makeDirectory(parent)
        _ = try OwnedFD.open(
            name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, mode: 0o755, at: directory.raw)
        return try open(path)
    }

    /// The directory part and the last name of a path, without the slashes at its end.
    static func split(_ path: String) -> (parent: String, name: String) {
        var bytes = path.utf8[...]
        while bytes.last == UInt8(ascii: "/") { bytes = bytes.dropLast() }
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else {
            return (".", String(Substring(bytes)))
        }
        let parent = slash == bytes.startIndex ? "/" : String(Substring(bytes[..<slash]))
        return (parent, String(Substring(bytes[bytes.index(after: slash)...])))
    }
}
