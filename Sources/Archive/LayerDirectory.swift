// SPDX-License-Identifier: Apache-2.0

public import Glibc
public import Linux

/// A directory as overlay would merge it from layers, topmost first, or simply one directory: read
/// from the layers themselves, without a mount. No link is followed.
///
/// https://docs.kernel.org/filesystems/overlayfs.html#upper-and-lower
public final class LayerDirectory {
    private let parts: [Part]
    /// Whether overlay's marks in it have their meaning.
    private let isLayered: Bool

    /// An open directory of one layer.
    private final class Part {
        let descriptor: OwnedFD
        init(_ descriptor: consuming OwnedFD) { self.descriptor = descriptor }
        var raw: CInt { descriptor.raw }
    }

    /// What a name stands for.
    public struct Found {
        public let status: stat
        /// The layer that has it, counted from this directory's topmost.
        fileprivate let depth: Int
    }

    private init(_ parts: [Part], isLayered: Bool) {
        self.parts = parts
        self.isLayered = isLayered
    }

    /// An open directory, taken as it is.
    public convenience init(plain directory: consuming OwnedFD) {
        self.init([Part(directory)], isLayered: false)
    }

    /// The root that layers come to.
    /// - Parameter paths: topmost first.
    public convenience init(layers paths: [String]) throws(KernelError) {
        var parts: [Part] = []
        for path in paths {
            parts.append(
                try attempting("open \(path)") { () throws(Errno) in
                    Part(try OwnedFD.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW))
                })
        }
        self.init(parts, isLayered: true)
    }

    /// What is there, in the order of the bytes. A name that a layer hides may be among them.
    public func names() throws(Errno) -> [FileName] {
        var names: Set<FileName> = []
        for part in parts { names.formUnion(try entryNames(of: part.raw)) }
        return names.sorted()
    }

    /// What is under a name; nil for nothing.
    /// - Parameter whiteouts: whether a mark that something is gone is to be seen as it is.
    public func find(_ name: FileName, whiteouts: Bool = false) throws(Errno) -> Found? {
        for (depth, part) in parts.enumerated() {
            guard let status = try Self.statusIfPresent(name, part.raw) else { continue }
            if isLayered, !whiteouts, status.isWhiteout { return nil }
            return Found(status: status, depth: depth)
        }
        return nil
    }

    /// The directory under a name: all that layers have of it.
    public func descend(_ name: FileName, _ found: Found) throws(Errno) -> LayerDirectory {
        var below: [Part] = []
        for part in parts[found.depth...] {
            guard let status = try Self.statusIfPresent(name, part.raw) else { continue }
            guard status.st_mode & S_IFMT == S_IFDIR else { break }
            let directory = Part(
                try OwnedFD.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: part.raw))
            if isLayered { try Self.refuseRedirected(directory.raw) }
            below.append(directory)
            if isLayered, try Self.isOpaque(directory.raw) { break }
        }
        guard !below.isEmpty else { throw .noEntry }
        return LayerDirectory(below, isLayered: isLayered)
    }

    /// Opens what is under a name, as a mere path.
    public func open(_ name: FileName, _ found: Found) throws(Errno) -> OwnedFD {
        try OwnedFD.open(name, openPath | O_NOFOLLOW, at: parts[found.depth].raw)
    }

    /// Whether the topmost layer hides what the layers below have here.
    public func isOpaque() throws(Errno) -> Bool { try Self.isOpaque(parts[0].raw) }

    /// The extended attributes of the directory itself.
    public func attributes() throws(Errno) -> [(name: String, value: [UInt8])] {
        try extendedAttributes(of: parts[0].raw)
    }

    /// What the directory itself is.
    public func status() throws(Errno) -> stat { try Linux.status(of: parts[0].raw) }

    private static func isOpaque(_ directory: CInt) throws(Errno) -> Bool {
        try hasMark("trusted.overlay.opaque", UInt8(ascii: "y"), on: directory)
    }

    /// A kernel that is set up so notes where a directory was renamed from instead of copying it. Our
    /// mounts turn that off; a layer that says so all the same cannot be read by itself.
    private static func refuseRedirected(_ directory: CInt) throws(Errno) {
        if try extendedAttribute("trusted.overlay.redirect", of: directory) != nil {
            throw .notSupported
        }
    }

    private static func statusIfPresent(
        _ name: FileName, _ directory: CInt
    ) throws(Errno) -> stat? {
        do throws(Errno) { return try Linux.status(of: name, in: directory) } catch {
            guard error == .noEntry else { throw error }
            return nil
        }
    }
}

extension stat {
    /// Overlay's form of "gone".
    var isWhiteout: Bool { st_mode & S_IFMT == S_IFCHR && st_rdev == 0 }
}
