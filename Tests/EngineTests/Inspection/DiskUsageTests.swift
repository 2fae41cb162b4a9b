// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux
import Testing

@testable import Engine

struct DiskUsageTests {
    @Test func countsFilesOnce() throws {
        let fixture = try RecordFixture()
        let root = fixture.engine.location.root
        try makeDirectories("\(root)/a/b")
        try replaceFile("\(root)/a/one", with: [UInt8](repeating: 1, count: 100))
        try replaceFile("\(root)/a/b/two", with: [UInt8](repeating: 1, count: 11))
        #expect(link("\(root)/a/one", "\(root)/a/b/same") == 0)
        // A link out of the tree counts as itself: four bytes of text.
        #expect(symlink("/etc", "\(root)/a/b/etc") == 0)
        #expect(diskUsage(of: "\(root)/a") == 115)
    }

    @Test func nothingThere() { #expect(diskUsage(of: "/nonexistent") == 0) }

    /// Deeper than it looks, without an error.
    @Test func deepTree() throws {
        let fixture = try RecordFixture()
        let deep = fixture.engine.location.root + String(repeating: "/d", count: 300)
        try makeDirectories(deep)
        try replaceFile("\(deep)/file", with: [1, 2, 3])
        #expect(diskUsage(of: fixture.engine.location.root) == 0)
    }
}
