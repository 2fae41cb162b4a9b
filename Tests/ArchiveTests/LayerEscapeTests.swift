// SPDX-License-Identifier: Apache-2.0

import Archive
import ArchiveFixtures
import Glibc
import Linux
import Testing

/// Whatever names and links say, nothing outside the directory is touched.
@Suite(.enabled(if: isRoot, "owners and devices need root"))
struct LayerEscapeTests {
    @Test(arguments: [
        "../outside/new", "../../outside/new", "a/../../outside/new", "./../x", "..", "/..",
        "a/../..", "../fs/../outside/file", "../outside/.wh.file", "../outside/.wh..wh..opq",
    ])
    func refusesNamesThatLeave(_ path: String) throws {
        #expect(throws: ArchiveError.self) { _ = try LayerTree { $0.add(path, .file, "x") } }
        #expect(throws: ArchiveError.self) {
            _ = try LayerTree {
                $0.add("mine", .file)
                $0.add("link", .hardLink, link: path)
            }
        }
    }

    @Test(arguments: ["/abs/file", "//abs//file", "./abs/./file", "x/../abs/file"])
    func keepsNamesInside(_ path: String) throws {
        let tree = try LayerTree { $0.add(path, .file, "x") }
        #expect(try tree.text("abs/file") == "x")
        #expect(try tree.outsideIsUntouched)
    }

    /// Links on the way lead where they would in a chroot.
    @Test(arguments: ["/outside", "../outside", "../../../../outside", "/../outside"])
    func resolvesParentLinksInside(_ target: String) throws {
        let tree = try LayerTree {
            $0.add("outside/", .directory)
            $0.add("d/", .directory)
            $0.add("d/link", .symlink, link: target)
            $0.add("d/link/file", .file, "inside")
            $0.add("d/link/hard", .hardLink, link: "d/link/file")
            $0.add("d/link/dir/deep", .file, "deep")
            $0.add("d/link/.wh.gone", .file)
        }
        #expect(try tree.text("outside/file") == "inside")
        #expect(try tree.text("outside/hard") == "inside")
        #expect(try tree.text("outside/dir/deep") == "deep")
        #expect(try tree.isWhiteout("outside/gone"))
        #expect(try tree.outsideIsUntouched)
    }

    /// A link whose target is not in this layer leads nowhere: no parent is made through it.
    @Test(arguments: ["/outside", "../outside"])
    func refusesParentsThatLeadNowhere(_ target: String) throws {
        #expect(throws: ArchiveError.self) {
            _ = try LayerTree {
                $0.add("link", .symlink, link: target)
                $0.add("link/file", .file, "x")
            }
        }
    }

    @Test func replacesLinksInsteadOfFollowing() throws {
        let tree = try LayerTree {
            for path in ["a", "b/", "c", "e"] {
                $0.add(path.filter { $0 != "/" }, .symlink, link: "../outside/file")
            }
            $0.add("a", .file, "mine", mode: 0o600)
            $0.add("b/", .directory, mode: 0o700)
            $0.add("c", .fifo)
            $0.add("e", .symlink, link: "elsewhere")
        }
        #expect(try tree.text("a") == "mine")
        #expect(try tree.type("b") == S_IFDIR)
        #expect(try tree.type("c") == S_IFIFO)
        #expect(try tree.link("e") == "elsewhere")
        #expect(try tree.outsideIsUntouched)
    }

    /// A hard link to a symbolic link is a name for the link, not for its target.
    @Test func linksAreNotFollowedByHardLinks() throws {
        let tree = try LayerTree {
            $0.add("soft", .symlink, link: "../outside/file")
            $0.add("hard", .hardLink, link: "soft")
            $0.add("hard", .file, "mine")
        }
        #expect(try tree.type("soft") == S_IFLNK)
        #expect(try tree.text("hard") == "mine")
        #expect(try tree.outsideIsUntouched)
    }

    @Test func refusesHardLinksToNothing() throws {
        let error = #expect(throws: ArchiveError.self) {
            _ = try LayerTree { $0.add("link", .hardLink, link: "/outside/file") }
        }
        #expect("\(error.map(String.init(describing:)) ?? "")".contains("hard link to missing"))
    }

    @Test func directoryTimesFollowNoLink() throws {
        let tree = try LayerTree {
            $0.add("d/", .directory, mode: 0o700, modified: 5)
            $0.add("d", .symlink, link: "../outside")
        }
        #expect(try tree.outsideIsUntouched)
        var status = stat()
        #expect(stat("\(tree.directory.path)/outside", &status) == 0)
        #expect(status.st_mtim.tv_sec != 5)
    }

    @Test func namesInMessagesAreEscaped() throws {
        let error = #expect(throws: ArchiveError.self) {
            _ = try LayerTree { $0.add("../\u{1B}[2J\n", .file) }
        }
        let text = error.map(String.init(describing:)) ?? ""
        #expect(text.contains(#"\x1b[2J\x0a"#) && !text.contains("\u{1B}"))
    }

    @Test func truncated() throws {
        #expect(throws: ArchiveError.self) {
            _ = try LayerTree { $0.add("file", .file, "short", size: 1_000_000) }
        }
    }

    /// Every directory costs a bounded number of descriptors, made and removed.
    @Test func deepTrees() throws {
        let tree = try LayerTree { tar in
            let deep = Array(repeating: "d", count: 1000).joined(separator: "/")
            tar.add("cut", .file, "x", pax: [("path", Array("\(deep)/file".utf8))])
            tar.add(
                "cut", .symlink, link: deep,
                pax: [("path", Array("l".utf8)), ("linkpath", Array(deep.utf8))])
            tar.add("cut", .file, "x", pax: [("path", Array("l/\(deep)/file".utf8))])
        }
        let root = try OwnedFD.open(tree.root, O_RDONLY | O_DIRECTORY)
        for name in try entryNames(of: root.raw) { try removeTree(name, in: root.raw) }
        #expect(try entryNames(of: root.raw).isEmpty)
    }
}
