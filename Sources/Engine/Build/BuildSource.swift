// SPDX-License-Identifier: Apache-2.0

internal import Archive
public import Build
internal import Glibc
internal import Images
internal import Linux
internal import OCI

/// Where a build's files come from: its Dockerfile, and the tree that COPY sees.
public final class BuildSource {
    /// The Dockerfile's text.
    public let text: String
    /// As messages call it.
    public let name: String
    public let context: FileTree
    /// What tells this build from others.
    public let identity: String
    /// What an archive from standard input was unpacked into.
    private let work: IngestDirectory?

    /// - Parameters:
    ///   - context: a directory, or "-" for an archive or a Dockerfile on standard input.
    ///   - file: the Dockerfile's path, from the working directory; "-" for standard input; nil for the
    ///     context's own.
    public init(context: String, file: String?, by engine: Engine) throws {
        if Self.isAddress(context) {
            throw EngineError.unsupported("a build context from \(context)")
        }
        guard context != "-" else {
            guard file != "-" else {
                throw EngineError.invalid(
                    "invalid argument: can't use stdin for both build context"
                        + " and dockerfile")
            }
            let read = try Self.standardInput(file, engine)
            (text, name, self.context, work) = (read.text, read.name, read.tree, read.work)
            identity = "-"
            return
        }
        let root = try Self.directory(context)
        work = nil
        identity = "\(try Self.absolute(context))\n\(file ?? "")"
        guard let file else {
            let tree = FileTree(root: root)
            let own = Self.ownFile(of: tree)
            guard let own else { throw Self.noFile("Dockerfile", .noEntry) }
            (name, text) = own
            self.context = FileTree(root: root, rules: try Self.rules(for: own.name, in: tree))
            return
        }
        if file == "-" {
            (name, text) = ("Dockerfile", try Self.readAll(STDIN_FILENO))
            self.context = FileTree(
                root: root, rules: try Self.rules(for: nil, in: .init(root: root)))
            return
        }
        let found = try Self.open(file, besides: context)
        name = file.split(separator: "/").last.map(String.init) ?? file
        text = found.text
        let beside = try? contents(of: "\(found.path).dockerignore", limit: 1 << 20)
        if let beside {
            self.context = FileTree(root: root, rules: try Self.rules(parsing: beside))
        } else {
            self.context = FileTree(
                root: root, rules: try Self.rules(for: nil, in: .init(root: root)))
        }
    }

    static func isAddress(_ text: String) -> Bool {
        ["http://", "https://", "git://", "git@", "ssh://", "github.com/"].contains {
            text.hasPrefix($0)
        }
    }

    // MARK: A directory

    /// An open directory of the host's, as a tree.
    static func directory(_ path: String) throws -> LayerDirectory {
        do throws(Errno) {
            return LayerDirectory(plain: try OwnedFD.open(path, O_RDONLY | O_DIRECTORY))
        } catch {
            guard error == .noEntry else {
                throw EngineError.invalid("unable to prepare context: \(path): \(error)")
            }
            throw EngineError.invalid("unable to prepare context: path \(quoted(path)) not found")
        }
    }

    private static func absolute(_ path: String) throws -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// The Dockerfile of a tree, and its name.
    private static func ownFile(of tree: FileTree) -> (name: String, text: String)? {
        for name in ["Dockerfile", "dockerfile"] {
            if let text = tree.text(of: name) { return (name, text) }
        }
        return nil
    }

    /// What a tree leaves out: `<file>.dockerignore` counts before `.dockerignore`.
    private static func rules(for file: String?, in tree: FileTree) throws -> IgnoreRules {
        let own = file.flatMap { tree.text(of: "\($0).dockerignore") }
        guard let text = own ?? tree.text(of: ".dockerignore") else { return IgnoreRules() }
        return try rules(parsing: Array(text.utf8))
    }

    private static func rules(parsing bytes: [UInt8]) throws -> IgnoreRules {
        do throws(DockerfileFailure) {
            return try IgnoreRules(parsing: String(decoding: bytes, as: UTF8.self))
        } catch { throw EngineError.invalid("error reading .dockerignore: \(error)") }
    }

    private static func noFile(_ name: String, _ errno: Errno) -> EngineError {
        .invalid("failed to read dockerfile: open \(name): \(errno)")
    }

    /// A Dockerfile by its path from the working directory, or else from the context.
    private static func open(
        _ path: String, besides context: String
    ) throws -> (path: String, text: String) {
        var failure = Errno.noEntry
        for candidate in [path] + (path.hasPrefix("/") ? [] : ["\(context)/\(path)"]) {
            do throws(KernelError) {
                let bytes = try contents(of: candidate, limit: limit)
                return (candidate, String(decoding: bytes, as: UTF8.self))
            } catch { failure = error.errno }
        }
        throw noFile(path.split(separator: "/").last.map(String.init) ?? path, failure)
    }

    private static let limit = 16 << 20

    private static func readAll(_ descriptor: CInt) throws -> String {
        let bytes = try attempting("read standard input") { () throws(Errno) in
            try Linux.readAll(from: descriptor, limit: limit)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: Standard input

    private static func standardInput(
        _ file: String?, _ engine: Engine
    ) throws -> (text: String, name: String, tree: FileTree, work: IngestDirectory?) {
        let stream = try PeekedSource(FileStream(STDIN_FILENO), count: Compression.magicLength)
        guard !stream.first.isEmpty, let compression = Compression(detecting: stream.first) else {
            var bytes: [UInt8] = []
            while true {
                let piece = try stream.next()
                if piece.isEmpty { break }
                bytes += piece
                guard bytes.count <= limit else {
                    throw EngineError.invalid("the Dockerfile on standard input is too long")
                }
            }
            return (String(decoding: bytes, as: UTF8.self), "Dockerfile", FileTree(root: nil), nil)
        }
        let work = try engine.images.workDirectory()
        let root = try attempting("open \(work.path)") { () throws(Errno) in
            try OwnedFD.open(work.path, O_RDONLY | O_DIRECTORY)
        }
        let mask = umask(0)
        defer { umask(mask) }
        let unpacker = LayerUnpacker(
            root: try root.duplicate(), for: .copy(CopyRules(owner: .caller)))
        let tar: any ByteSource =
            compression == .none ? stream : try DecompressedSource(stream, compression)
        try unpacker.unpack(try TarReader(tar))
        let plain = FileTree(root: LayerDirectory(plain: root))
        let own = file.map { name in plain.text(of: name).map { (name, $0) } } ?? ownFile(of: plain)
        guard let own else { throw noFile(file ?? "Dockerfile", .noEntry) }
        let rules = try rules(for: own.0, in: plain)
        return (own.1, own.0, FileTree(root: plain.root, rules: rules), work)
    }
}

extension FileTree {
    /// A directory of the host's, with the rules of its own `.dockerignore`.
    public static func directory(_ path: String) throws -> FileTree {
        let tree = FileTree(root: try BuildSource.directory(path))
        let text = tree.text(of: ".dockerignore")
        return FileTree(
            root: tree.root, rules: try text.map { try IgnoreRules(parsing: $0) } ?? .init())
    }
}
