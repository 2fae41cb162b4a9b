// SPDX-License-Identifier: Apache-2.0

import Archive
import ArchiveFixtures
import Glibc
import Linux
import OCI
import Testing

/// The writing side: what is written, read again, is what was there.
@Suite(.enabled(if: isRoot), .serialized)
struct TarStreamTests {
    /// One layer with everything that a layer can have.
    private func fullLayer() throws -> LayerTree {
        let long = String(repeating: "n", count: 120)
        return try LayerTree { tar in
            tar.add("etc", .directory, mode: 0o750, user: 3, group: 4, modified: 77)
            tar.add("etc/passwd", .file, "root", mode: 0o4755, user: 1000, group: 1001)
            tar.add("etc/other", .hardLink, link: "etc/passwd")
            tar.add("etc/.wh.gone", .file)
            tar.add("link", .symlink, link: "../../etc/shadow", mode: 0o777, user: 5)
            tar.add("null", .characterDevice, mode: 0o666, device: (1, 3))
            tar.add("disk", .blockDevice, mode: 0o660, device: (259, 7))
            tar.add("fifo", .fifo, mode: 0o600)
            tar.add("opaque", .directory, mode: 0o755)
            tar.add("opaque/.wh..wh..opq", .file)
            tar.add("x", .file, "deep", pax: [("path", Array("\(long)/\(long)/\(long)".utf8))])
            tar.add("empty", .file)
            tar.add("block", .file, String(repeating: "x", count: 512))
            tar.add([0xFF, 0xC3, 0xA9], .file, Array("no text".utf8))
            tar.add(
                "capable", .file, "x",
                pax: [
                    ("SCHILY.xattr.security.capability", capability(version: 2)),
                    ("SCHILY.xattr.user.note", [0, 10, 61]),
                ])
        }
    }

    private func capability(version: UInt8, root: [UInt8] = []) -> [UInt8] {
        [1, 0, 0, version] + [0, 4, 0, 0] + [UInt8](repeating: 0, count: 12) + root
    }

    private func layer(
        _ path: String, on below: String, _ options: TreeEntries.Options = .init()
    ) throws -> [UInt8] {
        let entries = try TreeEntries(
            .layer(
                try LayerDirectory(layers: [path]), below: try LayerDirectory(layers: [below])),
            options)
        return try bytes(entries)
    }

    private func tree(
        _ layers: [String], _ options: TreeEntries.Options = .init()
    ) throws -> [UInt8] {
        try bytes(try TreeEntries(.tree(try LayerDirectory(layers: layers)), options))
    }

    private func bytes(_ entries: TreeEntries) throws -> [UInt8] {
        try #require(try TarStream(entries).bytes(limit: 64 << 20))
    }

    /// Entries, each as one line.
    private func list(_ tar: [UInt8]) throws -> [String] {
        let directory = try TemporaryDirectory()
        let file = try OwnedFD.open(try directory.write(tar, to: "x.tar"))
        let reader = try TarReader(FileRange(file.raw, length: Int64(tar.count)))
        var lines: [String] = []
        while let entry = try reader.next() {
            let attributes = entry.attributes.map { "\($0.name)=\($0.value)" }
            lines.append(
                "\(entry.path) \(entry.kind) \(String(entry.mode, radix: 8)) \(entry.user) "
                    + "\(entry.group) \(entry.size) \(entry.modified.seconds) \(attributes)")
        }
        withExtendedLifetime(file) {}
        return lines
    }

    private func unpacked(_ tar: [UInt8]) throws -> TemporaryDirectory {
        umask(0)
        let directory = try TemporaryDirectory()
        let file = try OwnedFD.open(try directory.write(tar, to: "layer.tar"))
        try makeDirectory("\(directory.path)/fs")
        try LayerUnpacker(root: try OwnedFD.open("\(directory.path)/fs", O_RDONLY | O_DIRECTORY))
            .unpack(try TarReader(FileRange(file.raw, length: Int64(tar.count))))
        withExtendedLifetime(file) {}
        return directory
    }

    /// What the layer `fullLayer` hides something of.
    private func lowerLayer() throws -> LayerTree {
        try LayerTree { tar in
            tar.add("etc/gone", .file, "old")
            tar.add("opaque/old", .file, "old")
        }
    }

    @Test func unpackingWhatWasWrittenGivesTheSame() throws {
        let (layer, lower) = (try fullLayer(), try lowerLayer())
        let tar = try self.layer(layer.root, on: lower.root)
        let again = try unpacked(tar)
        #expect(try self.layer("\(again.path)/fs", on: lower.root) == tar)
        let lines = try list(tar)
        #expect(lines.count == 17, "\(lines)")
        #expect(lines.contains { $0.contains("hardLink") })
        #expect(lines.contains { $0.contains("security.capability=[1, 0, 0, 2, 0, 4") })
        #expect(lines.contains { $0.contains("user.note=[0, 10, 61]") })
        #expect(tar.count % 512 == 0)
    }

    @Test func theHostsTarReadsIt() throws {
        let layer = try fullLayer()
        let tar = try tree([layer.root])
        let directory = try TemporaryDirectory()
        let path = try directory.write(tar, to: "x.tar")
        let pipe = try #require(popen("tar -tvf '\(path)' 2>&1 | wc -l", "r"))
        var line = [CChar](repeating: 0, count: 64)
        fgets(&line, 64, pipe)
        #expect(pclose(pipe) == 0)
        let count = Int(String(decoding: line.prefix { $0 != 10 }.map { UInt8($0) }, as: UTF8.self))
        // Neither what hides something nor an opaque mark is a file.
        #expect(count == 15)
    }

    @Test func mergesAsOverlayDoes() throws {
        let (upper, lower) = (try fullLayer(), try lowerLayer())
        let names = try list(try tree([upper.root, lower.root])).map { $0 }
        #expect(!names.contains { $0.contains("\(Array("etc/gone".utf8))") })
        #expect(!names.contains { $0.contains("\(Array("opaque/old".utf8))") })
        let below = try LayerTree { $0.add("etc/below", .file, "b") }
        let merged = try list(try tree([upper.root, lower.root, below.root]))
        #expect(merged.count { $0.contains("\(Array("etc/below".utf8))") } == 1)
    }

    @Test func directoriesThatOnlyLeadSomewhereNeedAReason() throws {
        let upper = try LayerTree { tar in
            for path in ["same", "used", "changed"] {
                tar.add(path, .directory, mode: path == "changed" ? 0o700 : 0o755)
            }
            tar.add("used/new", .file, "x")
        }
        let lower = try LayerTree { tar in
            for path in ["same", "used", "changed"] { tar.add(path, .directory, mode: 0o755) }
        }
        let paths = try list(try layer(upper.root, on: lower.root)).map {
            $0.split(separator: "]")[0]
        }
        #expect(paths == ["changed/", "used/", "used/new"].map { "\(Array($0.utf8))".dropLast() })
    }

    @Test func ownersAreTheContainers() throws {
        let base: UInt32 = 0x7000_0000
        let tree = try LayerTree { tar in
            func ids(_ user: UInt32, _ group: UInt32) -> [(String, [UInt8])] {
                [("uid", Array("\(user)".utf8)), ("gid", Array("\(group)".utf8))]
            }
            tar.add("own", .file, pax: ids(base, base + 65_535))
            tar.add("image", .file, user: 12, group: 13)
            tar.add("strange", .file, pax: ids(base + 65_536, base - 1))
            tar.add(
                "capable", .file,
                pax: ids(base, base) + [
                    (
                        "SCHILY.xattr.security.capability",
                        capability(version: 3, root: [0, 0, 0, 0x70])
                    )
                ])
            tar.add(
                "listed", .file,
                pax: [
                    (
                        "SCHILY.xattr.system.posix_acl_access",
                        [2, 0, 0, 0] + [1, 0, 6, 0, 255, 255, 255, 255]
                            + [2, 0, 4, 0, 7, 0, 0, 0x70] + [4, 0, 4, 0, 255, 255, 255, 255]
                            + [16, 0, 4, 0, 255, 255, 255, 255] + [32, 0, 4, 0, 255, 255, 255, 255]
                    )
                ])
        }
        var options = TreeEntries.Options()
        options.owners = OwnerShift(base: base)
        let lines = try list(try self.tree([tree.root], options))
        func line(_ name: String) -> String {
            lines.first { $0.hasPrefix("\(Array(name.utf8))") } ?? ""
        }
        #expect(line("own").contains(" 0 65535 "))
        #expect(line("image").contains(" 12 13 "))
        #expect(line("strange").contains(" 65534 65534 "))
        #expect(line("capable").contains("\(capability(version: 2))"))
        #expect(line("listed").contains("2, 0, 4, 0, 7, 0, 0, 0, "), "\(line("listed"))")
    }

    @Test func timesCanBeBounded() throws {
        let tree = try LayerTree { tar in
            tar.add("old", .file, modified: 5)
            tar.add("new", .file, modified: 5_000_000)
        }
        var options = TreeEntries.Options()
        options.latestTime = 1000
        let lines = try list(try self.tree([tree.root], options))
        #expect(lines.map { $0.hasSuffix(" 1000 []") } == [true, false])
    }

    @Test func socketsAreToldOf() throws {
        let tree = try LayerTree { $0.add("file", .file) }
        mknod("\(tree.root)/socket", S_IFSOCK | 0o600, 0)
        var told: [[UInt8]] = []
        var options = TreeEntries.Options()
        options.skipped = { told.append($0) }
        #expect(try list(try self.tree([tree.root], options)).count == 1)
        #expect(told == [Array("socket".utf8)])
    }

    @Test func changes() throws {
        let lower = try LayerTree { tar in
            tar.add("etc/kept", .file, "a")
            tar.add("etc/gone", .file, "a")
            tar.add("same/file", .file, "a")
            tar.add("hidden/old", .file, "a")
            tar.add("hidden/both", .file, "a")
            tar.add("kind", .file, "a")
        }
        let upper = try LayerTree { tar in
            tar.add("etc/kept", .file, "ab")
            tar.add("etc/.wh.gone", .file)
            tar.add("same/file", .file, "a")
            tar.add("hidden", .directory, mode: 0o755)
            tar.add("hidden/.wh..wh..opq", .file)
            tar.add("hidden/both", .file, "a")
            tar.add("hidden/new", .file, "a")
            tar.add("kind", .directory, mode: 0o755)
            tar.add("kind/in", .file)
            tar.add("top", .file)
        }
        let changes = try LayerChanges(
            of: try LayerDirectory(layers: [upper.root]),
            on: try LayerDirectory(layers: [lower.root]), owners: OwnerShift()
        ).all.map { "\($0.kind.rawValue) \(String(decoding: $0.path, as: UTF8.self))" }
        #expect(
            changes == [
                "C /etc", "D /etc/gone", "C /etc/kept", "C /hidden", "A /hidden/new",
                "D /hidden/old", "C /kind", "A /kind/in", "A /top",
            ])
    }
}
