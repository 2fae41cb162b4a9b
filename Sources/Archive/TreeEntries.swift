// SPDX-License-Identifier: Apache-2.0

public import Glibc
public import Linux
internal import OCI

/// The files of a tree as entries of a tar, in an order that only their names decide: a directory
/// before what is in it, names by their bytes. The same tree gives the same entries.
///
/// No link is followed, and no device or pipe is opened, whatever happens in the tree meanwhile. What
/// vanishes meanwhile is left out.
public final class TreeEntries: EntrySource {
    /// How a tree is to be archived.
    public struct Options {
        /// How owners are stated.
        public var owners = OwnerShift()
        /// The path of the tree's top in the archive; empty for entries that have none above them.
        public var prefix: [UInt8] = []
        /// Whether the top has an entry of its own, under `prefix`.
        public var includesTop = false
        /// Seconds since 1970: later times become this one (SOURCE_DATE_EPOCH).
        public var latestTime: Int64?
        /// Which files to leave out, by their path below the top.
        public var passesOver: (_ path: [UInt8], _ status: stat) -> Bool = { _, _ in false }
        /// Told of files that no tar can hold: sockets.
        public var skipped: (_ path: [UInt8]) -> Void = { _ in }

        public init() {}
    }

    /// What the entries describe.
    public enum Content {
        /// All that is to be seen.
        case tree(LayerDirectory)
        /// What a layer changes on those below it: its own files, and marks for what is gone.
        case layer(LayerDirectory, below: LayerDirectory)
    }

    /// A directory under way.
    private final class Frame {
        let directory: LayerDirectory
        /// The same directory of the layers below; nil where there is none, or no layer is asked for.
        let below: LayerDirectory?
        let path: [UInt8]
        let names: [FileName]
        var next = 0
        /// Its own entry, for as long as nothing in it needs it.
        var unwritten: TarEntry?

        init(_ directory: LayerDirectory, below: LayerDirectory?, path: [UInt8]) throws(Errno) {
            self.directory = directory
            self.below = below
            self.path = path
            names = try directory.names()
        }
    }

    private struct FileKey: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    private let options: Options
    private let isLayer: Bool
    private var frames: [Frame] = []
    private var queue: [(entry: TarEntry, content: EntryContent?)] = []
    /// Where files with several names were met first.
    private var linked: [FileKey: [UInt8]] = [:]

    public init(_ content: Content, _ options: Options = Options()) throws(ArchiveError) {
        self.options = options
        do throws(Errno) {
            switch content {
            case .tree(let top):
                isLayer = false
                frames = [try Frame(top, below: nil, path: [])]
                if options.includesTop { try appendTop(top) }
            case .layer(let top, let below):
                isLayer = true
                frames = [try Frame(top, below: below, path: [])]
            }
        } catch { throw .reading(path: "/", error) }
    }

    /// One file, under `options.prefix`.
    /// - Parameter file: open as a mere path, and no directory.
    public init(file: borrowing OwnedFD, _ options: Options) throws(ArchiveError) {
        self.options = options
        isLayer = false
        do throws(Errno) { try append(file, []) } catch {
            throw .reading(path: quoted(options.prefix), error)
        }
    }

    private func appendTop(_ top: LayerDirectory) throws(Errno) {
        var entry = entry([], .directory, try top.status())
        entry.attributes = attributes(try top.attributes())
        queue.append((entry, nil))
    }

    /// The next entry, and its content if it is a file; nil at the end.
    public func next() throws(ArchiveError) -> (entry: TarEntry, content: EntryContent?)? {
        while queue.isEmpty {
            guard let frame = frames.last else { return nil }
            guard frame.next < frame.names.count else {
                frames.removeLast()
                continue
            }
            let name = frame.names[frame.next]
            frame.next += 1
            let path = frame.path.isEmpty ? name.bytes : frame.path + [slash] + name.bytes
            do throws(Errno) { try visit(name, path, in: frame) } catch {
                throw .reading(path: quoted(path), error)
            }
        }
        return queue.removeFirst()
    }

    private func visit(_ name: FileName, _ path: [UInt8], in frame: Frame) throws(Errno) {
        guard path.count < 4096 else { throw .nameTooLong }  // PATH_MAX, here as for Docker
        guard let found = try frame.directory.find(name, whiteouts: isLayer),
            !options.passesOver(path, found.status)
        else { return }
        do throws(Errno) {
            if isLayer, found.status.isWhiteout {
                guard try frame.below?.find(name) != nil else { return }
                write(marker(".wh.", before: path))
            } else if found.status.st_mode & S_IFMT == S_IFDIR {
                try enter(name, found, path, in: frame)
            } else {
                let file = try frame.directory.open(name, found)
                try append(file, path)
            }
        } catch { if error != .noEntry { throw error } }
    }

    // MARK: Directories

    private func enter(
        _ name: FileName, _ found: LayerDirectory.Found, _ path: [UInt8], in frame: Frame
    ) throws(Errno) {
        let directory = try frame.directory.descend(name, found)
        let status = try directory.status()
        var entry = entry(path, .directory, status)
        entry.attributes = attributes(try directory.attributes())
        let lower = try frame.below?.find(name)
        var below: LayerDirectory?
        if let lower, lower.status.st_mode & S_IFMT == S_IFDIR {
            below = try frame.below?.descend(name, lower)
        }
        let inside = try Frame(directory, below: below, path: path)
        let isOpaque = isLayer ? try directory.isOpaque() : false
        let hides = isOpaque && below != nil
        if isLayer, !hides, let lower, isUnchanged(status, lower.status) {
            inside.unwritten = entry
        } else {
            write(entry)
        }
        if hides { write(marker(".wh..wh..opq", in: path)) }
        frames.append(inside)
    }

    /// Docker's idea of a directory that only leads to what changed: its times do not count.
    private func isUnchanged(_ one: stat, _ other: stat) -> Bool {
        one.st_mode == other.st_mode
            && options.owners.inside(one.st_uid) == options.owners.inside(other.st_uid)
            && options.owners.inside(one.st_gid) == options.owners.inside(other.st_gid)
    }

    private func write(_ entry: TarEntry, _ content: EntryContent? = nil) {
        for frame in frames {
            guard let directory = frame.unwritten else { continue }
            frame.unwritten = nil
            queue.append((directory, nil))
        }
        queue.append((entry, content))
    }

    // MARK: Files

    /// - Parameter file: open as a mere path, so that it is what its status says.
    private func append(_ file: borrowing OwnedFD, _ path: [UInt8]) throws(Errno) {
        let status = try status(of: file.raw)
        guard let kind = try TarEntry.Kind(of: file, status) else { return options.skipped(path) }
        var entry = entry(path, kind, status)
        if kind != .directory, status.st_nlink > 1 {
            let key = FileKey(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
            if let first = linked[key] {
                entry.kind = .hardLink(archived(first))
                return write(entry)
            }
            linked[key] = path
        }
        guard kind == .file else { return write(entry) }
        let content = EntryContent.OpenFile(try file.reopened(O_RDONLY | O_NONBLOCK))
        entry.size = Int64(status.st_size)
        entry.attributes = attributes(try extendedAttributes(of: content.descriptor.raw))
        write(entry, .file(content))
    }

    // MARK: Entries

    private func entry(_ path: [UInt8], _ kind: TarEntry.Kind, _ status: stat) -> TarEntry {
        var entry = TarEntry(path: archived(path), kind: kind, mode: status.st_mode & 0o7777)
        entry.user = options.owners.inside(status.st_uid)
        entry.group = options.owners.inside(status.st_gid)
        entry.modified = (clamped(Int64(status.st_mtim.tv_sec)), 0)
        return entry
    }

    private func clamped(_ time: Int64) -> Int64 {
        options.latestTime.map { min($0, time) } ?? time
    }

    private func attributes(
        _ all: [(name: String, value: [UInt8])]
    ) -> [(name: String, value: [UInt8])] {
        all.compactMap { name, value in
            options.owners.inside(name, value).map { (name, $0) }
        }
    }

    private func archived(_ path: [UInt8]) -> [UInt8] {
        if options.prefix.isEmpty { return path.isEmpty ? [UInt8(ascii: ".")] : path }
        return path.isEmpty ? options.prefix : options.prefix + [slash] + path
    }

    private func marker(_ mark: String, before path: [UInt8]) -> TarEntry {
        let start = path.lastIndex(of: slash).map { $0 + 1 } ?? 0
        let name = path[..<start] + Array(mark.utf8) + path[start...]
        return TarEntry(path: archived(Array(name)), kind: .file, mode: 0)
    }

    private func marker(_ mark: String, in path: [UInt8]) -> TarEntry {
        TarEntry(path: archived(path + [slash] + Array(mark.utf8)), kind: .file, mode: 0)
    }

    private var slash: UInt8 { UInt8(ascii: "/") }
}
