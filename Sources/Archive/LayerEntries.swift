// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import OCI

extension LayerUnpacker {
    /// Makes what has no content: directories, symbolic links, devices, FIFOs.
    func make(
        _ entry: TarEntry, _ name: FileName, _ path: EntryPath, in place: Place
    ) throws(Errno) {
        switch entry.kind {
        case .directory: try makeDirectory(entry, name, path, in: place)
        case .symlink(let target):
            guard let target = FileName(target) else { throw .invalid }
            try making(name, in: place) { () throws(Errno) in
                _ = try syscall { symlinkat(target.cString, place.raw, name.cString) }
            }
            try restore(entry, name, in: place)
        case .characterDevice(let major, let minor):
            try makeNode(entry, name, S_IFCHR, major, minor, in: place)
        case .blockDevice(let major, let minor):
            try makeNode(entry, name, S_IFBLK, major, minor, in: place)
        case .fifo: try makeNode(entry, name, S_IFIFO, 0, 0, in: place)
        case .file, .hardLink: break  // have functions of their own
        }
    }

    /// Makes an entry new. What stood under its name before is removed first.
    func making<Result: ~Copyable>(
        _ name: FileName, in place: Place, _ body: () throws(Errno) -> Result
    ) throws(Errno) -> Result {
        do throws(Errno) { return try body() } catch {
            guard error == .exists else { throw error }
        }
        if case .copy = purpose, try status(of: name, in: place.raw).st_mode & S_IFMT == S_IFDIR {
            throw .isDirectory
        }
        try removeTree(name, in: place.raw)
        forgetPlace()
        return try body()
    }

    private func makeDirectory(
        _ entry: TarEntry, _ name: FileName, _ path: EntryPath, in place: Place
    ) throws(Errno) {
        let isNew = try ensureDirectory(name, in: place, mode: entry.mode & 0o1777)
        if let path = FileName(path.bytes) { unfinished.append((path, entry)) }
        let isPlain = entry.mode & 0o6000 == 0 && entry.attributes.isEmpty
        if isNew && isPlain && !needsOwner(entry, in: place) { return }
        let directory = try OwnedFD.open(
            name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: place.raw)
        try restoreDirectory(entry, directory.raw)
    }

    /// - Returns: whether the directory is new and so has the mode already.
    private func ensureDirectory(
        _ name: FileName, in place: Place, mode: mode_t
    ) throws(Errno) -> Bool {
        do throws(Errno) {
            try syscall { mkdirat(place.raw, name.cString, mode) }
            return true
        } catch { guard error == .exists else { throw error } }
        if try isWhiteout(name, in: place.raw) {
            try replaceWhiteoutWithDirectory(name, in: place, mode: mode)
        } else if try status(of: name, in: place.raw).st_mode & S_IFMT != S_IFDIR {
            if case .copy = purpose { throw .notDirectory }
            try making(name, in: place) { () throws(Errno) in
                _ = try syscall { mkdirat(place.raw, name.cString, mode) }
            }
        }
        return false
    }

    func restoreRoot(_ entry: TarEntry) throws(Errno) {
        if let path = FileName(".".utf8) { unfinished.append((path, entry)) }
        try restoreDirectory(entry, root.raw)
    }

    private func restoreDirectory(_ entry: TarEntry, _ directory: CInt) throws(Errno) {
        forgetPlace()  // its group may be inherited from now on
        try syscall { fchown(directory, entry.user, entry.group) }
        try syscall { fchmod(directory, entry.mode) }
        try restoreAttributes(of: entry, on: directory)
    }

    private func makeNode(
        _ entry: TarEntry, _ name: FileName, _ type: mode_t, _ major: UInt32, _ minor: UInt32,
        in place: Place
    ) throws(Errno) {
        try making(name, in: place) { () throws(Errno) in
            try Linux.makeNode(
                name, in: place.raw, mode: type | entry.mode & 0o777, major: major, minor: minor)
        }
        try restore(entry, name, in: place)
        if entry.mode & 0o7000 != 0 {  // it was just made: no link to follow
            try syscall { fchmodat(place.raw, name.cString, entry.mode, 0) }
        }
    }

    /// Puts owner and time on what cannot be opened.
    private func restore(
        _ entry: TarEntry, _ name: FileName, in place: Place
    ) throws(Errno) {
        if needsOwner(entry, in: place) {
            try syscall {
                fchownat(place.raw, name.cString, entry.user, entry.group, AT_SYMLINK_NOFOLLOW)
            }
        }
        var times = entry.times
        try syscall { utimensat(place.raw, name.cString, &times, AT_SYMLINK_NOFOLLOW) }
    }

    /// Whether a new entry would not belong to whom it should.
    func needsOwner(_ entry: TarEntry, in place: Place) -> Bool {
        place.givesGroup || entry.user != owner.user || entry.group != owner.group
    }

    /// Makes a further name for an entry before. The target's parents are resolved inside the root and
    /// the target itself is not followed.
    func makeLink(
        _ entry: TarEntry, _ name: FileName, at path: EntryPath, to target: [UInt8], in place: Place
    ) throws(ArchiveError) {
        let targetPath = try EntryPath(target)
        guard targetPath != path else { return }
        guard !targetPath.isRoot, let targetName = FileName(targetPath.name) else {
            throw .refused(entry: quoted(entry.path), reason: "hard link to the root")
        }
        do throws(Errno) {
            let parent = try openDirectory(targetPath.parent)
            let raw = parent.raw
            try making(name, in: place) { () throws(Errno) in
                _ = try syscall { linkat(raw, targetName.cString, place.raw, name.cString, 0) }
            }
        } catch {
            guard error == .noEntry || error == .notDirectory else {
                throw .placing(entry: quoted(entry.path), error)
            }
            throw .refused(
                entry: quoted(entry.path), reason: "hard link to missing \(quoted(target))")
        }
    }
}
