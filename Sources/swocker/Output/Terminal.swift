// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What stands at the other end of a standard stream.
struct Terminal {
    let descriptor: CInt

    static let input = Terminal(descriptor: STDIN_FILENO)
    static let output = Terminal(descriptor: STDOUT_FILENO)
    static let error = Terminal(descriptor: STDERR_FILENO)

    /// Whether it is a terminal and not a file or a pipe.
    var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Whether colour and cursor movements are welcome: a terminal that is not dumb, and no
    /// `NO_COLOR` (https://no-color.org).
    var hasColour: Bool {
        guard isTerminal, Self.environment("NO_COLOR") ?? "" == "" else { return false }
        return Self.environment("TERM") ?? "dumb" != "dumb"
    }

    /// Whether cursor movements are obeyed: a terminal that is not dumb.
    var hasCursor: Bool { isTerminal && Self.environment("TERM") ?? "dumb" != "dumb" }

    /// Columns of the window (ioctl_tty(2), TIOCGWINSZ); 80 if there is none.
    var width: Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    private static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// Writes all of `text`; what cannot be written, as into a closed pipe, is dropped.
    func write(_ text: String) {
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count >= 0 {
                done += count
            } else if errno != EINTR {
                return
            }
        }
    }
}

/// Colours of a terminal (ECMA-48, SGR).
enum Colour: String {
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
    case bold = "1"
    case faint = "2"

    /// `text` in the colour, if `terminal` has any.
    func paint(_ text: String, for terminal: Terminal) -> String {
        terminal.hasColour ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
    }
}
