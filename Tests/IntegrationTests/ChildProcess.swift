// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

/// How a program ended and what it said.
struct Outcome: Equatable, CustomStringConvertible {
    /// The exit code; the negative signal number when a signal ended it.
    var code: Int32
    var out: String
    var err: String

    init(_ code: Int32, out: String = "", err: String = "") {
        self.code = code
        self.out = out
        self.err = err
    }

    /// The standard output without its last line feed.
    var line: String { out.hasSuffix("\n") ? String(out.dropLast()) : out }

    /// The lines of the standard output.
    var lines: [String] { out.split(separator: "\n").map(String.init) }

    var description: String {
        "exit code \(code), stdout \"\(out.prefix(2000))\", stderr \"\(err.prefix(2000))\""
    }
}

/// Where a program starts.
struct Surroundings {
    var environment: [String] = []
    var directory: String?
}

/// What a started program finds as its standard input.
enum StandardInput {
    case nothing
    case text(String)
    /// A pipe that stays open until ``ChildProcess/closeInput()``.
    case pipe
    case file(String)
}

/// A started program whose outputs are collected.
final class ChildProcess {
    let pid: pid_t
    private var input: CInt = -1
    private var outputs: [CInt] = [-1, -1]
    private var collected: [[UInt8]] = [[], []]
    private var status: Int32?

    init(_ arguments: [String], _ surroundings: Surroundings, stdin: StandardInput = .nothing) {
        var actions = SpawnActions()
        var theirs: [CInt] = []
        var pending: [UInt8] = []
        switch stdin {
        case .nothing: actions.open("/dev/null", O_RDONLY, as: 0)
        case .file(let path): actions.open(path, O_RDONLY, as: 0)
        case .pipe, .text:
            let ends = makePipe()
            actions.duplicate(ends[0], as: 0)
            theirs.append(ends[0])
            input = ends[1]
            if case .text(let text) = stdin { pending = Array(text.utf8) }
        }
        for index in 0...1 {
            let ends = makePipe()
            actions.duplicate(ends[1], as: CInt(index + 1))
            theirs.append(ends[1])
            outputs[index] = ends[0]
        }
        pid = spawn(arguments, surroundings, actions)
        for descriptor in theirs { close(descriptor) }
        if case .text = stdin { send(pending) }
    }

    deinit {
        if status == nil { stop() }
        for descriptor in outputs + [input] where descriptor >= 0 { close(descriptor) }
    }

    /// Writes to a `.pipe` input; a `.text` input is closed after its text.
    private func send(_ bytes: [UInt8]) {
        write(bytes)
        closeInput()
    }

    func write(_ text: String) { write(Array(text.utf8)) }

    private func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
            if count <= 0 { return }
            rest = rest.dropFirst(count)
        }
    }

    func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    var out: String { String(decoding: collected[0], as: UTF8.self) }
    var err: String { String(decoding: collected[1], as: UTF8.self) }

    /// Collects output until `done` holds, or both outputs have ended, or time is up.
    @discardableResult
    func collect(seconds: Double, until done: (ChildProcess) -> Bool = { _ in false }) -> Bool {
        let deadline = now() + seconds * patience
        while !done(self) {
            if outputs.allSatisfy({ $0 < 0 }) { return done(self) }
            guard now() < deadline else { return false }
            var polls = outputs.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            poll(&polls, nfds_t(polls.count), 50)
            for index in 0...1 where polls[index].revents != 0 { take(index) }
        }
        return true
    }

    private func take(_ index: Int) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = read(outputs[index], &buffer, buffer.count)
        if count > 0 {
            collected[index] += buffer[..<count]
        } else {
            close(outputs[index])
            outputs[index] = -1
        }
    }

    /// Closes our end of its standard output: its next write there fails.
    func closeOutput() {
        close(outputs[0])
        outputs[0] = -1
    }

    func send(signal: CInt) { kill(pid, signal) }

    var isRunning: Bool { !reaped() }

    private func reaped() -> Bool {
        if status != nil { return true }
        var raw: CInt = 0
        guard waitpid(pid, &raw, WNOHANG) == pid else { return false }
        status = raw
        return true
    }

    private func stop() {
        kill(-pid, SIGKILL)
        var raw: CInt = 0
        waitpid(pid, &raw, 0)
        status = raw
    }

    /// Waits for the end of both outputs and of the program. Whatever takes too long is a failure.
    func wait(
        seconds: Double = 30, sourceLocation: SourceLocation = #_sourceLocation
    ) -> Outcome {
        let deadline = now() + seconds * patience
        collect(seconds: seconds)
        while !reaped(), now() < deadline { usleep(500) }
        if status == nil || outputs.contains(where: { $0 >= 0 }) {
            let what = status == nil ? "did not end" : "left its output open"
            Issue.record(
                "the program \(what) within \(seconds * patience) s; stdout \"\(out)\", stderr \"\(err)\"",
                sourceLocation: sourceLocation)
            if status == nil { stop() }
        }
        return Outcome(exitCode(status ?? 0), out: out, err: err)
    }
}

/// The exit code in a wait status, or the negative number of the signal.
func exitCode(_ status: Int32) -> Int32 {
    status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f)
}

/// Seconds on a clock that never goes back.
func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Waits until `condition` holds; false when it did not in time.
func eventually(seconds: Double = 10, _ condition: () -> Bool) -> Bool {
    let deadline = now() + seconds * patience
    while !condition() {
        guard now() < deadline else { return false }
        usleep(5000)
    }
    return true
}
