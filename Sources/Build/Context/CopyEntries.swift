// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Glibc
internal import Linux
internal import OCI

/// The entries of the layer that a COPY makes, in an order that only names decide: for each piece the
/// directories that lead to it, as they are or as they have to be made, then what is in it.
///
/// It holds one open directory for each level of the tree, whatever the number of files.
final class CopyEntries: EntrySource {
    private let plan: CopyPlan
    private var pieces: ArraySlice<CopyPlan.Piece>
    private var frames: [Frame] = []
    private var queue: [(entry: TarEntry, content: EntryContent?)] = []
    /// Directories that have an entry already.
    private var written: Set<[UInt8]> = []
    /// Where files with several names were met first.
    private var linked: [FileKey: [UInt8]] = [:]
    /// Told of files that no layer can hold: sockets.
    var skipped: ([UInt8]) -> Void = { _ in }
    /// Of what the kernel says of each file: two readings with the same one have read the same.
    private var stamp = SHA256()

    private struct FileKey: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    /// A directory under way.
    private final class Frame {
        let directory: LayerDirectory
        /// The same directory of what the layer lands on.
        let below: LayerDirectory?
        /// Where it lies in its tree, where it comes to, and where it lies in its piece.
        let path: [UInt8], target: [UInt8], inside: [UInt8]
        let names: [FileName]
        var next = 0
        /// Its own entry, for as long as nothing in it needs it: when the rules leave it out itself.
        var unwritten: TarEntry?

        init(
            _ directory: LayerDirectory, below: LayerDirectory?, path: [UInt8], target: [UInt8],
            inside: [UInt8]
        ) throws(Errno) {
            self.directory = directory
            self.below = below
            self.path = path
            self.target = target
            self.inside = inside
            names = try directory.names()
        }
    }

    init(_ plan: CopyPlan) {
        self.plan = plan
        pieces = plan.pieces[...]
    }

    func next() throws(ArchiveError) -> (entry: TarEntry, content: EntryContent?)? {
        while queue.isEmpty {
            guard let frame = frames.last else {
                guard let piece = pieces.popFirst() else { return nil }
                try reading(piece.path) { () throws(Errno) in try begin(piece) }
                continue
            }
            guard frame.next < frame.names.count else {
                frames.removeLast()
                continue
            }
            let name = frame.names[frame.next]
            frame.next += 1
            let path = Self.append(name.bytes, to: frame.path)
            try reading(path) { () throws(Errno) in try visit(name, path, in: frame) }
        }
        return queue.removeFirst()
    }

    private var refusal: ArchiveError?

    private func reading(
        _ path: [UInt8], _ body: () throws(Errno) -> Void
    ) throws(ArchiveError) {
        do { try body() } catch { throw refusal ?? .reading(path: quoted(path), error) }
    }

    /// Says that an entry cannot be, in words.
    private func refuse(_ path: [UInt8], _ reason: String) -> Errno {
        refusal = .refused(entry: quoted(path), reason: reason)
        return .invalid
    }

    private static func append(_ name: [UInt8], to path: [UInt8]) -> [UInt8] {
        path.isEmpty ? name : path + [slash] + name
    }

    // MARK: Where pieces land

    private func begin(_ piece: CopyPlan.Piece) throws(Errno) {
        let place = try plan.below.place(piece.target)
        switch piece.content {
        case .tree(let source):
            guard place.file == nil else {
                throw refuse(piece.target, "cannot copy to non-directory")
            }
            guard let directory = source.directory else { throw .noEntry }
            let made = try leadTo(place)
            frames.append(
                try Frame(
                    directory, below: place.isThere ? place.directory : nil, path: piece.path,
                    target: made, inside: []))
        case .file(let source):
            guard let file = source.file, let directory = source.directory else { throw .noEntry }
            let path = try leadToParent(of: place, piece.target)
            try append(file.name, file.found, of: directory, path)
        case .directory:
            _ = try leadTo(place)
        case .document(let bytes):
            let path = try leadToParent(of: place, piece.target)
            var entry = TarEntry(path: path, kind: .file, mode: 0o644, size: Int64(bytes.count))
            entry.modified = (plan.latestTime ?? 0, 0)
            write(&entry, isOwn: true)
            queue.append((entry, .bytes(bytes)))
        }
    }

    /// Entries for the directories of a place, those that are missing made.
    /// - Returns: the whole path.
    private func leadTo(_ place: FileTree.Place) throws(Errno) -> [UInt8] {
        var path: [UInt8] = []
        for (name, directory) in place.directories {
            guard let name else { continue }
            path = Self.append(name.bytes, to: path)
            try keep(directory, at: path)
        }
        for name in place.missing {
            path = Self.append(name.bytes, to: path)
            try refuseMark(name, path)
            guard written.insert(path).inserted else { continue }
            var entry = TarEntry(path: path, kind: .directory, mode: 0o755)
            entry.modified = (plan.latestTime ?? 0, 0)
            write(&entry, isOwn: true)
            queue.append((entry, nil))
        }
        return path
    }

    private func leadToParent(
        of place: FileTree.Place, _ target: [UInt8]
    ) throws(Errno) -> [UInt8] {
        var parent = place
        if let file = place.file {
            parent.file = nil
            return Self.append(file.name.bytes, to: try leadTo(parent))
        }
        guard let name = parent.missing.popLast() else {
            throw refuse(target, "cannot copy to directory")
        }
        let path = Self.append(name.bytes, to: try leadTo(parent))
        try refuseMark(name, path)
        return path
    }

    /// A directory that is there stays as it is.
    private func keep(_ directory: LayerDirectory, at path: [UInt8]) throws(Errno) {
        guard written.insert(path).inserted else { return }
        let status = try directory.status()
        var entry = TarEntry(path: path, kind: .directory, mode: status.st_mode & 0o7777)
        (entry.user, entry.group) = (status.st_uid, status.st_gid)
        entry.modified = (Int64(status.st_mtim.tv_sec), 0)
        entry.attributes = attributes(try directory.attributes())
        queue.append((entry, nil))
    }

    // MARK: What is in them

    private func visit(_ name: FileName, _ path: [UInt8], in frame: Frame) throws(Errno) {
        guard path.count < 4096 else { throw .nameTooLong }
        guard let found = try frame.directory.find(name) else { return }
        let inside = Self.append(name.bytes, to: frame.inside)
        let isOut = plan.tree.rules.leavesOut(path) || plan.excluded.leavesOut(inside)
        let isDirectory = found.status.st_mode & S_IFMT == S_IFDIR
        let mayHoldMore = plan.tree.rules.hasExceptions || plan.excluded.hasExceptions
        guard !isOut || isDirectory && mayHoldMore else { return }
        let target = Self.append(name.bytes, to: frame.target)
        try refuseMark(name, target)
        do throws(Errno) {
            let lower = try frame.below?.find(name)
            guard isDirectory else {
                if let lower, lower.status.st_mode & S_IFMT == S_IFDIR {
                    throw refuse(target, "cannot copy to directory")
                }
                return try append(name, found, of: frame.directory, target)
            }
            try enter(name, found, lower, (path, target, inside), isOut: isOut, in: frame)
        } catch { if error != .noEntry { throw error } }
    }

    private func enter(
        _ name: FileName, _ found: LayerDirectory.Found, _ lower: LayerDirectory.Found?,
        _ paths: (path: [UInt8], target: [UInt8], inside: [UInt8]), isOut: Bool, in frame: Frame
    ) throws(Errno) {
        let directory = try frame.directory.descend(name, found)
        var below: LayerDirectory?
        if let lower {
            guard lower.status.st_mode & S_IFMT == S_IFDIR else {
                throw refuse(paths.target, "cannot copy to non-directory")
            }
            below = try frame.below?.descend(name, lower)
        }
        let inside = try Frame(
            directory, below: below, path: paths.path, target: paths.target, inside: paths.inside)
        if let below, !written.contains(paths.target) {
            lead(to: frame)
            try keep(below, at: paths.target)
        } else if written.insert(paths.target).inserted {
            let status = try directory.status()
            var entry = TarEntry(
                path: paths.target, kind: .directory, mode: status.st_mode & 0o7777)
            entry.attributes = attributes(try directory.attributes())
            stamp(&entry, status)
            if isOut {
                inside.unwritten = entry
            } else {
                lead(to: frame)
                queue.append((entry, nil))
            }
        }
        frames.append(inside)
    }

    /// - Parameter target: where it comes to.
    private func append(
        _ name: FileName, _ found: LayerDirectory.Found, of directory: LayerDirectory,
        _ target: [UInt8]
    ) throws(Errno) {
        let file = try directory.open(name, found)
        let status = try status(of: file.raw)
        guard let kind = try TarEntry.Kind(of: file, status) else { return skipped(target) }
        note(status)
        var entry = TarEntry(path: target, kind: kind, mode: status.st_mode & 0o7777)
        stamp(&entry, status)
        if let frame = frames.last { lead(to: frame) }
        if status.st_nlink > 1 {
            let key = FileKey(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
            if let first = linked[key] {
                entry.kind = .hardLink(first)
                return queue.append((entry, nil))
            }
            linked[key] = target
        }
        guard kind == .file else { return queue.append((entry, nil)) }
        let content = EntryContent.OpenFile(try file.reopened(O_RDONLY | O_NONBLOCK))
        entry.size = Int64(status.st_size)
        entry.attributes = attributes(try extendedAttributes(of: content.descriptor.raw))
        queue.append((entry, .file(content)))
    }

    /// Directories that were left out themselves and are needed now.
    private func lead(to frame: Frame) {
        for outer in frames {
            guard let entry = outer.unwritten else { continue }
            outer.unwritten = nil
            queue.append((entry, nil))
        }
    }

    private func stamp(_ entry: inout TarEntry, _ status: stat) {
        (entry.user, entry.group) = (status.st_uid, status.st_gid)
        let time = Int64(status.st_mtim.tv_sec)
        entry.modified = (plan.latestTime.map { min($0, time) } ?? time, 0)
        write(&entry, isOwn: false)
    }

    /// - Parameter isOwn: whether it comes from no file.
    private func write(_ entry: inout TarEntry, isOwn: Bool) {
        if let owner = plan.owner { (entry.user, entry.group) = (owner.user, owner.group) }
        if isOwn, plan.owner == nil { (entry.user, entry.group) = (0, 0) }
        if let mode = plan.mode, !isOwn || entry.kind == .file {
            if case .symlink = entry.kind { return }
            entry.mode = mode.applied(to: entry.mode, isDirectory: entry.kind == .directory)
        }
    }

    private func note(_ status: stat) {
        withUnsafeBytes(of: (status.st_ino, status.st_size)) { stamp.update($0) }
        withUnsafeBytes(of: (status.st_ctim.tv_sec, status.st_ctim.tv_nsec)) { stamp.update($0) }
    }

    /// Of all files that have been met; call it once, at the end.
    func finishStamp() -> Digest { stamp.finish() }

    private func attributes(
        _ all: [(name: String, value: [UInt8])]
    ) -> [(name: String, value: [UInt8])] {
        all.compactMap { name, value in
            OwnerShift().inside(name, value).map { (name, $0) }
        }
    }

    /// A layer cannot hold files whose names mean that others are gone.
    private func refuseMark(_ name: FileName, _ path: [UInt8]) throws(Errno) {
        guard name.bytes.starts(with: Array(".wh.".utf8)) else { return }
        throw refuse(path, "a name that begins with .wh. means in a layer that a file is gone")
    }
}
