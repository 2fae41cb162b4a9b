// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// Signals as readable events (signalfd(2)). While it lives the signals are blocked in this thread,
/// so none of them ends the process; afterwards the mask is what it was.
public struct SignalQueue: ~Copyable {
    private let descriptor: OwnedFD
    private let former: sigset_t

    /// - Parameter signals: the numbers to receive.
    public init(_ signals: [Int32]) throws(Errno) {
        var former = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &former)
        var mask: UInt64 = 0
        for signal in signals { mask |= 1 << UInt64(signal - 1) }
        descriptor = OwnedFD(adopting: try syscall { clinux_signalfd(&mask) })
        self.former = former
    }

    deinit {
        var former = former
        pthread_sigmask(SIG_SETMASK, &former, nil)
    }

    /// The descriptor to poll for POLLIN.
    public var raw: CInt { descriptor.raw }

    /// Forgets the signals that are pending, for who knows the descriptor only.
    public static func drain(_ raw: CInt) {
        var messages = [UInt8](repeating: 0, count: 8 * 128)
        _ = read(raw, &messages, messages.count)
    }

    /// The next signal's number, or nil when none is pending.
    public func next() throws(Errno) -> Int32? {
        // struct signalfd_siginfo is 128 bytes and begins with ssi_signo, 32 bits.
        var message = [UInt32](repeating: 0, count: 32)
        let fd = raw
        var failure: Errno?
        let count = message.withUnsafeMutableBytes { buffer -> Int? in
            do throws(Errno) { return try readAvailable(fd, into: buffer) } catch {
                failure = error
                return nil
            }
        }
        if let failure { throw failure }
        guard let count, count > 0 else { return nil }
        return Int32(message[0])
    }
}

/// Signal numbers as the command line knows them.
public enum CatchableSignals {
    /// All that can be caught, without those that concern only the process itself (CHLD, PIPE, URG)
    /// and the two that the C library keeps for its threads.
    public static var forwardable: [Int32] {
        (1...64).filter { signal in
            switch signal {
            case SIGKILL, SIGSTOP, SIGCHLD, SIGPIPE, SIGURG, 32, 33: false
            default: true
            }
        }
    }
}
