// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// How a client takes part in a container's session.
public struct AttachOptions {
    /// Whether what is typed goes to the container (`--interactive`).
    public var stdin = false
    /// Which outputs are shown.
    public var stdout = true
    public var stderr = true
    /// Whether the container has a terminal.
    public var isTerminal = false
    /// The keys that leave a terminal session.
    public var detachKeys = DetachKeys.standard
    /// Sends a signal to the container's process (`--sig-proxy`); nil keeps signals from it.
    public var forward: ((Int32) -> Void)?
    /// What TERM and INT do when they are not forwarded.
    public var termination = TerminationRule.third

    public init() {}
}

/// Which TERM or INT ends a client's session.
public enum TerminationRule: Sendable {
    /// The first, as `attach` and `exec` have it.
    case first
    /// The third, as `run --sig-proxy=false` has it.
    case third
    /// They do what they do to any process.
    case untouched
}

/// How a session ended for the client.
public enum AttachOutcome: Equatable, Sendable {
    /// The container's process ended with this code.
    case exited(code: Int32)
    /// The user left with the detach keys.
    case detached
    /// The monitor is gone, and nobody told how the container ended.
    case disconnected
    /// Who read the client's output is gone; the container goes on.
    case outputClosed
    /// The third TERM or INT while signals are not forwarded.
    case interrupted
    /// This signal, while signals are not forwarded.
    case terminated(by: Int32)
}

/// The user's side of a session: three descriptors, the terminal's mode and the signals. When the
/// value goes, terminal and signal mask are as they were.
struct ClientStreams: ~Copyable {
    private let options: AttachOptions
    /// Whether anybody sees what the container prints.
    var showsOutput: Bool { options.stdout || options.stderr }
    private let stdin: CInt
    private let stdout: CInt
    private let stderr: CInt
    private let signals: SignalQueue
    private let raw: RawTerminal?
    private var detachKeys: DetachKeys
    private var terminations = 0
    /// How signals have ended the session, once they have.
    private(set) var ending: AttachOutcome?
    private var isStdinOpen: Bool
    /// The terminal has another size than the container knows.
    private var needsResize: Bool

    init(
        _ options: AttachOptions, stdin: CInt, stdout: CInt, stderr: CInt
    ) throws(KernelError) {
        let typesRaw = options.stdin && options.isTerminal && isTerminalDescriptor(stdin)
        let signals = try attempting("receive signals") { () throws(Errno) in
            try SignalQueue(
                options.forward != nil
                    ? CatchableSignals.forwardable
                    : options.termination == .untouched
                        ? [SIGWINCH] : [SIGINT, SIGTERM, SIGWINCH])
        }
        let raw = try attempting("set the terminal to raw mode") { () throws(Errno) in
            typesRaw ? try RawTerminal(stdin) : nil as RawTerminal?
        }
        self.options = options
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.signals = signals
        self.raw = raw
        detachKeys =
            options.isTerminal && options.stdin
            ? options.detachKeys : DetachKeys(sequence: [])
        isStdinOpen = options.stdin
        needsResize = options.isTerminal
    }

    /// Where signals are announced.
    var signalDescriptor: CInt { signals.raw }

    /// Where the user types; nil when nothing more comes from there.
    var typing: CInt? { isStdinOpen ? stdin : nil }

    /// The terminal's size when the container has to be told.
    mutating func takeResize() -> WindowSize? {
        guard needsResize else { return nil }
        needsResize = false
        for fd in [stdout, stdin] {
            if let size = try? WindowSize(of: fd), size.rows > 0 || size.columns > 0 { return size }
        }
        return nil
    }

    /// Sees to the signals that have come.
    mutating func takeSignals() {
        while let signal = try? signals.next() {
            if signal == SIGWINCH && options.isTerminal {
                needsResize = true
            } else if let forward = options.forward {
                forward(signal)
            } else if signal == SIGINT || signal == SIGTERM {
                terminations += 1
                if options.termination == .first { ending = .terminated(by: signal) }
                if terminations == 3 { ending = ending ?? .interrupted }
            }
        }
    }

    /// What the user did at the keyboard.
    enum Typed {
        case bytes([UInt8])
        case end
        case detach([UInt8])
    }

    /// Reads what was typed; nil when there is nothing.
    mutating func takeTyped() -> Typed? {
        var typed: Typed?
        withUnsafeTemporaryAllocation(byteCount: 32 * 1024, alignment: 8) { buffer in
            do {
                guard let count = try readAvailable(stdin, into: buffer) else { return }
                if count == 0 {
                    typed = .end
                } else {
                    let keys = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                    let (bytes, detached) = detachKeys.filter(keys)
                    typed = detached ? .detach(bytes) : .bytes(bytes)
                }
            } catch { typed = .end }  // EIO: the terminal is gone
        }
        if case .end = typed { isStdinOpen = false }
        return typed
    }

    /// Shows output. While the reader takes nothing, signals still reach the container.
    mutating func show(_ bytes: UnsafeRawBufferPointer, of stream: LogStream) throws(Errno) {
        guard stream == .stdout ? options.stdout : options.stderr else { return }
        let fd = stream == .stdout ? stdout : stderr
        if neverBlocks(fd) { return try writeFully(bytes, to: fd) }
        var rest = bytes
        var set = PollSet()
        while !rest.isEmpty && ending == nil {
            set.removeAll()
            let room = set.add(fd, POLLOUT)
            let signalled = set.add(signals.raw, POLLIN)
            try set.wait()
            if set.events(at: signalled) != 0 { takeSignals() }
            if set.events(at: room) == 0 { continue }
            // A pipe that poll(2) calls writable takes this much without blocking.
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(Int(PIPE_BUF)))
            let count = try writeAvailable(piece, to: fd)
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
    }

    /// Tells the user something that is not the container's.
    func tell(_ text: String) {
        let bytes = Array("swocker: \(text)\n".utf8)
        bytes.withUnsafeBytes { try? writeFully($0, to: stderr) }
    }

    /// A reader that has gone says so by itself; a full disk does not.
    func tell(ofOutputError error: Errno) {
        if error != .brokenPipe { tell("write output: \(error)") }
    }

    private func neverBlocks(_ fd: CInt) -> Bool {
        var status = stat()
        guard fstat(fd, &status) == 0 else { return true }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return true
        case S_IFCHR: return !isTerminalDescriptor(fd)
        default: return false
        }
    }
}

/// `isTerminal`, where a member of that name hides it.
private func isTerminalDescriptor(_ fd: CInt) -> Bool { Linux.isTerminal(fd) }
