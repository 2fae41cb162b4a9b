// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import OCI

extension LayerUnpacker {
    /// Makes a regular file with its content.
    func makeFile(
        _ entry: TarEntry, _ name: FileName, in place: Place, from tar: TarReader
    ) throws(ArchiveError) {
        guard entry.size >= 0 else {
            throw .refused(entry: quoted(entry.path), reason: "negative size")
        }
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
        let file = try creating(entry) { () throws(Errno) in
            try making(name, in: place) { () throws(Errno) in
                try OwnedFD.open(name, flags, mode: entry.mode & 0o777, at: place.raw)
            }
        }
        let end: Int64
        do throws(ArchiveError) { end = try copyContent(of: entry, from: tar, to: file.raw) } catch
        {
            // Half a file is none, and a full disk needs the room.
            unlinkat(place.raw, name.cString, 0)
            throw error
        }
        try placing(entry) { () throws(Errno) in
            let raw = file.raw
            if end < entry.size { try syscall { ftruncate(raw, off_t(entry.size)) } }
            try restoreFile(entry, raw, in: place)
        }
        size = size.addingReportingOverflow(entry.size).overflow ? .max : size + entry.size
    }

    private func creating(
        _ entry: TarEntry, _ body: () throws(Errno) -> OwnedFD
    ) throws(ArchiveError) -> OwnedFD {
        do { return try body() } catch {
            if case .copy = purpose, let reason = UnpackPurpose.conflict(error, entry) {
                throw .refused(entry: quoted(entry.path), reason: reason)
            }
            throw .placing(entry: quoted(entry.path), error)
        }
    }

    /// - Returns: where the last piece ended.
    private func copyContent(
        of entry: TarEntry, from tar: TarReader, to file: CInt
    ) throws(ArchiveError) -> Int64 {
        var end: Int64 = 0
        while let (piece, offset) = try tar.nextBlock() {
            if piece.isEmpty { continue }
            guard offset >= 0, Int64(piece.count) <= entry.size - offset else {
                throw .refused(entry: quoted(entry.path), reason: "content beyond its stated size")
            }
            try placing(entry) { () throws(Errno) in
                if offset != end { try syscall { lseek(file, off_t(offset), SEEK_SET) } }
                try writeAll(piece, to: file)
            }
            end = offset + Int64(piece.count)
        }
        guard end == entry.size || entry.isSparse else {
            throw .refused(entry: quoted(entry.path), reason: "content short of its stated size")
        }
        return end
    }

    /// The order counts: a chown takes set-user-ID and capabilities away.
    private func restoreFile(
        _ entry: TarEntry, _ file: CInt, in place: Place
    ) throws(Errno) {
        if needsOwner(entry, in: place) { try syscall { fchown(file, entry.user, entry.group) } }
        if entry.mode & 0o7000 != 0 { try syscall { fchmod(file, entry.mode) } }
        try restoreAttributes(of: entry, on: file)
        var times = entry.times
        try syscall { futimens(file, &times) }
    }

    /// Sets those extended attributes that an image may carry. `trusted.*` and `user.overlay.*` steer
    /// overlay itself, other `security.*` the host's security modules: they are left out.
    func restoreAttributes(of entry: TarEntry, on file: CInt) throws(Errno) {
        for (name, value) in entry.attributes {
            switch name {
            case "security.capability": try setExtendedAttribute(name, to: value, of: file)
            case "system.posix_acl_access": try setOptional(name, to: value, of: file)
            case _ where name.hasPrefix("user.") && !name.hasPrefix("user.overlay."):
                try setOptional(name, to: value, of: file)
            default: break
            }
        }
    }

    /// Sets an attribute that a file system may not know.
    private func setOptional(
        _ name: String, to value: [UInt8], of file: CInt
    ) throws(Errno) {
        do throws(Errno) { try setExtendedAttribute(name, to: value, of: file) } catch {
            guard error == .notSupported else { throw error }
        }
    }

    /// Puts times and inherited access lists on directories, now that nothing changes in them.
    func finishDirectories() throws(ArchiveError) {
        for (path, entry) in unfinished {
            try placing(entry) { () throws(Errno) in try finish(path, entry) }
        }
        unfinished = []
    }

    private func finish(_ path: FileName, _ entry: TarEntry) throws(Errno) {
        let directory: OwnedFD
        do throws(Errno) {
            directory = try OwnedFD.open(
                path, inRoot: root.raw, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        } catch {
            switch error {  // a later entry took its place
            case .noEntry, .notDirectory, .symlinkLoop: return
            default: throw error
            }
        }
        let raw = directory.raw
        for (name, value) in entry.attributes where name == "system.posix_acl_default" {
            try setOptional(name, to: value, of: raw)
        }
        var times = entry.times
        try syscall { futimens(raw, &times) }
    }
}

extension TarEntry {
    /// Access and modification time as utimensat(2) takes them.
    var times: [timespec] {
        let nanoseconds = min(max(0, modified.nanoseconds), 999_999_999)
        let time = timespec(tv_sec: time_t(modified.seconds), tv_nsec: nanoseconds)
        return [time, time]
    }
}
