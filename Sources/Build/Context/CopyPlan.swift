// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Glibc
internal import Linux
internal import OCI

/// What one COPY or ADD does: which files come from where to where. Nothing is read yet.
struct CopyPlan {
    /// One of its sources.
    struct Piece {
        enum Content {
            /// What is in a directory.
            case tree(FileTree.Place)
            case file(FileTree.Place)
            case document([UInt8])
            /// A directory to be there, made where it is missing.
            case directory
        }
        let content: Content
        /// Where it lies in its tree, for the rules.
        let path: [UInt8]
        /// Where it comes to: the directory itself, or the file.
        let target: [UInt8]
        /// Where an archive is unpacked that comes to `target`; nil for `target`.
        var container: [UInt8]?
    }

    var pieces: [Piece]
    var tree: FileTree
    /// What the layer lands on; nil for nothing.
    let below: FileTree
    var owner: Owner?
    var mode: ModeChange?
    var excluded = IgnoreRules()
    /// Seconds since 1970: later times become this one.
    var latestTime: Int64?

    /// - Parameters:
    ///   - sources: as the instruction has them, their variables replaced.
    ///   - destination: the same.
    ///   - directory: the working directory, which destinations are relative to.
    init(
        _ sources: [String], documents: [(name: String, content: [UInt8])],
        to destination: String, in directory: String, from tree: FileTree, onto below: FileTree,
        keepsParents: Bool, keyword: String
    ) throws {
        self.tree = tree
        self.below = below
        let target = Self.absolute(destination, in: directory)
        var found: [(path: [UInt8], isPattern: Bool, base: Int)] = []
        for source in sources {
            let (text, base) = keepsParents ? Self.pivot(source) : (source, 0)
            let isPattern = PathPattern.isPattern(text)
            for path in try Self.reading(source, { () throws(Errno) in try tree.expanded(text) }) {
                found.append((path, isPattern, base))
            }
        }
        let isMany = sources.count + documents.count > 1
        let isDirectory = Self.isDirectory(destination)
        guard isDirectory || !isMany || keepsParents else {
            throw DockerfileError(
                "When using \(keyword) with more than one source file, the destination must be a "
                    + "directory and end with a /")
        }
        var pieces: [Piece] = []
        for (path, _, base) in found {
            let place = try Self.reading(String(decoding: path, as: UTF8.self)) {
                () throws(Errno) in try tree.place(path)
            }
            guard place.isThere, tree.rules.hasExceptions || !tree.rules.leavesOut(place.path),
                place.file == nil || !tree.rules.leavesOut(place.path)
            else { throw Self.notFound(path) }
            pieces.append(
                try Self.piece(
                    place, path, to: target,
                    intoDirectory: isDirectory || found.count > 1, below: below,
                    parents: keepsParents ? base : nil))
        }
        for (name, content) in documents {
            let into = isDirectory || Self.isExistingDirectory(target, below)
            pieces.append(
                Piece(
                    content: .document(content), path: [],
                    target: into ? target + [slash] + Array(name.utf8) : target))
        }
        self.pieces = pieces
    }

    static func notFound(_ path: [UInt8]) -> DockerfileError {
        let names = path.split(separator: slash).map { String(decoding: $0, as: UTF8.self) }
        return DockerfileError(
            "failed to compute cache key: failed to calculate checksum: \"/"
                + "\(names.joined(separator: "/"))\": not found")
    }

    private static func reading<Result>(
        _ path: String, _ body: () throws(Errno) -> Result
    ) throws -> Result {
        do { return try body() } catch {
            guard error != .notDirectory, error != .noEntry else {
                throw notFound(Array(path.utf8))
            }
            throw KernelError(action: "read \(quoted(path))", errno: error)
        }
    }

    /// A destination from the root on.
    static func absolute(_ path: String, in directory: String) -> [UInt8] {
        Array((path.hasPrefix("/") ? path : "\(directory)/\(path)").utf8)
    }

    private static func isDirectory(_ destination: String) -> Bool {
        destination.hasSuffix("/") || destination == "." || destination.hasSuffix("/.")
            || destination == ".." || destination.hasSuffix("/..")
    }

    private static func isExistingDirectory(_ path: [UInt8], _ tree: FileTree) -> Bool {
        guard let place = try? tree.place(path) else { return false }
        return place.isThere && place.file == nil
    }

    /// `a/./b/c`: what stands before the dot is not kept.
    private static func pivot(_ source: String) -> (text: String, base: Int) {
        let names = source.split(separator: "/")
        guard let dot = names.dropFirst().firstIndex(of: "."), !source.hasPrefix("./") || dot > 0
        else { return (source, 0) }
        return (source, names[..<dot].count { $0 != "." })
    }

    private static func piece(
        _ place: FileTree.Place, _ path: [UInt8], to target: [UInt8], intoDirectory: Bool,
        below: FileTree, parents: Int?
    ) throws -> Piece {
        let names = path.split(separator: slash).filter { $0 != [UInt8(ascii: ".")] }
        if let parents {
            let kept = names.dropFirst(parents).joined(separator: [slash])
            let whole = target + [slash] + Array(kept)
            return Piece(
                content: place.file == nil ? .tree(place) : .file(place), path: place.path,
                target: whole)
        }
        guard place.file != nil else {
            return Piece(content: .tree(place), path: place.path, target: target)
        }
        guard intoDirectory || isExistingDirectory(target, below) else {
            return Piece(content: .file(place), path: place.path, target: target)
        }
        return Piece(
            content: .file(place), path: place.path, target: target + [slash] + (names.last ?? []),
            container: target)
    }
}
