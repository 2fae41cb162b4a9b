// SPDX-License-Identifier: Apache-2.0

import Archive
import ArchiveFixtures
import Glibc
import Linux
import Testing

/// What is written is what is read, by our reader and by another program.
struct TarOutputTests {
    private static let long = Array(String(repeating: "long/", count: 60).utf8)

    private static var entries: [TarEntry] {
        [
            TarEntry(path: Array("dir/".utf8), kind: .directory, mode: 0o1777),
            TarEntry(
                path: Array("dir/file".utf8), kind: .file, mode: 0o4755, user: 1000, group: 50,
                size: 5, modified: (1_700_000_000, 123_456_789)),
            TarEntry(path: long + Array("name".utf8), kind: .file, size: 0),
            TarEntry(path: Array("näme".utf8), kind: .file, size: 0),
            TarEntry(path: Array("link".utf8), kind: .symlink(long)),
            TarEntry(path: Array("hard".utf8), kind: .hardLink(Array("dir/file".utf8))),
            TarEntry(path: Array("old".utf8), kind: .fifo, modified: (-2, 0)),
            TarEntry(path: Array("null".utf8), kind: .characterDevice(major: 1, minor: 3)),
            TarEntry(path: Array("owner".utf8), kind: .file, user: 4_000_000_000, size: 0),
            TarEntry(
                path: Array("attributes".utf8), kind: .file, size: 0,
                attributes: [("user.some", [0, 1, 0x0A, 0xFF]), ("user.none", [])]),
        ]
    }

    private func archive() throws -> [UInt8] {
        let bytes = Collected()
        let tar = TarOutput { piece throws(Errno) in bytes.all += Array(piece) }
        for entry in Self.entries {
            try tar.add(entry)
            if entry.size > 0 {
                try Array("hello".utf8).withUnsafeBytes { piece in try tar.write(piece) }
            }
        }
        try tar.finish()
        return bytes.all
    }

    private final class Collected { var all: [UInt8] = [] }

    @Test func isReadAgain() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(try archive(), to: "archive.tar")
        let file = try OwnedFD.open(path)
        let reader = try TarReader(FileStream(file.raw))
        for expected in Self.entries {
            let entry = try #require(try reader.next())
            #expect(entry.path == expected.path)
            #expect(entry.kind == expected.kind)
            #expect(entry.mode == expected.mode)
            #expect(entry.user == expected.user && entry.group == expected.group)
            #expect(entry.size == expected.size)
            #expect(
                entry.modified == expected.modified,
                "\(String(decoding: entry.path, as: UTF8.self))")
            let attributes = Dictionary(
                uniqueKeysWithValues: expected.attributes.map { ($0.name, $0.value) })
            #expect(
                Dictionary(uniqueKeysWithValues: entry.attributes.map { ($0.name, $0.value) })
                    == attributes)
        }
        #expect(try reader.next() == nil)
        withExtendedLifetime(file) {}
    }

    @Test(.enabled(if: exists("/usr/bin/tar"), "tar is not installed"))
    func isReadByTar() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(try archive(), to: "archive.tar")
        var pid: pid_t = 0
        var words: [UnsafeMutablePointer<CChar>?] =
            (["/usr/bin/tar", "-tf", path] as [String]).map { strdup($0) } + [nil]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        #expect(posix_spawn(&pid, "/usr/bin/tar", &actions, nil, &words, environ) == 0)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        #expect(status == 0)
        words.forEach { free($0) }
    }

    @Test func refusesContentThatDoesNotFit() throws {
        let tar = TarOutput { _ throws(Errno) in }
        try tar.add(TarEntry(path: Array("a".utf8), kind: .file, size: 2))
        #expect(throws: ArchiveError.self) {
            try [1, 2, 3].withUnsafeBytes { piece in try tar.write(piece) }
        }
        #expect(throws: ArchiveError.self) { try tar.finish() }
    }
}
