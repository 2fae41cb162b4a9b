// SPDX-License-Identifier: Apache-2.0

internal import CLinux
public import Glibc

/// How a process ended (waitid(2)).
public enum Termination: Equatable, Sendable {
    case exited(code: Int32)
    case signaled(Int32, coreDumped: Bool)

    /// The shell's and Docker's single number: the code, or 128 plus the signal.
    public var exitCode: Int32 {
        switch self {
        case .exited(let code): code
        case .signaled(let signal, _): 128 + signal
        }
    }
}

extension OwnedFD {
    /// A descriptor that stands for a process and never for another one (pidfd_open(2)). It becomes
    /// readable when the process ends.
    public static func pidfd(of pid: pid_t) throws(Errno) -> OwnedFD {
        OwnedFD(adopting: try syscall { clinux_pidfd_open(pid, 0) })
    }

    /// Sends a signal to the process of this pidfd (pidfd_send_signal(2)).
    public func send(signal: Int32) throws(Errno) {
        let raw = raw
        try syscall { clinux_pidfd_send_signal(raw, signal) }
    }

    /// A copy of a descriptor that the process of this pidfd has open (pidfd_getfd(2), Linux 5.6).
    /// Needs the right to trace it.
    public func descriptor(_ number: CInt) throws(Errno) -> OwnedFD {
        let raw = raw
        return OwnedFD(adopting: try syscall { clinux_pidfd_getfd(raw, number) })
    }

    /// Reaps the child of this pidfd (waitid(2) P_PIDFD).
    /// - Parameter blocking: whether to wait; without, nil says that it still runs.
    public func reap(blocking: Bool = true) throws(Errno) -> Termination? {
        let raw = raw
        var code: CInt = 0
        var status: CInt = 0
        let options = CInt(clinux_WEXITED) | (blocking ? 0 : CInt(clinux_WNOHANG))
        try syscall { clinux_waitid_pidfd(raw, options, &code, &status) }
        switch Int64(code) {
        case 0: return nil
        case clinux_CLD_EXITED: return .exited(code: status)
        default:
            return .signaled(status, coreDumped: Int64(code) == clinux_CLD_DUMPED)
        }
    }

    /// Whether poll(2) finds this descriptor readable within `milliseconds` (-1 waits for ever). A
    /// pidfd is readable once its process has ended.
    public func isReadable(within milliseconds: Int32) throws(Errno) -> Bool {
        var entry = pollfd(fd: raw, events: Int16(POLLIN), revents: 0)
        return try syscall { poll(&entry, 1, milliseconds) } > 0
    }
}
