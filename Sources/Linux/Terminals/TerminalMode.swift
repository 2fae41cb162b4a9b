// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Whether `fd` is a terminal (isatty(3)).
public func isTerminal(_ fd: CInt) -> Bool { isatty(fd) == 1 }

/// A terminal in raw mode: every key is a byte, nothing is echoed, nothing is translated. When the
/// value goes, the terminal is as it was found.
public struct RawTerminal: ~Copyable {
    private let fd: CInt
    private let former: termios

    /// - Parameter fd: the terminal; it stays the caller's and must outlive this value.
    public init(_ fd: CInt) throws(Errno) {
        var former = termios()
        try syscall { tcgetattr(fd, &former) }
        var raw = former
        cfmakeraw(&raw)
        try syscall { tcsetattr(fd, TCSADRAIN, &raw) }
        self.fd = fd
        self.former = former
    }

    // TCSADRAIN, not TCSAFLUSH: what was typed ahead belongs to the shell.
    deinit {
        var former = former
        while tcsetattr(fd, TCSADRAIN, &former) == -1 && errno == EINTR {}
    }
}
