// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux
import Testing

@testable import Engine

/// A shell command under a monitor, without any container.
final class MonitoredCommand {
    private(set) var termination: Termination?
    private(set) var recorded: [Termination] = []
    private var thread: TestThread?

    /// - Parameter foreground: the monitor's end of the connection to the foreground client.
    init(
        _ script: String, log: String? = nil, limits: LogLimits = LogLimits(), stdin: Bool = false,
        terminal: Bool = false, foreground: Int32? = nil, socketDirectory: String? = nil
    ) throws {
        var process = try MonitoredCommand.start(script, stdin: stdin, terminal: terminal)
        let writer: LogWriter? =
            switch log {
            case .some(let path): try LogWriter(directory: path, limits: limits)
            case nil: nil
            }
        let listener: OwnedFD? =
            switch socketDirectory {
            case .some(let path): try UnixSocket.listen("attach", in: path)
            case nil: nil
            }
        let pid = process.pid
        var monitor = try Monitor(
            process: OwnedFD.pidfd(of: pid), streams: process.takeStreams(), log: writer,
            listener: listener,
            foreground: foreground.map { OwnedFD(adopting: $0) }, stdinOnce: true)
        monitor.onExit = { [unowned self] in recorded.append($0) }
        let box = Box(monitor)
        thread = TestThread { [unowned self] in
            termination = try? box.monitor.run()
            box.monitor.finish(exitCode: termination?.exitCode ?? -1)
        }
    }

    func wait() -> Termination? {
        thread?.join()
        thread = nil
        return termination
    }

    private final class Box {
        var monitor: Monitor
        init(_ monitor: consuming Monitor) { self.monitor = monitor }
    }

    struct Started: ~Copyable {
        var pid: pid_t
        var streams: MonitorStreams?
        mutating func takeStreams() -> MonitorStreams { streams.take()! }
    }

    static func start(_ script: String, stdin: Bool, terminal: Bool) throws -> Started {
        if terminal {
            let pair = try PseudoTerminal.open()
            let fd = pair.peer.raw
            let pid = try spawn(script, fd, fd, fd)
            return Started(pid: pid, streams: try MonitorStreams(terminal: pair.main))
        }
        let pipes = try StreamPipes(stdin: stdin)
        let pid = try spawn(
            script, pipes.container.stdin.raw, pipes.container.stdout.raw,
            pipes.container.stderr.raw)
        return Started(pid: pid, streams: pipes.monitor)
    }

    private static func spawn(
        _ script: String, _ stdin: Int32, _ stdout: Int32, _ stderr: Int32
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (to, from) in [stdin, stdout, stderr].enumerated() {
            posix_spawn_file_actions_adddup2(&actions, from, Int32(to))
        }
        var arguments = (["sh", "-c", script] as [String]).map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, "/bin/sh", &actions, nil, &arguments, environ)
        if failure != 0 { throw Errno(rawValue: failure) }
        return pid
    }
}

@Suite(.serialized)
struct MonitorTests {
    private let directory: String

    init() throws {
        var template = Array("/tmp/swocker-test-XXXXXX".utf8CString)
        directory = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)!) }
    }

    private func cleanUp() { try? removeTree(directory) }

    @Test(arguments: [
        ("exit 0", Termination.exited(code: 0)), ("exit 42", .exited(code: 42)),
        ("kill -9 $$", .signaled(9, coreDumped: false)),
    ])
    func end(of script: String, is termination: Termination) throws {
        defer { cleanUp() }
        let command = try MonitoredCommand(script)
        #expect(command.wait() == termination)
        #expect(command.recorded == [termination])
    }

    @Test func outputIsLogged() throws {
        defer { cleanUp() }
        let command = try MonitoredCommand("echo out; echo err >&2; printf last", log: directory)
        #expect(command.wait() == .exited(code: 0))
        #expect(try read(directory) == LogText(stdout: "out\nlast", stderr: "err\n"))
    }

    @Test func outputOfTheLastMomentIsLogged() throws {
        defer { cleanUp() }
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
        defer { cleanUp() }
        let started = Clock.monotonic
        let command = try MonitoredCommand("sleep 3 & echo done", log: directory)
        #expect(command.wait() == .exited(code: 0))
        #expect(Clock.monotonic - started < 2_000_000_000)
        #expect(try read(directory).stdout == "done\n")
    }

    @Test func foregroundClientGetsOutputAndCode() throws {
        defer { cleanUp() }
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
        defer { cleanUp() }
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
        defer { cleanUp() }
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
        defer { cleanUp() }
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
        defer { cleanUp() }
        let sockets = try DescriptorPair.sockets()
        let command = try MonitoredCommand(
            "cat >/dev/null; echo ended", log: directory, stdin: true,
            foreground: try sockets.second.duplicate().release())
        close((consume sockets.first).release())
        #expect(command.wait() == .exited(code: 0))
        #expect(try read(directory).stdout == "ended\n")
    }

    @Test func resizeReachesTheTerminal() throws {
        defer { cleanUp() }
        let sockets = try DescriptorPair.sockets()
        try sockets.first.writeAll(Frame.control(.resize, UInt32(31) | 77 << 16))
        let command = try MonitoredCommand(
            "sleep 0.3; stty size", log: directory, terminal: true,
            foreground: try sockets.second.duplicate().release())
        #expect(command.wait() == .exited(code: 0))
        #expect(try read(directory).stdout == "31 77\r\n")
    }

    @Test func timersFire() throws {
        defer { cleanUp() }
        var process = try MonitoredCommand.start("sleep 0.3", stdin: false, terminal: false)
        let pid = process.pid
        var monitor = try Monitor(
            process: OwnedFD.pidfd(of: pid), streams: process.takeStreams(), log: nil,
            listener: nil, foreground: nil, stdinOnce: false)
        var count = 0
        monitor.timers = [
            MonitorTimer(due: Clock.monotonic) {
                count += 1
                return count < 3 ? Clock.monotonic + 10_000_000 : nil
            }
        ]
        #expect(try monitor.run() == .exited(code: 0))
        #expect(count == 3)
    }
}

/// A client's session in a thread of its own, with what it showed.
final class Session {
    private(set) var outcome: AttachOutcome?
    private(set) var received: [UInt8] = []
    let monitorEnd: Int32
    private let clientEnd: Int32
    private let slowly: Bool
    private let input: [UInt8]?
    private var threads: [TestThread] = []

    init(
        stdin: Bool = false, input: [UInt8] = [], slowly: Bool = false, socket: Int32? = nil
    ) throws {
        if let socket {
            (clientEnd, monitorEnd) = (socket, -1)
        } else {
            let sockets = try DescriptorPair.sockets()
            clientEnd = try sockets.first.duplicate().release()
            monitorEnd = try sockets.second.duplicate().release()
        }
        self.slowly = slowly
        self.input = stdin ? input : nil
    }

    func start() {
        guard let output = try? DescriptorPair.pipe(), let keyboard = try? DescriptorPair.pipe(),
            let shown = try? output.second.duplicate().release(),
            let typed = try? keyboard.first.duplicate().release(),
            let seen = try? output.first.duplicate().release()
        else { return }
        if let input { try? keyboard.second.writeAll(input) }
        var options = AttachOptions()
        options.stdin = input != nil
        let socket = clientEnd
        threads.append(
            TestThread { [unowned self] in
                if slowly { usleep(300_000) }
                var chunk = [UInt8](repeating: 0, count: 65536)
                while case let count = read(seen, &chunk, chunk.count), count > 0 {
                    received += chunk[..<count]
                }
                close(seen)
            })
        threads.append(
            TestThread { [unowned self] in
                do {
                    var session = try AttachSession(
                        OwnedFD(adopting: socket), options, stdin: typed, stdout: shown,
                        stderr: shown)
                    outcome = try session.run()
                } catch { Issue.record(error) }
                close(shown)
                close(typed)
            })
    }

    func join() { for thread in threads { thread.join() } }
}

struct MonitorClientTests {
    @Test func aClientThatReadsNothingCostsTwoChunks() throws {
        let directory = try TestDirectory()
        var writer = try LogWriter(directory: directory.path)
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

struct LocalProxyTests {
    private func run(
        _ script: String, stdin: String? = nil, terminal: Bool = false
    ) throws -> (AttachOutcome, String) {
        var process = try MonitoredCommand.start(
            script, stdin: stdin != nil, terminal: terminal)
        let output = try DescriptorPair.pipe()
        let keyboard = try DescriptorPair.pipe()
        var options = AttachOptions()
        options.isTerminal = terminal
        if let stdin {
            options.stdin = true
            try keyboard.second.writeAll(stdin.bytes)
        }
        close((consume keyboard.second).release())
        let pid = process.pid
        var proxy = try LocalProxy(
            process: OwnedFD.pidfd(of: pid), streams: process.takeStreams(), options,
            stdin: keyboard.first.raw, stdout: output.second.raw, stderr: output.second.raw)
        let outcome = try proxy.run()
        close((consume output.second).release())
        return (outcome, String(decoding: try output.first.readAll(), as: UTF8.self))
    }

    @Test func carriesBothWays() throws {
        let (outcome, text) = try run("cat; echo err >&2; exit 4", stdin: "typed\n")
        #expect(outcome == .exited(code: 4))
        #expect(text == "typed\nerr\n")
    }

    @Test func drainsATerminal() throws {
        let (outcome, text) = try run("seq 1 300; exit 9", terminal: true)
        #expect(outcome == .exited(code: 9))
        #expect(text == (1...300).map { "\($0)\r\n" }.joined())
    }

    @Test func leavesDescendantsBehind() throws {
        let started = Clock.monotonic
        let (outcome, text) = try run("sleep 3 & echo done")
        #expect(outcome == .exited(code: 0))
        #expect(text == "done\n")
        #expect(Clock.monotonic - started < 2_000_000_000)
    }
}
