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
        let writer: (any LogDriver)? =
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
        monitor.onExit = { [unowned self] in
            recorded.append($0)
            return false
        }
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
        private var streams: MonitorStreams?

        init(pid: pid_t, streams: consuming MonitorStreams) {
            self.pid = pid
            self.streams = consume streams
        }

        mutating func takeStreams() throws(Errno) -> MonitorStreams {
            guard let streams = streams.take() else { throw .badDescriptor }
            return streams
        }
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
