// SPDX-License-Identifier: Apache-2.0

public import Archive
internal import Glibc
internal import Linux
internal import OCI

/// A tree that files are copied from or to: a build's context, or what a stage has made. Paths in it
/// are walked name by name, links followed as in a chroot, so that nothing leads out of it.
public struct FileTree {
    /// Nil for an empty tree.
    public let root: LayerDirectory?
    /// What is as if it were not there.
    public let rules: IgnoreRules

    /// - Parameter root: the top; nil for an empty tree.
    public init(root: LayerDirectory?, rules: IgnoreRules = IgnoreRules()) {
        self.root = root
        self.rules = rules
    }

    /// Where a path leads.
    struct Place {
        /// The directories from the root on that are there, each with its name; the root has none.
        var directories: [(name: FileName?, directory: LayerDirectory)]
        /// What the path ends in, when it is no directory.
        var file: (name: FileName, found: LayerDirectory.Found)?
        /// The names at the end that nothing bears.
        var missing: [FileName] = []

        var isThere: Bool { missing.isEmpty }
        /// The innermost directory that is there.
        var directory: LayerDirectory? { directories.last?.directory }

        /// The path without any links, from the root on and without a slash in front.
        var path: [UInt8] {
            var names = directories.compactMap(\.name)
            if let file { names.append(file.name) }
            return join(names + missing)
        }
    }

    /// Follows a path.
    /// - Parameter followsLast: whether a link at its end is followed too.
    func place(_ path: [UInt8], followsLast: Bool = true) throws(Errno) -> Place {
        var rest = Self.names(path)[...]
        guard let root else { return Place(directories: [], missing: Array(rest)) }
        var place = Place(directories: [(nil, root)])
        var links = 0
        while let name = rest.popFirst() {
            guard place.missing.isEmpty, let directory = place.directory else {
                if name.bytes == dots {
                    place.missing.removeLast()
                } else {
                    place.missing.append(name)
                }
                continue
            }
            if name.bytes == dots {
                if place.directories.count > 1 { place.directories.removeLast() }
                continue
            }
            guard let found = try directory.find(name) else {
                place.missing.append(name)
                continue
            }
            switch found.status.st_mode & S_IFMT {
            case S_IFDIR:
                place.directories.append((name, try directory.descend(name, found)))
            case S_IFLNK where followsLast || !rest.isEmpty:
                links += 1
                guard links <= 40 else { throw .symlinkLoop }
                let link = try directory.open(name, found)
                let target = try linkTarget(of: link.raw)
                if target.first == slash {
                    place.directories.removeLast(place.directories.count - 1)
                }
                rest = Self.names(target) + rest
            default:
                guard rest.isEmpty else { throw .notDirectory }
                place.file = (name, found)
            }
        }
        return place
    }

    /// The names of a path; what would lead above its beginning is dropped later.
    private static func names(_ path: [UInt8]) -> [FileName] {
        path.split(separator: slash).filter { $0 != [UInt8(ascii: ".")] }.compactMap {
            FileName($0)
        }
    }

    /// The paths that a pattern stands for, in the order of their bytes; the text itself when it is no
    /// pattern.
    func expanded(_ pattern: String) throws(Errno) -> [[UInt8]] {
        let names = pattern.split(separator: "/").filter { $0 != "." }
        guard PathPattern.isPattern(pattern), let root else { return [Array(pattern.utf8)] }
        var found: [(path: [UInt8], directory: LayerDirectory?)] = [([], root)]
        for name in names {
            var next: [(path: [UInt8], directory: LayerDirectory?)] = []
            for (path, directory) in found {
                if name == "**" {
                    try descend(path, directory, into: &next)
                } else if let directory {
                    try children(of: directory, path, like: String(name), into: &next)
                }
            }
            found = next
        }
        return found.map(\.path).filter { !rules.leavesOut($0) }
    }

    private func children(
        of directory: LayerDirectory, _ path: [UInt8], like name: String,
        into next: inout [(path: [UInt8], directory: LayerDirectory?)]
    ) throws(Errno) {
        let pattern = PathPattern(name)
        for child in try directory.names() where pattern?.fits(child.bytes) == true {
            guard try directory.find(child) != nil else { continue }
            let inside = path.isEmpty ? child.bytes : path + [slash] + child.bytes
            let place = try place(inside)
            let isDirectory = place.isThere && place.file == nil
            next.append((inside, isDirectory ? place.directory : nil))
        }
    }

    private func descend(
        _ path: [UInt8], _ directory: LayerDirectory?,
        into next: inout [(path: [UInt8], directory: LayerDirectory?)]
    ) throws(Errno) {
        next.append((path, directory))
        guard let directory else { return }
        for child in try directory.names() {
            guard let found = try directory.find(child),
                found.status.st_mode & S_IFMT == S_IFDIR
            else { continue }
            let inside = path.isEmpty ? child.bytes : path + [slash] + child.bytes
            try descend(inside, try directory.descend(child, found), into: &next)
        }
    }

    /// The content of a small file; nil where there is none.
    public func text(of path: String, limit: Int = 1 << 20) -> String? {
        guard let place = try? place(Array(path.utf8)), place.isThere, let file = place.file,
            file.found.status.st_mode & S_IFMT == S_IFREG,
            let link = try? place.directory?.open(file.name, file.found),
            let open = try? link.reopened(O_RDONLY | O_NONBLOCK),
            let bytes = try? open.readAll(limit: limit)
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}

let slash = UInt8(ascii: "/")
private let dots = Array("..".utf8)

/// Names as a path, without a slash in front.
func join(_ names: [FileName]) -> [UInt8] {
    Array(names.map(\.bytes).joined(separator: [slash]))
}
