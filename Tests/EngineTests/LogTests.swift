// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux
import Testing

@testable import Engine

struct LogTests: ~Copyable {
    let directory: TestDirectory

    init() throws { directory = try TestDirectory() }

    private func write(
        _ chunks: [(LogStream, String)], limits: LogLimits = LogLimits()
    ) throws {
        let writer = try LogWriter(directory: directory.path, limits: limits)
        for (index, (stream, text)) in chunks.enumerated() {
            let position = writer.append(
                text.bytes, from: stream, at: UInt64(index + 1) * 1_000_000_000)
            #expect(position != nil)
        }
    }

    @Test func bothOutputsComeBackApart() throws {
        try write([(.stdout, "one\ntw"), (.stderr, "bad\n"), (.stdout, "o\nlast")])
        #expect(try read(directory.path) == LogText(stdout: "one\ntwo\nlast", stderr: "bad\n"))
    }

    @Test func aSecondWriterContinues() throws {
        try write([(.stdout, "first\n")])
        try write([(.stdout, "second\n")])
        #expect(try read(directory.path).stdout == "first\nsecond\n")
    }

    /// Whatever part of the last record a kill left, readers pass over it and the next writer cuts
    /// it off.
    @Test func aTornTailIsDropped() throws {
        try write([(.stdout, "kept\n"), (.stdout, "torn\n")])
        let path = LogSegments.path(of: 1, in: directory.path)
        let whole = try contents(of: path)
        let kept = LogRecord.overhead + 5
        for size in kept..<whole.count {
            try replaceFile(path, with: Array(whole[..<size]))
            #expect(try read(directory.path).stdout == "kept\n", "cut at \(size)")
            var options = LogOptions()
            options.tail = 1
            #expect(try read(directory.path, options).stdout == "kept\n", "cut at \(size)")
            try write([(.stdout, "new\n")])
            #expect(try read(directory.path).stdout == "kept\nnew\n", "cut at \(size)")
        }
    }

    @Test func garbageAfterTheEndIsNotOutput() throws {
        try write([(.stdout, "kept\n")])
        let path = LogSegments.path(of: 1, in: directory.path)
        let whole = try contents(of: path)
        try replaceFile(path, with: whole + [UInt8](repeating: 0, count: 4096))
        #expect(try read(directory.path).stdout == "kept\n")
    }

    @Test(arguments: [
        (0, "", ""), (1, "", "e2"), (2, "c\n", "e2"), (3, "c\n", "e1\ne2"), (4, "b\nc\n", "e1\ne2"),
        (5, "a\nb\nc\n", "e1\ne2"), (99, "a\nb\nc\n", "e1\ne2"),
    ])
    func tail(_ count: Int, gives stdout: String, and stderr: String) throws {
        try write([
            (.stdout, "a\nb"), (.stderr, "e"), (.stdout, "\n"), (.stderr, "1\n"), (.stdout, "c"),
            (.stdout, "\n"), (.stderr, "e2"),
        ])
        var options = LogOptions()
        options.tail = count
        #expect(try read(directory.path, options) == LogText(stdout: stdout, stderr: stderr))
    }

    @Test func tailAcrossSegments() throws {
        let lines = (1...500).map { "line \($0)\n" }
        try write(
            lines.map { (.stdout, $0) }, limits: LogLimits(segmentSize: 400, segmentCount: 1000))
        for count in [1, 7, 8, 9, 100, 499, 500, 501] {
            var options = LogOptions()
            options.tail = count
            #expect(try read(directory.path, options).stdout == lines.suffix(count).joined())
        }
    }

    @Test func timestampsBelongToLines() throws {
        try write([(.stdout, "a\nb"), (.stdout, "b\nc\n")])
        var options = LogOptions()
        options.timestamps = true
        options.details = "k=v"
        let (one, two) = (
            "1970-01-01T00:00:01.000000000Z k=v ", "1970-01-01T00:00:02.000000000Z k=v "
        )
        #expect(try read(directory.path, options).stdout == "\(one)a\n\(one)bb\n\(two)c\n")
    }

    @Test(arguments: [
        (0 as UInt64, "1970-01-01T00:00:00.000000000Z"),
        (951_782_399_123_456_789, "2000-02-28T23:59:59.123456789Z"),
        (951_782_400_000_000_000, "2000-02-29T00:00:00.000000000Z"),
        (1_763_942_400_000_000_001, "2025-11-24T00:00:00.000000001Z"),
        (4_107_542_399_000_000_000, "2100-02-28T23:59:59.000000000Z"),
        (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000000000Z"),
    ])
    func timestamp(_ time: UInt64, is text: String) {
        #expect(String(decoding: LogTimestamp.text(time), as: UTF8.self) == text)
    }

    @Test(
        arguments: [
            (nil, nil, "a\nbb\nc\nd\n"), (2, nil, "c\nd\n"), (nil, 1, "a\nbb\n"), (2, 2, "c\n"),
            (9, nil, ""), (3, 3, "d\n"),
        ] as [(UInt64?, UInt64?, String)])
    func since(_ since: UInt64?, until: UInt64?, gives text: String) throws {
        for size in [32 << 20, 1] {  // one segment; one segment for each chunk
            let directory = try TestDirectory()
            let writer = try LogWriter(
                directory: directory.path, limits: LogLimits(segmentSize: size))
            for (index, text) in ["a\nb", "b\nc\n", "d\n"].enumerated() {
                _ = writer.append(
                    text.bytes, from: .stdout, at: UInt64(index + 1) * 1_000_000_000)
            }
            var options = LogOptions()
            options.since = since.map { $0 * 1_000_000_000 }
            options.until = until.map { $0 * 1_000_000_000 }
            #expect(try read(directory.path, options).stdout == text)
        }
    }

    @Test(
        arguments: [
            ("10m", "3", 10 << 20, 3), ("1K", nil, 1024, 16), ("2gb", nil, 2 << 30, 16),
            ("512", "1", 512, 1), (nil, nil, 32 << 20, 16),
        ] as [(String?, String?, Int, Int)])
    func limits(_ maxSize: String?, _ maxFile: String?, are size: Int, and count: Int) throws {
        #expect(
            try LogLimits(maxSize: maxSize, maxFile: maxFile)
                == LogLimits(segmentSize: size, segmentCount: count))
    }

    @Test(
        arguments: [("x", nil), ("-1", nil), ("0", nil), ("9999999999g", nil), (nil, "0")]
            as [(String?, String?)])
    func notLimits(_ maxSize: String?, _ maxFile: String?) {
        #expect(throws: LogLimitsError.self) {
            try LogLimits(maxSize: maxSize, maxFile: maxFile)
        }
    }

    @Test func aLogThatNeverBeganIsEmpty() throws {
        #expect(try read(directory.path + "/none") == LogText())
    }

    @Test func rotationKeepsTheNewestSegments() throws {
        try write(
            (1...100).map { (.stdout, "line \($0)\n") },
            limits: LogLimits(segmentSize: 200, segmentCount: 3))
        #expect(try LogSegments.numbers(in: directory.path).count == 3)
        let text = try read(directory.path).stdout
        #expect(text.hasSuffix("line 99\nline 100\n"))
        #expect(text.utf8.count <= 600)
    }

    @Test func followersSurviveRotation() throws {
        let path = directory.path
        let pipe = try DescriptorPair.pipe()
        let (from, to) = (pipe.first.raw, pipe.second.raw)
        let end = try DescriptorPair.pipe()
        let (endReader, endWriter) = (end.first.raw, end.second.raw)
        let writer = try LogWriter(
            directory: path, limits: LogLimits(segmentSize: 4000, segmentCount: 1000))
        let follower = TestThread {
            var options = LogOptions()
            options.follow = true
            try? LogReader(directory: path, options: options).copy(
                stdout: to, stderr: to, end: endReader)
            close(to)
        }
        var received: [UInt8] = []
        let collector = TestThread { received = (try? Linux.readAll(from: from)) ?? [] }
        var expected = ""
        for number in 1...2000 {
            expected += "line \(number)\n"
            _ = writer.append("line \(number)\n".bytes, from: .stdout)
            if number % 100 == 0 { usleep(1000) }
        }
        try Linux.writeAll([1], to: endWriter)
        follower.join()
        collector.join()
        #expect(String(decoding: received, as: UTF8.self) == expected)
        _ = (consume pipe).second.release()  // the follower has closed it
    }

    @Test func aMillionShortLines() throws {
        let writer = try LogWriter(
            directory: directory.path, limits: LogLimits(segmentSize: 1 << 20, segmentCount: 100))
        let chunk = String(repeating: "y\n", count: 10_000).bytes
        for _ in 0..<100 { _ = writer.append(chunk, from: .stdout) }
        #expect(try read(directory.path).stdout.utf8.count == 2_000_000)
        var options = LogOptions()
        options.tail = 12_345
        #expect(try read(directory.path, options).stdout.utf8.count == 24_690)
    }

    /// The kernel takes a part of the record and refuses the rest.
    @Test func aDiskThatIsFullCostsOnlyLog() throws {
        guard geteuid() == 0, mount("none", directory.path, "tmpfs", 0, "size=64k") == 0 else {
            return
        }
        defer { umount2(directory.path, 2) }
        let filler = directory.path + "/filler"
        let writer = try LogWriter(directory: directory.path + "/logs")
        _ = writer.append("kept\n".bytes, from: .stdout)
        try replaceFile(filler, with: [UInt8](repeating: 0, count: 48 << 10))
        let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: 40_000)
        #expect(writer.append(chunk, from: .stdout) == nil)
        #expect(writer.dropped == 40_000)
        try removeFile(filler)
        _ = writer.append("again\n".bytes, from: .stdout)
        #expect(
            try read(directory.path + "/logs")
                == LogText(
                    stdout: "kept\nagain\n",
                    stderr: "swocker: 40000 bytes of output could not be logged\n"))
    }
}

extension LogTests {
    @Test func clearedLogsGoOn() throws {
        let path = directory.path
        let writer = try LogWriter(
            directory: path, limits: LogLimits(segmentSize: 200, segmentCount: 3))
        for number in 0...9 { _ = writer.append("old \(number)\n".bytes, from: .stdout) }
        let last = try LogSegments.numbers(in: path).last ?? 0
        try LogSegments.clear(path)
        #expect(try read(path) == LogText())
        for number in 0...9 { _ = writer.append("new \(number)\n".bytes, from: .stdout) }
        #expect(try read(path).stdout.hasSuffix("new 8\nnew 9\n"))
        #expect(try !read(path).stdout.contains("old"))
        #expect(try LogSegments.numbers(in: path).allSatisfy { $0 > last })
        // Twice, with nothing written in between, and for a writer that comes later.
        try LogSegments.clear(path)
        try LogSegments.clear(path)
        _ = try LogWriter(directory: path).append("later\n".bytes, from: .stdout)
        _ = writer.append("same\n".bytes, from: .stdout)
        #expect(try read(path).stdout == "later\nsame\n")
    }
}
