// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Glibc
internal import Linux

/// A copy that cannot be, as Docker's client says it by itself.
public struct CopyRefusal: Error, Equatable, CustomStringConvertible {
    public let description: String
}

/// A path as `cp` reads it.
struct CopyPath: Equatable {
    let text: String

    /// "/" or "/." at the end: it must be a directory.
    var assertsDirectory: Bool { text.hasSuffix("/") || meansContents }
    /// "/." at the end: what is in it, not itself.
    var meansContents: Bool { text == "." || text.hasSuffix("/.") }

    /// The directory part and the last name; the name is empty for "/" and where contents are meant.
    var split: (parent: String, name: String) {
        var bytes = text.utf8[...]
        while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes = bytes.dropLast() }
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else {
            return (".", String(Substring(bytes)))
        }
        let parent = slash == bytes.startIndex ? "/" : String(Substring(bytes[..<slash]))
        return (parent, String(Substring(bytes[bytes.index(after: slash)...])))
    }

    /// The name under which its tar has it.
    var base: [UInt8] { meansContents ? [] : Array(split.name.utf8) }
}

/// Opens paths: the host's as they are, a container's as in a chroot.
struct CopyRoot {
    /// The container's root directory; nil on the host.
    let root: CInt?

    func open(_ path: String, _ flags: CInt) throws(Errno) -> OwnedFD {
        guard let root else { return try OwnedFD.open(path, flags) }
        return try OwnedFD.open(path, beneath: root, flags)
    }
}

/// Where a copy lands: the directory in which its entries are made, and what its top is called there.
struct CopyPlacement {
    let directory: OwnedDirectory
    /// Nil: it keeps its name.
    let name: [UInt8]?

    /// An open directory that values can hold.
    final class OwnedDirectory {
        let descriptor: OwnedFD
        init(_ descriptor: consuming OwnedFD) { self.descriptor = descriptor }
        var raw: CInt { descriptor.raw }
    }

    /// Decides by Docker's rules. What is decided on is open from then on, so nothing can be exchanged
    /// between this and the copy.
    /// - Parameters:
    ///   - isDirectory: what the source is.
    ///   - missing: the error for a directory that is not there.
    init(
        of isDirectory: Bool, at destination: CopyPath, in root: CopyRoot,
        missing: (String) -> any Error
    ) throws {
        let flags = O_RDONLY | O_DIRECTORY
        if let existing = try? root.open(destination.text, flags) {
            directory = OwnedDirectory(existing)
            name = nil
            return
        }
        var path = destination
        for _ in 0..<16 {
            let (parent, last) = path.split
            guard let file = FileName(last.utf8), let above = try? root.open(parent, flags) else {
                throw missing(parent)
            }
            let place = OwnedDirectory(above)
            guard let status = try? status(of: file, in: place.raw) else {
                guard isDirectory || !destination.assertsDirectory else {
                    throw CopyRefusal(description: "no such directory")
                }
                (directory, name) = (place, Array(last.utf8))
                return
            }
            guard status.st_mode & S_IFMT == S_IFLNK else {
                guard !isDirectory else { throw CopyRefusal(description: "cannot copy directory") }
                guard !destination.assertsDirectory else {
                    throw CopyRefusal(description: "not a directory")
                }
                guard status.st_mode & S_IFMT == S_IFREG else {
                    throw CopyRefusal(
                        description: "destination \"\(destination.text)\" must be a directory or a"
                            + " regular file")
                }
                (directory, name) = (place, Array(last.utf8))
                return
            }
            let target = try TreeCopy.readLink(last, at: place.raw)
            path = CopyPath(text: target.hasPrefix("/") ? target : "\(parent)/\(target)")
        }
        throw CopyRefusal(description: "too many symlinks in \(destination.text)")
    }

    /// Unpacks the source's tar here.
    /// - Parameter base: the first name of its entries; empty where contents were meant.
    func unpack(
        _ source: any ByteSource, base: [UInt8], owner: CopyRules.Owner,
        skipped: @escaping ([UInt8]) -> Void = { _ in }
    ) throws {
        let mask = umask(0)
        defer { umask(mask) }
        let rules = CopyRules(owner: owner, rename: name.map { (base, $0) })
        let unpacker = LayerUnpacker(
            root: try OwnedFD.duplicate(of: directory.raw), for: .copy(rules))
        unpacker.skipped = skipped
        try unpacker.unpack(try TarReader(source))
        try source.drain()
    }
}

/// What is copied: opened once, and then read through that.
struct CopySource {
    let isDirectory: Bool
    private let file: CopyPlacement.OwnedDirectory
    private let path: CopyPath

    /// - Parameters:
    ///   - followsLink: whether a link at the end is followed.
    ///   - missing: the error for a path that leads to nothing.
    init(
        _ path: CopyPath, in root: CopyRoot, followsLink: Bool,
        missing: (Errno) -> any Error
    ) throws {
        let follow = followsLink || path.assertsDirectory
        do {
            let flags = openPath | (follow ? 0 : O_NOFOLLOW)
            file = CopyPlacement.OwnedDirectory(
                try root.open(
                    path.text, path.assertsDirectory ? flags | O_DIRECTORY : flags))
        } catch { throw missing(error) }
        isDirectory = try status(of: file.raw).st_mode & S_IFMT == S_IFDIR
        self.path = path
    }

    /// - Parameter options: all but the names.
    func tar(_ options: TreeEntries.Options) throws -> TarStream {
        var options = options
        options.prefix = path.base
        guard isDirectory else {
            return TarStream(try TreeEntries(file: file.descriptor, options))
        }
        options.includesTop = true
        let directory = try file.descriptor.reopened(O_RDONLY | O_DIRECTORY)
        return TarStream(try TreeEntries(.tree(LayerDirectory(plain: directory)), options))
    }
}
