// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import OCI

/// Overlay's forms of "gone": https://docs.kernel.org/filesystems/overlayfs.html#whiteouts-and-opaque-directories
extension LayerUnpacker {
    private static var opaqueAttribute: String { "trusted.overlay.opaque" }

    func apply(
        _ whiteout: Whiteout, of entry: TarEntry, in place: Place
    ) throws(ArchiveError) {
        switch whiteout {
        case .ignored: return
        case .opaque: try placing(entry) { () throws(Errno) in try makeOpaque(place.raw) }
        case .name(let hidden):
            guard hidden != [], hidden != Array(".".utf8), hidden != Array("..".utf8),
                let name = FileName(hidden)
            else { throw .refused(entry: quoted(entry.path), reason: "invalid whiteout") }
            try placing(entry) { () throws(Errno) in try hide(name, in: place) }
        }
    }

    /// Hides what the layers below have under `name`. What this layer has itself stays: a file hides
    /// theirs anyway, a directory becomes opaque.
    private func hide(_ name: FileName, in place: Place) throws(Errno) {
        do throws(Errno) {
            try makeNode(name, in: place.raw, mode: S_IFCHR)
        } catch {
            guard error == .exists else { throw error }
            guard try status(of: name, in: place.raw).st_mode & S_IFMT == S_IFDIR else { return }
            let directory = try OwnedFD.open(
                name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: place.raw)
            try makeOpaque(directory.raw)
        }
    }

    func makeOpaque(_ directory: CInt) throws(Errno) {
        try setExtendedAttribute(Self.opaqueAttribute, to: Array("y".utf8), of: directory)
    }

    /// Whether `name` is overlay's whiteout.
    func isWhiteout(_ name: FileName, in directory: CInt) throws(Errno) -> Bool {
        let status = try status(of: name, in: directory)
        return status.st_mode & S_IFMT == S_IFCHR && status.st_rdev == 0
    }

    /// A directory of this layer where its whiteout stood: both hold when it is opaque.
    func replaceWhiteoutWithDirectory(
        _ name: FileName, in place: Place, mode: mode_t
    ) throws(Errno) {
        try syscall { unlinkat(place.raw, name.cString, 0) }
        try syscall { mkdirat(place.raw, name.cString, mode) }
        let directory = try OwnedFD.open(
            name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: place.raw)
        try makeOpaque(directory.raw)
    }
}
