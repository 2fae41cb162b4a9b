// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// An open file descriptor with exactly one owner, closed when the owner goes.
public struct OwnedFD: ~Copyable, Sendable {
    public let raw: CInt

    /// Takes over `raw`, which nobody else closes.
    public init(adopting raw: CInt) { self.raw = raw }

    deinit { close(raw) }

    /// Gives the descriptor away: the caller closes it.
    public consuming func release() -> CInt {
        let raw = raw
        discard self
        return raw
    }
}

extension OwnedFD {
    /// A copy of the descriptor (fcntl(2) F_DUPFD_CLOEXEC).
    public func duplicate() throws(Errno) -> OwnedFD {
        let raw = raw
        return OwnedFD(
            adopting: try syscall { clinux_fcntl(raw, F_DUPFD_CLOEXEC, 3) })
    }

    /// Sets or clears O_NONBLOCK.
    public func setNonblocking(_ nonblocking: Bool) throws(Errno) {
        let raw = raw
        let flags = try syscall { clinux_fcntl(raw, F_GETFL, 0) }
        let wanted = nonblocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK
        if wanted != flags { try syscall { clinux_fcntl(raw, F_SETFL, Int(wanted)) } }
    }

    /// Sets or clears close-on-exec.
    public func setCloseOnExec(_ closes: Bool) throws(Errno) {
        let raw = raw
        try syscall { clinux_fcntl(raw, F_SETFD, closes ? Int(FD_CLOEXEC) : 0) }
    }
}
