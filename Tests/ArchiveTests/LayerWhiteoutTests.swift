// SPDX-License-Identifier: Apache-2.0

import Archive
import ArchiveFixtures
import Glibc
import Testing

@Suite(.enabled(if: isRoot, "overlay's attributes need root"))
struct LayerWhiteoutTests {
    @Test func fileAndOpaque() throws {
        let tree = try LayerTree {
            $0.add("etc/.wh.gone")
            $0.add("var/", .directory)
            $0.add("var/.wh..wh..opq")
            $0.add("new/.wh..wh..opq")
            $0.add(".wh..wh.plnk/", .directory)
            $0.add(".wh..wh.aufs")
        }
        #expect(try tree.isWhiteout("etc/gone") && !tree.exists("etc/.wh.gone"))
        #expect(try tree.isOpaque("var") && tree.isOpaque("new") && !tree.isOpaque("etc"))
        #expect(!tree.exists(".wh..wh.plnk") && !tree.exists(".wh..wh.aufs"))
    }

    /// A name can be hidden below and be there in this layer, in either order.
    @Test(arguments: [true, false])
    func hiddenAndMadeAgain(_ whiteoutFirst: Bool) throws {
        let tree = try LayerTree { tar in
            if whiteoutFirst {
                for name in ["file", "dir", "implicit"] { tar.add(".wh.\(name)") }
            }
            tar.add("file", .file, "mine")
            tar.add("dir/", .directory, mode: 0o700)
            tar.add("dir/file", .file, "inside")
            tar.add("implicit/file", .file, "inside")
            if !whiteoutFirst {
                for name in ["file", "dir", "implicit"] { tar.add(".wh.\(name)") }
            }
        }
        #expect(try tree.text("file") == "mine")
        #expect(try tree.text("dir/file") == "inside" && tree.isOpaque("dir"))
        #expect(try tree.mode("dir") == 0o700)
        #expect(try tree.text("implicit/file") == "inside" && tree.isOpaque("implicit"))
    }

    @Test(arguments: [".wh.", ".wh..", ".wh...", "dir/.wh..."])
    func refuses(_ name: String) {
        #expect(throws: ArchiveError.self) { _ = try LayerTree { $0.add(name) } }
    }
}
