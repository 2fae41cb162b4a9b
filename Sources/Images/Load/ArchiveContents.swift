// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Glibc
internal import Linux
internal import OCI

/// The files of an image archive, found by name: ranges of a plain tar, files of a directory, or what
/// was unpacked from a stream that can be read only once.
struct ArchiveContents {
    /// Bytes that can be read at any time. Files are opened when they are read: an archive may have
    /// more of them than a process may hold open.
    struct Stored {
        enum Location {
            case range(OpenFile, offset: Int64)
            case file(path: String, directory: OpenFile?)
            /// Left out by who wrote the archive.
            case absent
        }

        let location: Location
        let length: Int64

        /// The path, when the bytes are all of a file in the load's own directory.
        var spooled: String? {
            guard case .file(let path, nil) = location else { return nil }
            return path
        }

        var isAbsent: Bool {
            if case .absent = location { true } else { false }
        }

        func source() throws -> FileRange {
            switch location {
            case .absent: throw KernelError(action: "read archive", errno: .noEntry)
            case .range(let file, let offset):
                return FileRange(file.raw, offset: offset, length: length, owner: file)
            case .file(let path, let directory):
                guard let file = try ArchiveContents.open(path, in: directory) else {
                    throw KernelError(action: "open \(quoted(path))", errno: .noEntry)
                }
                return FileRange(file.raw, length: length, owner: file)
            }
        }
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
    let directory: OpenFile?
    let places: [String: Place]
    private static let largestDocument: Int64 = 8 << 20

    /// What is at `path`; nil when there is nothing.
    func stored(_ path: String) throws -> Stored? {
        if let directory { return try Self.stored(path, in: directory) }
        var path = Self.clean(path)
        for _ in 0..<8 {
            switch path.flatMap({ places[$0] }) {
            case .range(let file, let offset, let length):
                return Stored(location: .range(file, offset: offset), length: length)
            case .file(let path): return try Self.stored(path, in: nil)
            case .link(let target): path = target
            case nil: return nil
            }
        }
        throw ImageError.invalidArchive("\(quoted(path ?? "")): too many links")
    }

    private static func stored(_ path: String, in directory: OpenFile?) throws -> Stored? {
        guard let file = try open(path, in: directory) else { return nil }
        let status = try attempting("stat \(quoted(path))") { () throws(Errno) -> stat in
            try Linux.status(of: file.raw)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ImageError.invalidArchive("\(quoted(path)): not a file")
        }
        return Stored(
            location: .file(path: path, directory: directory), length: Int64(status.st_size))
    }

    /// Opens a file of a directory given as archive, whose links must stay inside, or one of ours.
    private static func open(
        _ path: String, in directory: OpenFile?
    ) throws(KernelError) -> OpenFile? {
        do throws(Errno) {
            guard let directory else {
                return OpenFile(try OwnedFD.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK))
            }
            return OpenFile(
                try OwnedFD.open(
                    path, beneath: directory.raw, O_RDONLY | O_NONBLOCK, resolution: .beneath))
        } catch {
            guard error != .noEntry else { return nil }
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
