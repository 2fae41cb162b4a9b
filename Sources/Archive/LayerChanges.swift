// SPDX-License-Identifier: Apache-2.0

public import Glibc
internal import Linux
internal import OCI

/// A path that differs between a layer and those below it.
public struct LayerChange: Equatable, Sendable {
    /// How it differs; the raw value is Docker's letter.
    public enum Kind: String, Sendable {
        case changed = "C"
        case added = "A"
        case deleted = "D"
    }

    public let kind: Kind
    /// From the container's root on, with a slash before it. Bytes, for names need not be text.
    public let path: [UInt8]
}

/// Finds what a layer changes, by Docker's rules: what differs in kind, mode, owner or device number,
/// a file also by size or time; a directory also when something in it differs. Of what is gone only
/// the topmost path is named. The content of files is not looked at.
public struct LayerChanges {
    /// In the order of names, a directory before what is in it.
    public private(set) var all: [LayerChange] = []
    private let owners: OwnerShift
    private let passesOver: (_ path: [UInt8], _ status: stat) -> Bool

    /// - Parameters:
    ///   - layer: the layer alone.
    ///   - below: what it stands on.
    ///   - passesOver: which of the layer's files are not to count.
    public init(
        of layer: LayerDirectory, on below: LayerDirectory, owners: OwnerShift,
        passesOver: @escaping (_ path: [UInt8], _ status: stat) -> Bool = { _, _ in false }
    ) throws(ArchiveError) {
        self.owners = owners
        self.passesOver = passesOver
        try compare(layer, below, path: [], hides: false)
    }

    private mutating func compare(
        _ layer: LayerDirectory, _ below: LayerDirectory?, path: [UInt8], hides: Bool
    ) throws(ArchiveError) {
        do throws(Errno) {
            var names = Set(try layer.names())
            if hides, let below { names.formUnion(try below.names()) }
            for name in names.sorted() {
                let inside = path + [UInt8(ascii: "/")] + name.bytes
                guard inside.count < 4096 else { throw .nameTooLong }
                try compare(name, in: layer, below, path: inside, hides: hides)
            }
        } catch { throw .reading(path: quoted(path), error) }
    }

    private mutating func compare(
        _ name: FileName, in layer: LayerDirectory, _ below: LayerDirectory?, path: [UInt8],
        hides: Bool
    ) throws(Errno) {
        let old = try below?.find(name)
        guard let new = try layer.find(name, whiteouts: true), !new.status.isWhiteout else {
            if old != nil { all.append(LayerChange(kind: .deleted, path: path)) }
            return
        }
        guard !passesOver(Array(path.dropFirst()), new.status) else { return }
        let place = all.count
        if old == nil {
            all.append(LayerChange(kind: .added, path: path))
        } else if let old, differs(old.status, new.status) {
            all.append(LayerChange(kind: .changed, path: path))
        }
        guard new.status.st_mode & S_IFMT == S_IFDIR else { return }
        let isListed = all.count > place
        try descend(name, new, old, layer, below, path)
        if !isListed, all.count > place {
            all.insert(LayerChange(kind: .changed, path: path), at: place)
        }
    }

    private mutating func descend(
        _ name: FileName, _ new: LayerDirectory.Found, _ old: LayerDirectory.Found?,
        _ layer: LayerDirectory, _ below: LayerDirectory?, _ path: [UInt8]
    ) throws(Errno) {
        let directory = try layer.descend(name, new)
        var under: LayerDirectory?
        if let old, old.status.st_mode & S_IFMT == S_IFDIR {
            under = try below?.descend(name, old)
        }
        let hides = try directory.isOpaque()
        do throws(ArchiveError) {
            try compare(directory, under, path: path, hides: hides)
        } catch { throw error.errno ?? .io }
    }

    private func differs(_ old: stat, _ new: stat) -> Bool {
        if old.st_mode != new.st_mode || old.st_rdev != new.st_rdev
            || owners.inside(old.st_uid) != owners.inside(new.st_uid)
            || owners.inside(old.st_gid) != owners.inside(new.st_gid)
        {
            return true
        }
        guard new.st_mode & S_IFMT != S_IFDIR else { return false }
        return old.st_size != new.st_size || old.st_mtim.tv_sec != new.st_mtim.tv_sec
            || old.st_mtim.tv_nsec != new.st_mtim.tv_nsec
    }
}
