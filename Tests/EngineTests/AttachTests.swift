// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux
import Testing

@testable import Engine

struct AttachTests {
    @Test(
        arguments: [
            ("", [16, 17]), ("ctrl-p,ctrl-q", [16, 17]), ("a", [97]), ("ctrl-a,b", [1, 98]),
            ("ctrl-@,ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_", [0, 27, 28, 29, 30, 31]), ("-", [45]),
        ] as [(String, [UInt8])])
    func detachKeys(_ text: String, are bytes: [UInt8]) throws {
        #expect(try DetachKeys(parsing: text).sequence == bytes)
    }

    @Test(arguments: ["ctrl-", "ctrl-A", "ctrl-1", "ab", ",", "a,,b", "é", "ctrl-pp"])
    func notDetachKeys(_ text: String) {
        #expect(throws: DetachKeysError.self) { try DetachKeys(parsing: text) }
    }

    @Test(
        arguments: [
            ("a,b", ["xaby"], "x", true), ("a,b", ["xa", "b"], "x", true),
            ("a,b", ["xa", "c"], "xac", false), ("a,b", ["aab"], "a", true),
            ("a,a,b", ["aaab"], "a", true), ("a,b,a,c", ["ababac"], "ab", true),
            ("a,b", ["a"], "", false), ("x", ["hello"], "hello", false),
        ] as [(String, [String], String, Bool)])
    func typing(
        _ keys: String, _ typed: [String], passes text: String, detaches: Bool
    ) throws {
        var keys = try DetachKeys(parsing: keys)
        var passed: [UInt8] = []
        var detached = false
        for part in typed where !detached {
            let (bytes, end) = part.bytes.withUnsafeBytes { keys.filter($0) }
            passed += bytes
            detached = end
        }
        #expect(String(decoding: passed, as: UTF8.self) == text)
        #expect(detached == detaches)
    }

    @Test(
        arguments: [
            (TerminationRule.first, 1, AttachOutcome.terminated(by: SIGTERM)), (.third, 1, nil),
            (.third, 3, .interrupted),
        ] as [(TerminationRule, Int, AttachOutcome?)])
    func termination(_ rule: TerminationRule, after count: Int, gives outcome: AttachOutcome?)
        throws
    {
        var options = AttachOptions()
        options.termination = rule
        var client = try ClientStreams(options, stdin: 0, stdout: 1, stderr: 2)
        for _ in 0..<count {
            pthread_kill(pthread_self(), SIGTERM)
            client.takeSignals()
        }
        #expect(client.ending == outcome)
    }

    @Test(
        arguments: [
            (["max-size": "1k"], 4096, 16), (["max-size": "2m", "max-file": "3"], 2 << 20, 3),
            (["compress": "false"], 32 << 20, 16),
        ] as [([String: String], Int, Int)])
    func logOptions(_ options: [String: String], give size: Int, _ count: Int) throws {
        let settings = try LogSettings(LogConfiguration(type: "local", config: options))
        #expect(settings.limits == LogLimits(segmentSize: size, segmentCount: count))
    }

    @Test(arguments: [
        ["max-size": "0"], ["max-size": "x"], ["max-file": "0"], ["compress": "true"],
        ["nope": "1"],
    ])
    func notLogOptions(_ options: [String: String]) {
        #expect(throws: EngineError.self) {
            try LogSettings(LogConfiguration(type: "local", config: options))
        }
    }

    @Test(arguments: [1, 2, 3, 5, 1000])
    func framesInAnyPieces(_ size: Int) throws {
        let text = "some output".bytes
        var bytes = Frame.control(.hello, UInt16(1))
        bytes += text.withUnsafeBytes { Frame.stream(.stdout, $0) }
        bytes += [99, 3, 0, 0, 1, 2, 3]  // of a kind that is not known yet
        bytes += Frame.control(.exit, Int32(137)) + Frame.control(.detach)
        var parser = FrameParser()
        var (streamed, controls): ([UInt8], [String]) = ([], [])
        for start in stride(from: 0, to: bytes.count, by: size) {
            try bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { piece in
                var rest = piece
                while let event = try parser.next(in: &rest) {
                    switch event {
                    case .bytes(_, let bytes): streamed += bytes
                    case .control(let kind, let number): controls.append("\(kind) \(number)")
                    }
                }
            }
        }
        #expect(streamed == text)
        #expect(controls == ["hello 1", "exit 137", "detach 0"])
        #expect(!parser.isWithinFrame)
    }

    @Test func aFrameThatIsTooLongIsRefused() {
        var parser = FrameParser()
        let bytes: [UInt8] = [FrameKind.stdout.rawValue, 1, 0, 1]
        bytes.withUnsafeBytes { bytes in
            var rest = bytes
            #expect(throws: FrameError(kind: 2, length: 65537)) { _ = try parser.next(in: &rest) }
        }
    }

    @Test func typingReachesTheMonitorAndOutputTheUser() throws {
        let sockets = try DescriptorPair.sockets()
        let stdin = try DescriptorPair.pipe()
        let stdout = try DescriptorPair.pipe()
        try stdin.second.writeAll("typed".bytes)
        _ = (consume stdin.second)
        var options = AttachOptions()
        options.stdin = true
        let monitor = sockets.second.raw
        let peer = TestThread {
            var got: [UInt8] = []
            while got.suffix(4) != Frame.control(.stdinEnd)[...] {
                var byte: UInt8 = 0
                if read(monitor, &byte, 1) != 1 { return }
                got.append(byte)
            }
            let echoed = got.dropLast(4).dropFirst(4)
            let reply = echoed.withUnsafeBytes { Frame.stream(.stdout, $0) }
            try? Linux.writeAll(
                Frame.control(.hello, UInt16(1)) + reply + Frame.control(.exit, Int32(3)),
                to: monitor)
        }
        let client = sockets.first.raw
        let outcome = try attach(client, options, stdin.first.raw, stdout.second.raw)
        peer.join()
        #expect(outcome == .exited(code: 3))
        var shown = [UInt8](repeating: 0, count: 16)
        let count = try shown.withUnsafeMutableBytes { try stdout.first.read(into: $0) }
        #expect(Array(shown[..<count]) == "typed".bytes)
    }

    @Test func aLostMonitorIsNoticed() throws {
        let sockets = try DescriptorPair.sockets()
        let output = try DescriptorPair.pipe()
        try sockets.second.writeAll(Frame.control(.hello, UInt16(1)))
        shutdown(sockets.second.raw, Int32(SHUT_RDWR))
        let outcome = try attach(sockets.first.raw, AttachOptions(), 0, output.second.raw)
        #expect(outcome == .disconnected)
    }

    @Test func aReaderThatIsGoneEndsTheSession() throws {
        let sockets = try DescriptorPair.sockets()
        let output = try DescriptorPair.pipe()
        let frame = "text".bytes.withUnsafeBytes { Frame.stream(.stdout, $0) }
        try sockets.second.writeAll(frame)
        close((consume output.first).release())
        let outcome = try attach(sockets.first.raw, AttachOptions(), 0, output.second.raw)
        #expect(outcome == .outputClosed)
    }

    @Test func detachKeysLeaveAndTheTerminalIsRestored() throws {
        let sockets = try DescriptorPair.sockets()
        let terminal = try PseudoTerminal.open()
        var options = AttachOptions()
        options.stdin = true
        options.isTerminal = true
        try WindowSize(rows: 7, columns: 9).apply(to: terminal.main.raw)
        var before = termios()
        tcgetattr(terminal.peer.raw, &before)
        let main = terminal.main.raw
        let typist = TestThread {
            usleep(50_000)
            try? Linux.writeAll([120, 16, 17], to: main)
        }
        let fd = terminal.peer.raw
        let outcome = try attach(sockets.first.raw, options, fd, fd)
        typist.join()
        #expect(outcome == .detached)
        var after = termios()
        tcgetattr(fd, &after)
        #expect(after.c_lflag == before.c_lflag)
        var sent = [UInt8](repeating: 0, count: 64)
        let count = try sent.withUnsafeMutableBytes { try sockets.second.read(into: $0) }
        #expect(
            Array(sent[..<count])
                == [18, 4, 0, 0, 7, 0, 9, 0, 16, 1, 0, 0, 120] + Frame.control(.detach))
    }

    @Test func signalsAreForwarded() throws {
        let sockets = try DescriptorPair.sockets()
        let output = try DescriptorPair.pipe()
        var forwarded: [Int32] = []
        var options = AttachOptions()
        let monitor = sockets.second.raw
        options.forward = { signal in
            forwarded.append(signal)
            try? Linux.writeAll(Frame.control(.exit, Int32(128 + signal)), to: monitor)
        }
        let target = pthread_self()
        let sender = TestThread {
            usleep(50_000)
            pthread_kill(target, SIGUSR1)
        }
        let outcome = try attach(sockets.first.raw, options, 0, output.second.raw)
        sender.join()
        #expect(forwarded == [SIGUSR1])
        #expect(outcome == .exited(code: 128 + SIGUSR1))
    }

    @Test func theThirdTerminationEndsAClientThatDoesNotForward() throws {
        let sockets = try DescriptorPair.sockets()
        let output = try DescriptorPair.pipe()
        let target = pthread_self()
        let sender = TestThread {
            for _ in 0..<3 {
                usleep(50_000)
                pthread_kill(target, SIGTERM)
            }
        }
        let outcome = try attach(sockets.first.raw, AttachOptions(), 0, output.second.raw)
        sender.join()
        #expect(outcome == .interrupted)
        _ = consume sockets
    }

    private func attach(
        _ socket: CInt, _ options: AttachOptions, _ stdin: CInt, _ stdout: CInt
    ) throws -> AttachOutcome {
        var session = try AttachSession(
            OwnedFD(adopting: fcntl(socket, F_DUPFD_CLOEXEC, 3)), options, stdin: stdin,
            stdout: stdout, stderr: stdout)
        return try session.run()
    }
}
