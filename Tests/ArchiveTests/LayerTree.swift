// SPDX-License-Identifier: Apache-2.0

import Archive
import ArchiveFixtures
import Glibc
import Linux
import Testing

/// A layer unpacked into a directory of its own, with a neighbour that nothing may touch.
final class LayerTree {
    let directory: TemporaryDirectory
    var root: String { "\(directory.path)/fs" }

    /// Unpacks what `build` adds.
    init(_ build: (inout TarBuilder) -> Void) throws {
        umask(0)
        directory = try TemporaryDirectory()
        try directory.write(Array("untouched".utf8), to: "outside/file")
        try makeDirectory(root)
        var tar = TarBuilder()
        build(&tar)
        let archive = try OwnedFD.open(try directory.write(tar.finished(), to: "layer.tar"))
        let source = FileRange(archive.raw, length: Int64(tar.finished().count))
        try LayerUnpacker(root: try OwnedFD.open(root, O_RDONLY | O_DIRECTORY))
            .unpack(try TarReader(source))
        withExtendedLifetime(archive) {}
    }

    /// Whether the neighbour is as it was.
    var outsideIsUntouched: Bool {
        get throws {
            try names(in: "\(directory.path)/outside") == ["file"]
                && names(in: directory.path).sorted() == ["fs", "layer.tar", "outside"]
                && contents(of: "\(directory.path)/outside/file") == Array("untouched".utf8)
        }
    }

    func status(_ path: String) throws -> stat {
        var status = stat()
        try syscall { lstat("\(root)/\(path)", &status) }
        return status
    }

    func exists(_ path: String) -> Bool { (try? status(path)) != nil }

    func type(_ path: String) throws -> mode_t { try status(path).st_mode & S_IFMT }

    func mode(_ path: String) throws -> mode_t { try status(path).st_mode & 0o7777 }

    func text(_ path: String) throws -> String {
        String(decoding: try contents(of: "\(root)/\(path)"), as: UTF8.self)
    }

    func link(_ path: String) throws -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = try syscall { readlink("\(root)/\(path)", &buffer, buffer.count) }
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func attribute(_ name: String, of path: String) throws -> [UInt8]? {
        let file = try OwnedFD.open("\(root)/\(path)")
        return try extendedAttribute(name, of: file.raw)
    }

    /// Whether overlay takes the path for a whiteout.
    func isWhiteout(_ path: String) throws -> Bool {
        let status = try status(path)
        return status.st_mode & S_IFMT == S_IFCHR && status.st_rdev == 0
    }

    func isOpaque(_ path: String) throws -> Bool {
        try attribute("trusted.overlay.opaque", of: path) == Array("y".utf8)
    }
}

/// Owners, devices and overlay's attributes are root's.
let isRoot = geteuid() == 0
