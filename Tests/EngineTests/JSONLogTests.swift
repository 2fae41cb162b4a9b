// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux
import Testing

@testable import Engine

struct JSONLogTests: ~Copyable {
    let directory: TestDirectory
    var path: String { directory.path + "/c-json.log" }

    init() throws { directory = try TestDirectory() }

    private func writer(
        size: Int = 32 << 20, count: Int = 16, _ attributes: [(name: String, value: String)] = []
    ) throws -> JSONLogWriter {
        try JSONLogWriter(
            path: path, limits: LogLimits(segmentSize: size, segmentCount: count),
            attributes: attributes)
    }

    private func read(_ options: LogOptions = LogOptions()) throws -> LogText {
        try EngineTests.read(directory.path, options, json: path)
    }

    private func text(_ path: String? = nil) throws -> String {
        String(decoding: try contents(of: path ?? self.path), as: UTF8.self)
    }

    private static let second: UInt64 = 1_000_000_000

    @Test(arguments: [
        ("plain", "plain"), ("a\"b\\c", #"a\"b\\c"#),
        ("\t\r\u{0}\u{1f}\u{7f}", "\\u0009\\r\\u0000\\u001f\u{7f}"),
        ("<a&b>", #"\u003ca\u0026b\u003e"#), ("ä€😀", "ä€😀"),
        ("\u{2028}\u{2029}\u{202a}", "\\u2028\\u2029\u{202a}"),
    ])
    func encoded(_ text: String, is json: String) throws {
        let log = try writer()
        log.append(text + "\n", from: .stdout, at: Self.second)
        #expect(
            try self.text() == #"{"log":""# + json
                + #"\n","stream":"stdout","time":"1970-01-01T00:00:01Z"}"# + "\n")
        #expect(try read().stdout == text + "\n")
    }

    /// Each byte that belongs to no character is replaced (Go's utf8.DecodeRune).
    @Test(
        arguments: [
            ([0xFF], 1), ([0xC3], 1), ([0xC0, 0x80], 2), ([0xE2, 0x82], 2),
            ([0xED, 0xA0, 0x80], 3),
            ([0xF4, 0x90, 0x80, 0x80], 4), ([0xF0, 0x9F, 0x98], 3), ([0x80, 0xBF], 2),
        ] as [([UInt8], Int)])
    func invalid(_ bytes: [UInt8], becomes count: Int) throws {
        let log = try writer()
        log.append(bytes + "x\n".bytes, from: .stderr, at: 1)
        let replaced = String(repeating: "\\ufffd", count: count)
        #expect(
            try text() == #"{"log":""# + replaced
                + #"x\n","stream":"stderr","time":"1970-01-01T00:00:00.000000001Z"}"# + "\n")
        #expect(try read().stderr == String(repeating: "\u{FFFD}", count: count) + "x\n")
    }

    @Test func attributesStandBeforeTheTime() throws {
        let log = try writer([("a", "1"), ("tag", "x\"y")])
        log.append("t\n", from: .stdout, at: 1_500_000_000)
        #expect(
            try text() == #"{"log":"t\n","stream":"stdout","attrs":{"a":"1","tag":"x\"y"},"#
                + #""time":"1970-01-01T00:00:01.5Z"}"# + "\n")
        #expect(try read().stdout == "t\n")
    }

    /// What one read gives is no line; 16 KiB are an entry; the process's end ends a line.
    @Test(
        arguments: [
            (["a", "b\nc"], ["ab\n", "c"]), (["\n\n"], ["\n", "\n"]),
            (
                [String(repeating: "x", count: 16_383) + "\n"],
                [String(repeating: "x", count: 16_383) + "\n"]
            ),
            (
                [String(repeating: "x", count: 16_384) + "\n"],
                [String(repeating: "x", count: 16_384), "\n"]
            ),
            (
                ["y", String(repeating: "x", count: 40_000), "z\n"],
                [
                    "y" + String(repeating: "x", count: 16_383),
                    String(repeating: "x", count: 16_384),
                    String(repeating: "x", count: 7_233) + "z\n",
                ]
            ),
        ] as [([String], [String])])
    func lines(_ chunks: [String], become entries: [String]) throws {
        let log = try writer()
        for chunk in chunks { log.append(chunk, from: .stdout, at: 1) }
        log.finish()
        let written = try text().split(separator: "\n").map { line in
            String(line.dropFirst(8).prefix { $0 != "\"" }).replacing("\\n", with: "\n")
        }
        #expect(written == entries)
        #expect(try read().stdout == chunks.joined())
    }

    @Test func linesOfTwoOutputsDoNotMix() throws {
        let log = try writer()
        for (stream, text) in [(LogStream.stdout, "o1"), (.stderr, "e1\ne2"), (.stdout, " o1\n")] {
            log.append(text, from: stream, at: 1)
        }
        log.finish()
        #expect(try read() == LogText(stdout: "o1 o1\n", stderr: "e1\ne2"))
    }

    /// Whoever has written it: other orders, other escapes, unknown members, lines that are none.
    @Test func othersEntries() throws {
        let foreign = #"""
            {"time":"2026-01-02T03:04:05.6Z","stream":"stderr","log":"\u00e4\ud83d\ude00\/\b\n"}
            not an entry
            {"log":"no time\n","stream":"stdout"}
            {"log":"x","stream":"stdout","attrs":{"a":{"b":["}",1]}},"n":12,"time":"2026-01-02T03:04:05Z"}
            {"log":"torn
            """#
        try replaceFile(path, with: foreign.bytes)
        #expect(try read() == LogText(stdout: "x", stderr: "ä😀/\u{8}\n"))
        var options = LogOptions()
        options.timestamps = true
        #expect(try read(options).stdout == "2026-01-02T03:04:05.000000000Z x")
    }

    @Test func aTornEntryIsCutOff() throws {
        let first = try writer()
        first.append("kept\n", from: .stdout, at: 1)
        let kept = try contents(of: path)
        first.append("torn\n", from: .stdout, at: 1)
        let whole = try contents(of: path)
        for size in kept.count..<whole.count {
            try replaceFile(path, with: Array(whole[..<size]))
            #expect(try read().stdout == "kept\n")
            let next = try writer()
            next.append("new\n", from: .stdout, at: 1)
            #expect(try read().stdout == "kept\nnew\n")
        }
    }

    @Test(arguments: [
        (1, ["8\n9\n"]), (2, ["8\n9\n", "6\n7\n"]), (3, ["8\n9\n", "6\n7\n", "4\n5\n"]),
    ])
    func rotation(keeping count: Int, leaves texts: [String]) throws {
        let log = try writer(size: 100, count: count)  // an entry has some 70 bytes
        for number in 0...9 { log.append("\(number)\n", from: .stdout, at: 1) }
        #expect(try JSONLogFiles.numbers(of: path) == Array(1..<count))
        #expect(try read().stdout == texts.reversed().joined())
        for tail in 0...(2 * count) {
            var options = LogOptions()
            options.tail = tail
            let expected = (0...9).suffix(tail).map { "\($0)\n" }.joined()
            #expect(try read(options).stdout == expected, "tail \(tail)")
        }
    }

    /// A follower sees each line once, however often the files are renamed under it.
    @Test func followingThroughRotation() throws {
        let (path, directory) = (self.path, self.directory.path)
        let log = try writer(size: 5000, count: 500)
        let pair = try DescriptorPair.pipe()
        let end = pair.first.raw
        let output = try OwnedFD.open(directory + "/out", O_RDWR | O_CREAT, mode: 0o600)
        let raw = output.raw
        let follower = TestThread {
            var options = LogOptions()
            options.follow = true
            try? LogReader(json: path, in: directory, options: options)
                .copy(stdout: raw, stderr: raw, end: end)
        }
        var expected = ""
        for number in 0..<5000 {
            log.append("\(number)\n", from: .stdout, at: 1)
            expected += "\(number)\n"
        }
        _ = pair.takeFirst()
        follower.join()
        #expect(try text(directory + "/out") == expected)
    }

    @Test func clearedLogsGoOn() throws {
        let log = try writer(size: 200, count: 5)
        for number in 0...9 { log.append("\(number)\n", from: .stdout, at: 1) }
        try JSONLogFiles.clear(path)
        #expect(try read().stdout == "")
        log.append("new\n", from: .stdout, at: 1)
        #expect(try read().stdout == "new\n")
        truncate(path, 0)  // as scripts do
        log.append("newer\n", from: .stdout, at: 1)
        #expect(try read().stdout == "newer\n")
    }

    @Test(arguments: [
        0 as UInt64, 1, 951_782_399_123_456_789, 951_782_400_000_000_000, 1_763_942_400_500_000_000,
        4_107_542_400_000_000_000,
    ])
    func timesComeBack(_ time: UInt64) {
        for text in [LogTimestamp.text(time), LogTimestamp.trimmed(time)] {
            #expect(text.withUnsafeBytes { LogTimestamp.nanoseconds($0) } == time)
        }
    }
}

extension JSONLogWriter {
    fileprivate func append(_ text: String, from stream: LogStream, at time: UInt64) {
        append(text.bytes, from: stream, at: time)
    }

    fileprivate func append(_ bytes: [UInt8], from stream: LogStream, at time: UInt64) {
        var record = [UInt8](repeating: 0, count: LogRecord.headerSize) + bytes
        record += [UInt8](repeating: 0, count: LogRecord.trailerSize)
        record.withUnsafeMutableBytes { _ = append($0, from: stream, at: time) }
    }
}
