// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
public import OCI

/// A hook at its point of a container's life.
/// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md#posix-platform-hooks
public struct HookRun: Equatable, Sendable {
    /// The points, by their names in the specification.
    public enum Kind: String, Equatable, Sendable {
        case prestart, createRuntime, createContainer, startContainer, poststart, poststop
    }

    public var hook: Spec.Hook
    public var kind: Kind
    /// What the hook is told; the number of the process is filled in when it runs.
    public var state: StateDocument

    public init(_ hook: Spec.Hook, _ kind: Kind, of state: StateDocument) {
        self.hook = hook
        self.kind = kind
        self.state = state
        switch kind {
        case .prestart, .createRuntime, .createContainer: self.state.status = .creating
        case .startContainer: self.state.status = .created
        case .poststart: self.state.status = .running
        case .poststop: self.state.status = .stopped
        }
    }

    /// How a hook ended that did not succeed. A number, because in the container's process nothing
    /// else can be said: a wait status as shells count it, or one of these.
    public enum Failure {
        static let timedOut: Int32 = 1000
        static let notStarted: Int32 = 1001
    }

    /// Runs the hook to its end, or until its time is over.
    /// - Parameters:
    ///   - pid: the container's process, as the hook shall know it.
    ///   - capturing: whether what the hook prints is kept for the error, or goes to standard error.
    public func run(pid: Int32, capturing: Bool = true) throws(RuntimeError) {
        var output: [UInt8] = []
        let status = execute(pid: pid, capturing: capturing, &output)
        guard status != 0 else { return }
        var text = failure(status: status)
        let said = String(decoding: output, as: UTF8.self)
            .split(separator: "\n").joined(separator: "; ")
        if !said.isEmpty { text += ": \(said)" }
        throw RuntimeError.hook(text)
    }

    /// A failure in words.
    func failure(status: Int32) -> String {
        let name = "\(kind.rawValue) hook \(hook.path)"
        switch status {
        case Failure.timedOut: return "\(name) took longer than \(hook.timeout ?? 0) s"
        case Failure.notStarted: return "\(name) could not be started"
        case 129...192: return "\(name) was ended by signal \(status - 128)"
        default: return "\(name) failed with exit status \(status)"
        }
    }

    /// - Returns: 0, or how it failed.
    func execute(pid: Int32, capturing: Bool, _ output: inout [UInt8]) -> Int32 {
        var told = state
        told.pid = pid
        do throws(Errno) {
            var process = try HookProcess(hook, capturing: capturing)
            return try process.feed(told.json.bytes(), seconds: hook.timeout, &output)
        } catch { return Failure.notStarted }
    }
}

/// A hook's process, with a pipe to its standard input and perhaps one from its output.
private struct HookProcess: ~Copyable {
    private let pidfd: OwnedFD
    private var input: OwnedFD?
    private var output: OwnedFD?
    /// Error texts need no more.
    private static let outputLimit = 4096

    init(_ hook: Spec.Hook, capturing: Bool) throws(Errno) {
        let input = try DescriptorPair.pipe(nonblocking: true)
        let output = try DescriptorPair.pipe(nonblocking: true)
        // A hook that does not read is no reason to die.
        signal(SIGPIPE, SIG_IGN)
        let (inputEnd, outputEnd) = (input.first.raw, capturing ? output.second.raw : 2)
        let program = Program(
            hook.args.isEmpty ? [hook.path] : hook.args, environment: hook.env)
        let pidfd = try fork {
            for (fd, number) in [(inputEnd, CInt(0)), (outputEnd, 1), (outputEnd, 2)] {
                Self.setBlocking(fd)
                dup2(fd, number)
            }
            try? ThisProcess.closeOnExec(from: 3)
            ThisProcess.resetSignals()
            do throws(Errno) { try program.execute(at: hook.path) } catch {
                try? writeAll(Array("\(error)\n".utf8), to: 2)
            }
            return 127
        }
        self.input = input.takeSecond()
        self.output = capturing ? output.takeFirst() : nil
        self.pidfd = pidfd
    }

    private static func setBlocking(_ fd: CInt) {
        let flags = fcntl(fd, F_GETFL)
        if flags >= 0 { _ = fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) }
    }

    /// Gives the hook its input and waits for its end.
    mutating func feed(
        _ bytes: [UInt8], seconds: Int?, _ said: inout [UInt8]
    ) throws(Errno) -> Int32 {
        let deadline = seconds.map { Clock.monotonic + UInt64(max(0, $0)) * 1_000_000_000 }
        var rest = bytes[...]
        var poll = PollSet()
        while true {
            write(&rest)
            readOutput(&said)
            var left: Int32 = -1
            if let deadline {
                let now = Clock.monotonic
                guard now < deadline else { return try end() }
                left = Int32(clamping: (deadline - now) / 1_000_000 + 1)
            }
            poll.removeAll()
            let ended = poll.add(pidfd.raw, POLLIN)
            if let fd = Self.raw(input) { poll.add(fd, POLLOUT) }
            if let fd = Self.raw(output) { poll.add(fd, POLLIN) }
            try poll.wait(milliseconds: left)
            if poll.events(at: ended) != 0 { break }
        }
        readOutput(&said)
        return try pidfd.reap()?.exitCode ?? HookRun.Failure.notStarted
    }

    private func end() throws(Errno) -> Int32 {
        try pidfd.send(signal: SIGKILL)
        _ = try pidfd.reap()
        return HookRun.Failure.timedOut
    }

    private static func raw(_ descriptor: borrowing OwnedFD?) -> CInt? {
        switch descriptor {
        case .some(let descriptor): descriptor.raw
        case nil: nil
        }
    }

    private mutating func write(_ rest: inout ArraySlice<UInt8>) {
        guard let fd = Self.raw(input) else { return }
        let count = rest.withUnsafeBytes { try? writeAvailable($0, to: fd) } ?? rest.count
        rest = rest.dropFirst(count)
        if rest.isEmpty { input = nil }
    }

    private mutating func readOutput(_ said: inout [UInt8]) {
        guard let fd = Self.raw(output) else { return }
        var buffer = [UInt8](repeating: 0, count: 4096)
        guard let count = buffer.withUnsafeMutableBytes({ try? readAvailable(fd, into: $0) })
        else { return }
        if count == 0 { output = nil }
        said += buffer[..<min(count, Self.outputLimit - min(said.count, Self.outputLimit))]
    }
}
