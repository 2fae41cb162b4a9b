// SPDX-License-Identifier: Apache-2.0

import Archive
import ArchiveFixtures
import Glibc
import Linux
import Testing

@Suite(.enabled(if: isRoot, "owners and devices need root"))
struct LayerUnpackerTests {
    @Test func kinds() throws {
        let tree = try LayerTree {
            $0.add("d/", .directory, mode: 0o750, user: 3, group: 4)
            $0.add("d/file", .file, "hello", mode: 0o640, user: 5, group: 6)
            $0.add("d/hard", .hardLink, link: "d/file")
            $0.add("d/soft", .symlink, link: "/etc/passwd", user: 7)
            $0.add("d/null", .characterDevice, mode: 0o666, device: (1, 3))
            $0.add("d/disk", .blockDevice, mode: 0o660, group: 6, device: (7, 9))
            $0.add("d/fifo", .fifo, mode: 0o622)
        }
        #expect(try tree.type("d") == S_IFDIR && tree.mode("d") == 0o750)
        #expect(try tree.status("d").st_uid == 3 && tree.status("d").st_gid == 4)
        #expect(try tree.text("d/file") == "hello")
        #expect(try tree.status("d/file").st_uid == 5 && tree.status("d/file").st_gid == 6)
        #expect(try tree.mode("d/file") == 0o640)
        #expect(try tree.status("d/file").st_ino == tree.status("d/hard").st_ino)
        #expect(try tree.link("d/soft") == "/etc/passwd" && tree.status("d/soft").st_uid == 7)
        #expect(try tree.type("d/null") == S_IFCHR && tree.status("d/null").st_rdev == 0x103)
        #expect(try tree.type("d/disk") == S_IFBLK && tree.status("d/disk").st_rdev == 0x709)
        #expect(try tree.type("d/fifo") == S_IFIFO && tree.mode("d/fifo") == 0o622)
    }

    @Test(arguments: [0o000, 0o644, 0o777, 0o4755, 0o2755, 0o1777, 0o6711])
    func modes(_ mode: Int) throws {
        let tree = try LayerTree {
            $0.add("file", mode: mode)
            $0.add("owned", mode: mode, user: 9)
            $0.add("dir/", .directory, mode: mode)
            $0.add("dir/inside", mode: 0o600)
        }
        for path in ["file", "owned", "dir"] { #expect(try tree.mode(path) == mode_t(mode)) }
        #expect(try tree.status("dir/inside").st_gid == 0)
    }

    @Test func groupIsNotInherited() throws {
        let tree = try LayerTree {
            $0.add("d/x", .file, "implicit parent")
            $0.add("d/", .directory, mode: 0o2775, group: 50)
            $0.add("d/file")
            $0.add("d/sub/file")
            $0.add("d/link", .symlink, link: "file")
        }
        for path in ["d/file", "d/sub", "d/sub/file", "d/link"] {
            #expect(try tree.status(path).st_gid == 0)
        }
    }

    @Test func times() throws {
        let tree = try LayerTree {
            $0.add("d/", .directory, modified: 1000)
            $0.add("d/file", modified: 2000, pax: [("mtime", Array("2000.123456789".utf8))])
            $0.add("d/link", .symlink, link: "x", modified: 3000)
            $0.add("./", .directory, modified: 4000)
            $0.add("last")
        }
        #expect(try tree.status("d").st_mtim.tv_sec == 1000)
        #expect(try tree.status("d/file").st_mtim.tv_nsec == 123_456_789)
        #expect(try tree.status("d/link").st_mtim.tv_sec == 3000)
        #expect(try tree.status(".").st_mtim.tv_sec == 4000)
    }

    @Test func implicitParents() throws {
        let tree = try LayerTree { $0.add("a/b/c/file", mode: 0o600, user: 5) }
        for path in ["a", "a/b", "a/b/c"] {
            #expect(try tree.mode(path) == 0o755 && tree.status(path).st_uid == 0)
        }
    }

    @Test func longNames() throws {
        let long = String(repeating: "n", count: 250)
        let path = String(repeating: "directory/", count: 30) + long
        let tree = try LayerTree {
            $0.add("short", .file, "pax", pax: [("path", Array(path.utf8))])
            $0.add("././@LongLink", .gnuLongName, "gnu/\(long)\u{0}")
            $0.add("gnu", .file, "gnu")
            $0.add("././@LongLink", .gnuLongLink, "\(long)/target\u{0}")
            $0.add("link", .symlink, link: "cut")
        }
        #expect(try tree.text(path) == "pax")
        #expect(try tree.text("gnu/\(long)") == "gnu")
        #expect(try tree.link("link") == "\(long)/target")
    }

    @Test func namesNeedNotBeText() throws {
        let tree = try LayerTree {
            $0.add([0x64, 0xFF, 0xFE], .file, Array("raw".utf8))
            $0.add("cut", .file, "pax", pax: [("path", Array("grüße/日本".utf8))])
        }
        let root = try OwnedFD.open(tree.root, O_RDONLY | O_DIRECTORY)
        let names = try entryNames(of: root.raw).map(\.bytes)
        #expect(names.contains([0x64, 0xFF, 0xFE]))
        #expect(try tree.text("grüße/日本") == "pax")
    }

    @Test func bigNumbers() throws {
        let tree = try LayerTree {
            $0.add(
                "file", pax: [("uid", Array("3000000000".utf8)), ("gid", Array("4294967294".utf8))])
        }
        #expect(try tree.status("file").st_uid == 3_000_000_000)
        #expect(try tree.status("file").st_gid == 4_294_967_294)
    }

    @Test func sparse() throws {
        let map = "1\n1048576\n4\n"
        let content = Array(map.utf8) + [UInt8](repeating: 0, count: 512 - map.utf8.count)
        let tree = try LayerTree {
            $0.add(
                Array("GNUSparseFile/file".utf8), .file, content + Array("data".utf8),
                pax: [
                    ("GNU.sparse.major", Array("1".utf8)), ("GNU.sparse.minor", Array("0".utf8)),
                    ("GNU.sparse.name", Array("file".utf8)),
                    ("GNU.sparse.realsize", Array("2097152".utf8)),
                ])
        }
        let status = try tree.status("file")
        #expect(status.st_size == 2_097_152 && status.st_blocks < 64)
        let bytes = try contents(of: "\(tree.root)/file")
        #expect(bytes[1_048_576..<1_048_580] == Array("data".utf8)[...])
        #expect(bytes.prefix(1_048_576).allSatisfy { $0 == 0 })
    }

    @Test func extendedAttributes() throws {
        // CAP_NET_RAW, permitted and effective, as setcap(8) writes it.
        let capability: [UInt8] = [1, 0, 0, 2, 0, 0x20, 0, 0] + [UInt8](repeating: 0, count: 12)
        let tree = try LayerTree {
            $0.add(
                "ping", mode: 0o4755, user: 4,
                pax: [
                    ("SCHILY.xattr.security.capability", capability),
                    ("SCHILY.xattr.user.note", Array("hi".utf8)),
                    ("SCHILY.xattr.trusted.overlay.redirect", Array("/etc".utf8)),
                    ("SCHILY.xattr.trusted.other", Array("x".utf8)),
                    ("SCHILY.xattr.user.overlay.opaque", Array("y".utf8)),
                ])
            $0.add(
                "dir/", .directory,
                pax: [
                    ("SCHILY.xattr.trusted.overlay.opaque", Array("y".utf8)),
                    ("SCHILY.xattr.user.note", Array("dir".utf8)),
                ])
        }
        #expect(try tree.attribute("security.capability", of: "ping") == capability)
        #expect(try tree.mode("ping") == 0o4755)
        #expect(try tree.attribute("user.note", of: "ping") == Array("hi".utf8))
        #expect(try tree.attribute("user.note", of: "dir") == Array("dir".utf8))
        for name in ["trusted.overlay.redirect", "trusted.other", "user.overlay.opaque"] {
            #expect(try tree.attribute(name, of: "ping") == nil)
        }
        #expect(try !tree.isOpaque("dir"))
    }

    @Test func laterEntriesWin() throws {
        let tree = try LayerTree {
            $0.add("file", .file, "a long first version")
            $0.add("file", .file, "second", mode: 0o600)
            $0.add("dir/", .directory, mode: 0o700)
            $0.add("dir/kept")
            $0.add("dir/", .directory, mode: 0o711)
            $0.add("tree/a/b/c")
            $0.add("tree", .file, "now a file")
            $0.add("swap", .file)
            $0.add("swap/", .directory)
            $0.add("swap/inside")
            $0.add("self", .file, "self")
            $0.add("self", .hardLink, link: "./self")
        }
        #expect(try tree.text("file") == "second" && tree.mode("file") == 0o600)
        #expect(tree.exists("dir/kept"))
        #expect(try tree.mode("dir") == 0o711)
        #expect(try tree.text("tree") == "now a file")
        #expect(tree.exists("swap/inside"))
        #expect(try tree.text("self") == "self")
    }

    @Test func replacedDirectoryIsNotWrittenTo() throws {
        let tree = try LayerTree {
            $0.add("other/", .directory)
            $0.add("d/a")
            $0.add("d", .symlink, link: "other")
            $0.add("d/b")
        }
        #expect(try tree.link("d") == "other")
        #expect(tree.exists("other/b") && !tree.exists("other/a"))
    }

    @Test func empty() throws {
        let tree = try LayerTree { _ in }
        #expect(try names(in: tree.root).isEmpty)
    }
}
