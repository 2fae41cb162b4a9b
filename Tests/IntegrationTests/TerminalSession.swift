// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux
import Testing

/// A program at a terminal: its keyboard is ours, its screen is collected.
final class TerminalSession {
    let pid: pid_t
    private let main: CInt
    private var screenBytes: [UInt8] = []
    private var status: Int32?

    init(_ arguments: [String], _ surroundings: Surroundings) {
        guard let pair = try? PseudoTerminal.open() else { preconditionFailure("no terminal") }
        let peer = pair.peer.raw
        var actions = SpawnActions()
        // The first terminal that a session leader opens becomes its controlling one.
        actions.open(linkTarget("/proc/self/fd/\(peer)"), O_RDWR, as: 0)
        actions.duplicate(0, as: 1)
        actions.duplicate(0, as: 2)
        main = dup(pair.main.raw)
        _ = fcntl(main, F_SETFD, FD_CLOEXEC)
        try? WindowSize(rows: 24, columns: 80).apply(to: main)
        pid = spawn(arguments, surroundings, actions)
    }

    deinit {
        if status == nil {
            kill(-pid, SIGKILL)
            var raw: CInt = 0
            waitpid(pid, &raw, 0)
        }
        close(main)
    }

    var screen: String { String(decoding: screenBytes, as: UTF8.self) }

    func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { write(main, $0.baseAddress, $0.count) }
    }

    func resize(rows: UInt16, columns: UInt16) {
        try? WindowSize(rows: rows, columns: columns).apply(to: main)
    }

    /// Whether the terminal echoes what is typed (it does not while a program holds it raw).
    var echoes: Bool {
        var mode = termios()
        tcgetattr(main, &mode)
        return mode.c_lflag & tcflag_t(ECHO) != 0
    }

    private func read(milliseconds: Int32) -> Bool {
        var polled = pollfd(fd: main, events: Int16(POLLIN), revents: 0)
        guard poll(&polled, 1, milliseconds) > 0 else { return true }
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = Glibc.read(main, &buffer, buffer.count)
        if count > 0 { screenBytes += buffer[..<count] }
        return count > 0
    }

    /// Waits until the screen has shown `text` (after `mark` bytes of what it ever showed).
    @discardableResult
    func expect(
        _ text: String, seconds: Double = 15, sourceLocation: SourceLocation = #_sourceLocation
    ) -> Bool {
        let deadline = now() + seconds * patience
        while !screen.contains(text) {
            guard now() < deadline, read(milliseconds: 50) || isRunning else {
                Issue.record(
                    "the terminal never showed \"\(text)\", but \"\(screen)\"",
                    sourceLocation: sourceLocation)
                return false
            }
        }
        return true
    }

    /// Forgets what the screen showed until now.
    func clear() { screenBytes = [] }

    var isRunning: Bool {
        if status != nil { return false }
        var raw: CInt = 0
        guard waitpid(pid, &raw, WNOHANG) == pid else { return true }
        status = raw
        return false
    }

    /// Waits for the program's end; the screen is in `out`.
    func wait(seconds: Double = 20, sourceLocation: SourceLocation = #_sourceLocation) -> Outcome {
        let deadline = now() + seconds * patience
        while isRunning {
            _ = read(milliseconds: 20)
            if now() > deadline {
                Issue.record(
                    "the program at the terminal did not end; its screen: \"\(screen)\"",
                    sourceLocation: sourceLocation)
                kill(-pid, SIGKILL)
            }
        }
        while true {
            let before = screenBytes.count
            guard read(milliseconds: 0), screenBytes.count > before else { break }
        }
        return Outcome(exitCode(status ?? 0), out: screen)
    }
}
