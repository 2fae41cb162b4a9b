// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import Linux

/// A process that a command waits for: signals go to it, and with a terminal of its own also what is
/// typed here.
public struct ForegroundProcess: ~Copyable {
    private let pidfd: OwnedFD
    private let terminal: OwnedFD?
    private let signals: SignalQueue
    /// What was typed and does not fit into the terminal yet.
    private var typed: [UInt8] = []
    private var inputHasEnded = false
    private var buffer = [UInt8](repeating: 0, count: 1 << 15)

    /// - Parameters:
    ///   - pidfd: a child of this process.
    ///   - signals: those to pass on, held back since before the process began: one that comes between
    ///     its beginning and this would end this process and leave it alone.
    ///   - terminal: the main end of its terminal.
    public init(
        _ pidfd: consuming OwnedFD, signals: consuming SignalQueue,
        terminal: consuming OwnedFD? = nil
    ) throws(Errno) {
        switch terminal {
        case .some(let terminal): try terminal.setNonblocking(true)
        case nil: break
        }
        self.pidfd = pidfd
        self.signals = signals
        self.terminal = terminal
    }

    /// Waits for its end.
    public mutating func wait() throws(Errno) -> Termination {
        let main: CInt
        switch terminal {
        case .some(let terminal): main = terminal.raw
        case nil: return try waitForwarding()
        }
        let raw = isTerminal(0) ? try RawTerminal(0) : nil
        defer { withExtendedLifetime(raw) {} }
        resize(main)
        var poll = PollSet()
        while true {
            poll.removeAll()
            let ended = poll.add(pidfd.raw, POLLIN)
            let signal = poll.add(signals.raw, POLLIN)
            let screen = poll.add(main, typed.isEmpty ? POLLIN : POLLIN | POLLOUT)
            let keyboard = typed.isEmpty && !inputHasEnded ? poll.add(0, POLLIN) : nil
            try poll.wait()
            while poll.events(at: signal) != 0, let number = try signals.next() {
                if number == SIGWINCH { resize(main) } else { forward(number) }
            }
            if poll.events(at: keyboard) != 0 { readKeyboard() }
            if !typed.isEmpty { type(into: main) }
            if poll.events(at: screen) & POLLIN != 0 { _ = show(main) }
            if poll.events(at: ended) != 0 {
                while show(main) {}
                break
            }
        }
        return try pidfd.reap() ?? .exited(code: 255)
    }

    private func waitForwarding() throws(Errno) -> Termination {
        var poll = PollSet()
        let ended = poll.add(pidfd.raw, POLLIN)
        let signal = poll.add(signals.raw, POLLIN)
        while poll.events(at: ended) == 0 {
            try poll.wait()
            while poll.events(at: signal) != 0, let number = try signals.next() { forward(number) }
        }
        return try pidfd.reap() ?? .exited(code: 255)
    }

    private func forward(_ signal: Int32) { try? pidfd.send(signal: signal) }

    private func resize(_ main: CInt) {
        if let size = try? WindowSize(of: 0) { try? size.apply(to: main) }
    }

    private mutating func readKeyboard() {
        let count = buffer.withUnsafeMutableBytes { try? readAvailable(0, into: $0) }
        guard let count, count > 0 else {
            inputHasEnded = count == 0 || errno != EAGAIN
            return
        }
        typed += buffer[..<count]
    }

    private mutating func type(into main: CInt) {
        let count = typed.withUnsafeBytes { try? writeAvailable($0, to: main) } ?? typed.count
        typed.removeFirst(count)
    }

    /// - Returns: false when there is nothing more for now, or for ever.
    private mutating func show(_ main: CInt) -> Bool {
        guard
            let count = buffer.withUnsafeMutableBytes({ try? readAvailable(main, into: $0) }),
            count > 0
        else { return false }
        buffer.withUnsafeBytes { bytes in
            try? writeFully(UnsafeRawBufferPointer(rebasing: bytes[..<count]), to: 1)
        }
        return true
    }
}
