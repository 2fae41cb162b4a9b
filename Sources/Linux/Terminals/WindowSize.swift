// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// A terminal's size in characters (ioctl_tty(2) TIOCGWINSZ).
public struct WindowSize: Equatable, Sendable {
    public var rows: UInt16
    public var columns: UInt16

    public init(rows: UInt16, columns: UInt16) {
        self.rows = rows
        self.columns = columns
    }

    /// The size of the terminal behind `fd`.
    public init(of fd: CInt) throws(Errno) {
        var size = winsize()
        try syscall { clinux_ioctl(fd, UInt(clinux_TIOCGWINSZ), &size) }
        self.init(rows: size.ws_row, columns: size.ws_col)
    }

    /// Gives the terminal behind `fd` this size; its foreground processes get SIGWINCH.
    public func apply(to fd: CInt) throws(Errno) {
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        try syscall { clinux_ioctl(fd, UInt(clinux_TIOCSWINSZ), &size) }
    }
}
