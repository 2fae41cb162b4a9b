// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Glibc
internal import Linux
internal import OCI

extension CopyPlan {
    /// Parts archives, which ADD unpacks, from what is copied as it is.
    func splitArchives(_ unpacks: Bool) throws -> (archives: [Piece], plain: CopyPlan) {
        guard unpacks else { return ([], self) }
        var plain = self
        plain.pieces = []
        var archives: [Piece] = []
        for piece in pieces {
            if try piece.isArchive() { archives.append(piece) } else { plain.pieces.append(piece) }
        }
        return (archives, plain)
    }

    /// What an archive holds, unpacked below a directory of the build's own.
    init(unpacking archive: Piece, below: FileTree, on site: any Worksite) throws {
        let path = try site.scratchDirectory()
        let root = try attempting("open \(path)") { () throws(Errno) in
            try OwnedFD.open(path, O_RDONLY | O_DIRECTORY)
        }
        let file = try archive.open()
        let unpacker = LayerUnpacker(
            root: try root.duplicate(), for: .copy(CopyRules(owner: .stated(highest: .max - 1))))
        let mask = umask(0)
        defer { umask(mask) }
        let stream = try PeekedSource(FileStream(file.raw), count: Compression.magicLength)
        let compression = Compression(detecting: stream.first) ?? .none
        let tar: any ByteSource =
            compression == .none ? stream : try DecompressedSource(stream, compression)
        try unpacker.unpack(try TarReader(tar))
        tree = FileTree(root: LayerDirectory(plain: root))
        self.below = below
        let top = try tree.place([])
        pieces = [Piece(content: .tree(top), path: [], target: archive.directory)]
    }
}

extension CopyPlan.Piece {
    /// Where the archive's content comes to: an archive is no file there.
    fileprivate var directory: [UInt8] { container ?? target }

    fileprivate func open() throws -> OwnedFD {
        guard case .file(let place) = content, let file = place.file,
            let directory = place.directory
        else { throw KernelError(action: "open \(quoted(path))", errno: .noEntry) }
        return try attempting("open \(quoted(path))") { () throws(Errno) in
            let link = try directory.open(file.name, file.found)
            return try link.reopened(O_RDONLY | O_NONBLOCK)
        }
    }

    /// Whether it is a tar, plain or compressed, by what is in it.
    fileprivate func isArchive() throws -> Bool {
        guard case .file(let place) = content, let found = place.file?.found,
            found.status.st_mode & S_IFMT == S_IFREG
        else { return false }
        let file = try open()
        let stream = try PeekedSource(FileStream(file.raw), count: Compression.magicLength)
        guard let compression = Compression(detecting: stream.first), !stream.first.isEmpty else {
            return false
        }
        guard compression != .none else { return true }
        guard let plain = try? DecompressedSource(stream, compression),
            let inside = try? PeekedSource(plain, count: Compression.magicLength)
        else { return false }
        return !inside.first.isEmpty && Compression(detecting: inside.first) == Compression.none
    }

    /// Of its bytes.
    func digest() throws -> Digest {
        let file = try open()
        let stream = DigestingSource(FileStream(file.raw))
        while try !stream.next().isEmpty {}
        return stream.finish()
    }
}

/// The entries of several sources, one after the other.
final class ChainedEntries: EntrySource {
    private var sources: ArraySlice<any EntrySource>

    init(_ sources: [any EntrySource]) { self.sources = sources[...] }

    func next() throws(ArchiveError) -> (entry: TarEntry, content: EntryContent?)? {
        while let source = sources.first {
            if let next = try source.next() { return next }
            sources.removeFirst()
        }
        return nil
    }
}
