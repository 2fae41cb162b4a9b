// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import Linux
internal import OCI

/// Places a layer's entries in a directory so that it can be a lower of an overlay: whiteouts become
/// overlay's (a character device 0:0; an attribute on an opaque directory).
///
/// Nothing outside the directory is touched, whatever names and links say: every parent is opened with
/// openat2(2) as in a chroot, and the entry itself is made new there, following no link. An entry that
/// comes again replaces the earlier one; directories merge.
///
/// Whoever calls sets umask(2) to 0: modes are meant exactly.
public final class LayerUnpacker {
    let root: OwnedFD
    /// Bytes of content placed.
    public internal(set) var size: Int64 = 0
    /// What new files belong to without a chown.
    let owner = (user: geteuid(), group: getegid())
    /// The directory of the entry before: neighbours mostly share it.
    private var place: Place?
    /// What is put on directories last, because making entries in them would change it.
    var unfinished: [(path: FileName, entry: TarEntry)] = []

    /// How names become others; for copies.
    let purpose: UnpackPurpose
    /// Told of entries that are left out: devices, where they are not to be made.
    public var skipped: (_ path: [UInt8]) -> Void = { _ in }

    /// A directory in which entries are made.
    final class Place {
        let path: [UInt8]
        let directory: OwnedFD
        /// Whether new entries get the directory's group instead of ours (set-group-ID).
        let givesGroup: Bool

        init(_ path: [UInt8], _ directory: consuming OwnedFD) throws(Errno) {
            let mode = try status(of: directory.raw).st_mode
            self.path = path
            self.directory = directory
            givesGroup = mode & S_ISGID != 0
        }

        var raw: CInt { directory.raw }
    }

    /// - Parameters:
    ///   - root: the directory, open; empty for a layer.
    ///   - purpose: a layer, or a copy of files.
    public init(root: consuming OwnedFD, for purpose: UnpackPurpose = .layer) {
        self.root = root
        self.purpose = purpose
    }

    /// Places every entry of a tar.
    public func unpack(_ tar: TarReader) throws(ArchiveError) {
        while let entry = try tar.next() { try unpack(entry, from: tar) }
        try finishDirectories()
    }

    private func unpack(_ stated: TarEntry, from tar: TarReader) throws(ArchiveError) {
        guard let entry = purpose.adapted(stated) else { return skipped(stated.path) }
        let path = try EntryPath(entry.path)
        guard let name = FileName(path.name) else {
            throw .refused(entry: quoted(entry.path), reason: "invalid name")
        }
        if path.isRoot { return try placing(entry) { () throws(Errno) in try restoreRoot(entry) } }
        let place = try placing(entry) { () throws(Errno) in try self.place(of: path) }
        if case .layer = purpose, let whiteout = Whiteout(path.name) {
            return try apply(whiteout, of: entry, in: place)
        }
        switch entry.kind {
        case .file: try makeFile(entry, name, in: place, from: tar)
        case .hardLink(let target): try makeLink(entry, name, at: path, to: target, in: place)
        default: try placing(entry) { () throws(Errno) in try make(entry, name, path, in: place) }
        }
    }

    /// Words the kernel's refusal.
    func placing<Result>(
        _ entry: TarEntry, _ body: () throws(Errno) -> Result
    ) throws(ArchiveError) -> Result {
        do { return try body() } catch {
            if case .copy = purpose, let reason = UnpackPurpose.conflict(error, entry) {
                throw .refused(entry: quoted(entry.path), reason: reason)
            }
            throw .placing(entry: quoted(entry.path), error)
        }
    }

    /// Forgets the directory at hand: its path may mean another one now.
    func forgetPlace() { place = nil }

    /// The directory that `path` lies in; made, with its parents, when the archive never mentioned it.
    private func place(of path: EntryPath) throws(Errno) -> Place {
        let parent = path.parent
        if let place, place.path == parent { return place }
        let place = try Place(parent, try openParent(of: path))
        self.place = place
        return place
    }

    private func openParent(of path: EntryPath) throws(Errno) -> OwnedFD {
        do throws(Errno) { return try openDirectory(path.parent) } catch {
            guard error == .noEntry || error == .notDirectory else { throw error }
        }
        for count in 1..<max(1, path.components.count) {
            try makeImplicitDirectory(EntryPath(components: path.components.prefix(count)))
        }
        return try openDirectory(path.parent)
    }

    /// Opens a directory below the root, links on the way and at the end followed as in a chroot.
    func openDirectory(_ path: [UInt8]) throws(Errno) -> OwnedFD {
        guard let path = FileName(path) else { throw .invalid }
        return try OwnedFD.open(path, inRoot: root.raw, O_RDONLY | O_DIRECTORY)
    }

    private func makeImplicitDirectory(_ path: EntryPath) throws(Errno) {
        let place = try Place(path.parent, try openDirectory(path.parent))
        guard let name = FileName(path.name) else { throw .invalid }
        do throws(Errno) {
            try syscall { mkdirat(place.raw, name.cString, 0o755) }
        } catch {
            guard error == .exists else { throw error }
            guard try isWhiteout(name, in: place.raw) else { return }  // opening it will tell
            try replaceWhiteoutWithDirectory(name, in: place, mode: 0o755)
        }
        if place.givesGroup {
            let owner = owner
            try syscall {
                fchownat(
                    place.raw, name.cString, owner.user, owner.group, AT_SYMLINK_NOFOLLOW)
            }
        }
    }
}
