// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Glibc
internal import Linux
internal import OCI

extension ArchiveContents {
    private static var mostEntries: Int { 100_000 }

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
