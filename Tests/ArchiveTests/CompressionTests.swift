// SPDX-License-Identifier: Apache-2.0

import Archive
import ArchiveFixtures
import Linux
import OCI
import Testing

struct CompressionTests {
    static let all: [Compression] = [.none, .gzip, .zstd, .xz, .bzip2]

    private func source(_ bytes: [UInt8], in directory: TemporaryDirectory) throws -> FileStream {
        FileStream(try OwnedFD.open(try directory.write(bytes, to: "file")).release())
    }

    @Test(arguments: all)
    func roundTrip(_ compression: Compression) throws {
        var tar = TarBuilder()
        tar.add("file", .file, String(repeating: "content ", count: 50_000))
        let plain = tar.finished()
        let packed = compressed(plain, compression)
        #expect(Compression(detecting: packed.prefix(512)) == compression)
        let directory = try TemporaryDirectory()
        let digesting = DigestingSource(
            try DecompressedSource(try source(packed, in: directory), compression))
        #expect(try digesting.bytes(limit: .max) == plain)
        #expect(digesting.finish() == Digest(of: plain))
        #expect(digesting.count == Int64(plain.count))
    }

    @Test(arguments: all.dropFirst())
    func truncated(_ compression: Compression) throws {
        let packed = compressed(Array("some text to pack, not too short".utf8), compression)
        let directory = try TemporaryDirectory()
        #expect(throws: ArchiveError.self) {
            try DecompressedSource(
                try source(packed.dropLast(packed.count / 2), in: directory), compression
            ).drain()
        }
    }

    @Test(
        arguments: [
            [0x04, 0x22, 0x4D, 0x18], [0x5D, 0, 0, 0x80], [0x1F, 0x9D], Array("PK\u{3}\u{4}".utf8),
            Array("hello".utf8), [UInt8](repeating: 0x41, count: 512),
            [UInt8](repeating: 0, count: 100),
        ] as [[UInt8]])
    func unknown(_ first: [UInt8]) {
        #expect(Compression(detecting: first) == nil)
    }

    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ])
    func sha256(_ text: String, _ hex: String) {
        #expect(Digest(of: Array(text.utf8)).hex == hex)
    }
}
