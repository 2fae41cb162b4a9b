// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Glibc
internal import Linux
internal import OCI

/// The files of an image archive, found by name: ranges of a plain tar, files of a directory, or what
/// was unpacked from a stream that can be read only once.
struct ArchiveContents {
    /// Bytes that can be read at any time.
    struct Stored {
        let file: OpenFile
        var offset: Int64 = 0
        let length: Int64

        func source() -> FileRange { FileRange(file.raw, offset: offset, length: length) }
    }

    /// A descriptor that several hold.
    final class OpenFile {
        private let descriptor: OwnedFD
        init(_ descriptor: consuming OwnedFD) { self.descriptor = descriptor }
        var raw: CInt { descriptor.raw }
    }

    enum Place {
        case range(OpenFile, offset: Int64, length: Int64)
        case file(path: String)
        /// The cleaned path of another entry.
        case link(String)
    }

    /// Where names that are not in `places` are looked up: a directory given as archive.
    private let directory: OpenFile?
    private let places: [String: Place]
    private static let mostEntries = 100_000
    private static let largestDocument: Int64 = 8 << 20

    /// What is at `path`; nil when there is nothing.
    func stored(_ path: String) throws -> Stored? {
        if let directory { return try Self.stored(path, in: directory.raw) }
        var path = Self.clean(path)
        for _ in 0..<8 {
            switch path.flatMap({ places[$0] }) {
            case .range(let file, let offset, let length):
                return Stored(file: file, offset: offset, length: length)
            case .file(let path): return try Self.stored(path, in: currentDirectory)
            case .link(let target): path = target
            case nil: return nil
            }
        }
        throw ImageError.invalidArchive("\(quoted(path ?? "")): too many links")
    }

    private static func stored(_ path: String, in directory: CInt) throws -> Stored? {
        do {
            let file = OpenFile(
                directory == currentDirectory
                    ? try OwnedFD.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
                    : try OwnedFD.open(
                        path, beneath: directory, O_RDONLY | O_NONBLOCK, resolution: .beneath))
            let status = try status(of: file.raw)
            guard status.st_mode & S_IFMT == S_IFREG else {
                throw ImageError.invalidArchive("\(quoted(path)): not a file")
            }
            return Stored(file: file, length: Int64(status.st_size))
        } catch let error as Errno {
            if error == .noEntry { return nil }
            throw KernelError(action: "open \(quoted(path))", errno: error)
        }
    }

    /// A whole document, which must be small; nil when there is none.
    func document(_ path: String) throws -> [UInt8]? {
        guard let stored = try stored(path) else { return nil }
        guard stored.length <= Self.largestDocument,
            let bytes = try stored.source().bytes(limit: Int(Self.largestDocument))
        else { throw ImageError.invalidArchive("\(quoted(path)): larger than 8 MiB") }
        return bytes
    }

    /// A name without "." and empty components; nil when it leaves the archive.
    static func clean(_ path: String) -> String? {
        var components: [Substring] = []
        for component in path.split(separator: "/") where component != "." {
            if component == ".." {
                guard components.popLast() != nil else { return nil }
            } else {
                components.append(component)
            }
        }
        return components.joined(separator: "/")
    }
}

extension ArchiveContents {
    /// Opens an archive: a directory and a plain tar are read where they lie, anything else is
    /// unpacked into `ingest`.
    init(_ source: ArchiveSource, ingest: IngestDirectory) throws {
        let file = try Self.open(source)
        let status = try status(of: file.raw)
        if status.st_mode & S_IFMT == S_IFDIR {
            self.init(directory: file, places: [:])
            return
        }
        var start: Int64 = -1
        if status.st_mode & S_IFMT == S_IFREG { start = Int64(lseek(file.raw, 0, SEEK_CUR)) }
        let stream: any ByteSource =
            start < 0
            ? FileStream(file.raw)
            : FileRange(file.raw, offset: start, length: max(0, Int64(status.st_size) - start))
        let peeked = try PeekedSource(stream, count: Compression.magicLength)
        guard !peeked.first.isEmpty else { throw ImageError.invalidArchive("the archive is empty") }
        guard let compression = Compression(detecting: peeked.first) else {
            throw ArchiveError.unknownFormat
        }
        if compression == .none, start >= 0 {
            let range = FileRange(
                file.raw, offset: start, length: Int64(status.st_size) - start)
            if let places = try Self.index(range, of: file, from: start) {
                self.init(directory: nil, places: places)
                return
            }
        }
        let tar: any ByteSource =
            compression == .none ? peeked : try DecompressedSource(peeked, compression)
        self.init(directory: nil, places: try Self.unpack(tar, into: ingest.path))
    }

    private static func open(_ source: ArchiveSource) throws -> OpenFile {
        switch source {
        case .path(let path):
            OpenFile(
                try attempting("open \(path)") { () throws(Errno) in try OwnedFD.open(path) })
        case .descriptor(let descriptor):
            OpenFile(
                try attempting("read archive") { () throws(Errno) in
                    try OwnedFD.duplicate(of: descriptor)
                })
        }
    }

    /// Lists a plain tar without reading its contents; nil when a content is not one range.
    private static func index(
        _ range: FileRange, of file: OpenFile, from start: Int64
    ) throws -> [String: Place]? {
        let tar = try TarReader(range)
        var places: [String: Place] = [:]
        while let entry = try tar.next() {
            guard let (name, place) = try placed(entry, places.count) else { continue }
            if entry.isSparse { return nil }
            places[name] =
                place ?? .range(file, offset: start + tar.contentOffset, length: entry.size)
        }
        return places
    }

    /// Unpacks a stream's files into `directory`, under numbers.
    private static func unpack(
        _ source: any ByteSource, into directory: String
    ) throws -> [String: Place] {
        let tar = try TarReader(source)
        var places: [String: Place] = [:]
        var serial = 0
        while let entry = try tar.next() {
            guard let (name, link) = try placed(entry, places.count) else { continue }
            if let link {
                places[name] = link
                continue
            }
            let path = "\(directory)/entry-\(serial)"
            serial += 1
            try write(TarContent(tar), to: path)
            places[name] = .file(path: path)
        }
        try source.drain()
        return places
    }

    /// The name of an entry that counts, and its place where that is another entry.
    private static func placed(_ entry: TarEntry, _ count: Int) throws -> (String, Place?)? {
        guard count < mostEntries else {
            throw ImageError.invalidArchive("more than \(mostEntries) entries in the archive")
        }
        guard let name = clean(String(decoding: entry.path, as: UTF8.self)) else {
            throw ImageError.invalidArchive("path leaves the archive: \(quoted(entry.path))")
        }
        switch entry.kind {
        case .file: return (name, nil)
        case .hardLink(let target): return link(name, String(decoding: target, as: UTF8.self))
        case .symlink(let target):
            let parent = name.split(separator: "/").dropLast().joined(separator: "/")
            return link(name, "\(parent)/" + String(decoding: target, as: UTF8.self))
        default: return nil
        }
    }

    private static func link(_ name: String, _ target: String) -> (String, Place?)? {
        clean(target).map { (name, .link($0)) }
    }

    private static func write(_ source: any ByteSource, to path: String) throws {
        let file = try attempting("write \(path)") { () throws(Errno) in
            try OwnedFD.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        }
        while true {
            let piece = try source.next()
            if piece.isEmpty { return }
            try attempting("write \(path)") { () throws(Errno) in try file.writeAll(piece) }
        }
    }
}
