// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux
import Testing

@testable import Engine

@Suite(.serialized)
struct MonitorTests: ~Copyable {
    private let place: TestDirectory
    private var directory: String { place.path }

    init() throws { place = try TestDirectory() }

    @Test(arguments: [
        ("exit 0", Termination.exited(code: 0)), ("exit 42", .exited(code: 42)),
        ("kill -9 $$", .signaled(9, coreDumped: false)),
    ])
    func end(of script: String, is termination: Termination) throws {
        let command = try MonitoredCommand(script)
        #expect(command.wait() == termination)
        #expect(command.recorded == [termination])
    }

    @Test func outputIsLogged() throws {
        let command = try MonitoredCommand("echo out; echo err >&2; printf last", log: directory)
        #expect(command.wait() == .exited(code: 0))
        #expect(try read(directory) == LogText(stdout: "out\nlast", stderr: "err\n"))
    }

    @Test func outputOfTheLastMomentIsLogged() throws {
        for _ in 0..<20 {
            let path = directory + "/log"
            let script = "head -c 200000 /dev/zero; kill -9 $$"
            let command = try MonitoredCommand(script, log: path)
            #expect(command.wait()?.exitCode == 137)
            #expect(try read(path).stdout.utf8.count == 200_000)
            try removeTree(path)
        }
    }

    @Test func aDescendantThatKeepsThePipeDoesNotKeepTheMonitor() throws {
        let started = Clock.monotonic
        let command = try MonitoredCommand("sleep 3 & echo done", log: directory)
        #expect(command.wait() == .exited(code: 0))
        #expect(Clock.monotonic - started < 2_000_000_000)
        #expect(try read(directory).stdout == "done\n")
    }

    @Test func foregroundClientGetsOutputAndCode() throws {
        let session = try Session(stdin: true, input: "hello\n".bytes)
        let command = try MonitoredCommand(
            "cat; echo err >&2; exit 7", log: directory, stdin: true,
            foreground: session.monitorEnd)
        session.start()
        #expect(command.wait() == .exited(code: 7))
        session.join()
        #expect(session.outcome == .exited(code: 7))
        #expect(String(decoding: session.received, as: UTF8.self) == "hello\nerr\n")
    }

    @Test(arguments: [true, false])
    func aTerminalIsDrainedToItsEnd(_ foreground: Bool) throws {
        let session = foreground ? try Session() : nil
        let command = try MonitoredCommand(
            "i=0; while [ $i -lt 500 ]; do echo line $i; i=$((i+1)); done; exit 5", log: directory,
            terminal: true, foreground: session?.monitorEnd)
        session?.start()
        #expect(command.wait() == .exited(code: 5))
        session?.join()
        let expected = (0..<500).map { "line \($0)\r\n" }.joined()
        #expect(try read(directory).stdout == expected)
        if let session { #expect(String(decoding: session.received, as: UTF8.self) == expected) }
    }

    /// Far more than any socket holds, and more than the log keeps, or no log at all: the slow
    /// foreground client gets every byte.
    @Test(arguments: [32 << 20, 300_000, 0])
    func aSlowForegroundClientGetsEverything(_ segmentSize: Int) throws {
        let session = try Session(slowly: true)
        let command = try MonitoredCommand(
            "seq 1 1000000", log: segmentSize > 0 ? directory : nil,
            limits: LogLimits(segmentSize: segmentSize, segmentCount: 2),
            foreground: session.monitorEnd)
        session.start()
        #expect(command.wait() == .exited(code: 0))
        session.join()
        #expect(session.outcome == .exited(code: 0))
        let expected = (1...1_000_000).map { "\($0)\n" }.joined()
        #expect(session.received == Array(expected.utf8))
    }

    @Test func aStuckSecondClientHoldsNobodyUp() throws {
        let log = directory + "/log"
        let command = try MonitoredCommand(
            "read go; seq 1 1000000", log: log, stdin: true, socketDirectory: directory)
        let stuck = try UnixSocket.connect(to: "attach", in: directory)
        let reading = try UnixSocket.connect(to: "attach", in: directory)
        try reading.writeAll("go\n".bytes.withUnsafeBytes { Frame.stream(.stdin, $0) })
        let session = try Session(socket: reading.release())
        session.start()
        #expect(command.wait() == .exited(code: 0))
        session.join()
        #expect(session.outcome == .exited(code: 0))
        #expect(session.received.count == 6_888_896)
        #expect(try read(log).stdout.utf8.count == 6_888_896)
        _ = consume stuck
    }

    @Test func aForegroundClientThatDiesClosesTheInput() throws {
        let sockets = try DescriptorPair.sockets()
        let command = try MonitoredCommand(
            "cat >/dev/null; echo ended", log: directory, stdin: true,
            foreground: try sockets.second.duplicate().release())
        close((consume sockets.first).release())
        #expect(command.wait() == .exited(code: 0))
        #expect(try read(directory).stdout == "ended\n")
    }

    @Test func resizeReachesTheTerminal() throws {
        let sockets = try DescriptorPair.sockets()
        try sockets.first.writeAll(Frame.control(.resize, UInt32(31) | 77 << 16))
        let command = try MonitoredCommand(
            "sleep 0.3; stty size", log: directory, terminal: true,
            foreground: try sockets.second.duplicate().release())
        #expect(command.wait() == .exited(code: 0))
        #expect(try read(directory).stdout == "31 77\r\n")
    }

    /// Keyboard and screen on one side, a shell on the other, everything between.
    @Test func aWholeTerminalSession() throws {
        let sockets = try DescriptorPair.sockets()
        let user = try PseudoTerminal.open()
        try WindowSize(rows: 31, columns: 77).apply(to: user.main.raw)
        let command = try MonitoredCommand(
            "stty -echo; echo ready; read word; stty size; echo got $word; exit 6", terminal: true,
            foreground: try sockets.second.duplicate().release())
        let main = user.main.raw
        var screen: [UInt8] = []
        let keyboard = TestThread {
            var byte: UInt8 = 0
            var hasTyped = false
            while !screen.ends(with: "got ^C\r\n".bytes), read(main, &byte, 1) == 1 {
                screen.append(byte)
                if !hasTyped && screen.ends(with: "ready\r\n".bytes) {
                    hasTyped = true
                    usleep(20_000)
                    try? Linux.writeAll("^C\r".bytes, to: main)
                }
            }
        }
        var options = AttachOptions()
        options.stdin = true
        options.isTerminal = true
        let fd = user.peer.raw
        var session = try AttachSession(sockets.first, options, stdin: fd, stdout: fd, stderr: fd)
        #expect(try session.run() == .exited(code: 6))
        _ = command.wait()
        keyboard.join()
        #expect(
            String(decoding: screen, as: UTF8.self) == "ready\r\n31 77\r\ngot ^C\r\n")
    }

    @Test func timersFire() throws {
        var process = try MonitoredCommand.start("sleep 0.3", stdin: false, terminal: false)
        let pid = process.pid
        var monitor = try Monitor(
            process: OwnedFD.pidfd(of: pid), streams: process.takeStreams(), log: nil,
            listener: nil, foreground: nil, stdinOnce: false)
        var count = 0
        var due: UInt64? = Clock.monotonic
        monitor.timers = [
            MonitorTimer(due: { due }) {
                count += 1
                due = count < 3 ? Clock.monotonic + 10_000_000 : nil
            }
        ]
        #expect(try monitor.run() == .exited(code: 0))
        #expect(count == 3)
    }
}

struct MonitorClientTests {
    @Test func lossCostsNoMemory() throws {
        let sockets = try DescriptorPair.sockets()
        let client = MonitorClient(
            try sockets.first.duplicate(), isForeground: false, isTerminal: false)
        let chunk = [UInt8](repeating: 120, count: LogRecord.maximumPayload)
        let frame = chunk.withUnsafeBytes { Frame.stream(.stdout, $0) }
        while client.isLive { client.send(frame) }
        let before = client.buffered
        for _ in 0..<1000 { client.lose() }
        #expect(client.buffered == before + Frame.headerSize)
    }

    @Test func aClientThatReadsNothingCostsTwoChunks() throws {
        let directory = try TestDirectory()
        let writer = try LogWriter(directory: directory.path)
        let sockets = try DescriptorPair.sockets()
        let client = MonitorClient(
            try sockets.first.duplicate(), isForeground: true, isTerminal: false)
        let chunk = [UInt8](repeating: 120, count: LogRecord.maximumPayload)
        let frame = chunk.withUnsafeBytes { Frame.stream(.stdout, $0) }
        for _ in 0..<200 {
            let appended = writer.append(chunk, from: .stdout)
            let position = try #require(appended)
            if client.isLive {
                client.send(frame)
            } else {
                client.lag(from: position, in: directory.path)
            }
            client.proceed()
            #expect(client.buffered <= 2 * frame.count)
        }
        #expect(client.isWaiting)
        // And it gets everything when it reads at last.
        var (received, parser) = (0, FrameParser())
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while client.isWaiting || received < 200 * chunk.count {
            client.proceed()
            let count = try buffer.withUnsafeMutableBytes { try sockets.second.read(into: $0) }
            try buffer[..<count].withUnsafeBytes { bytes in
                var rest = bytes
                while let event = try parser.next(in: &rest) {
                    if case .bytes(.stdout, let bytes) = event { received += bytes.count }
                }
            }
        }
        #expect(received == 200 * chunk.count)
    }
}
