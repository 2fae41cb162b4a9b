// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// A pair of pseudo-terminal ends (pty(7)): what is written to one is read from the other, with a
/// terminal's line discipline between.
@frozen
public struct PseudoTerminal: ~Copyable {
    /// The end that stands for the screen and the keyboard.
    public var main: OwnedFD
    /// The end that programs see as their terminal.
    public var peer: OwnedFD

    /// Unlocks a freshly opened `ptmx` and opens its peer. The peer comes from the main end itself
    /// (TIOCGPTPEER), so no path inside a container is looked up.
    /// - Parameter ptmx: `ptmx` of the devpts file system that the pair shall belong to.
    public static func open(ptmx: consuming OwnedFD) throws(Errno) -> PseudoTerminal {
        let main = ptmx
        let raw = main.raw
        var unlocked: CInt = 0
        try syscall { clinux_ioctl(raw, UInt(clinux_TIOCSPTLCK), &unlocked) }
        let flags = O_RDWR | O_NOCTTY | O_CLOEXEC
        let peer = OwnedFD(adopting: try syscall { clinux_open_pty_peer(raw, flags) })
        return PseudoTerminal(main: main, peer: peer)
    }

    /// Opens a new pair of the devpts file system whose root directory is `devpts`.
    public static func open(devpts: CInt) throws(Errno) -> PseudoTerminal {
        try open(ptmx: OwnedFD.open("ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW, at: devpts))
    }

    /// Opens a new pair of the host's own devpts.
    public static func open() throws(Errno) -> PseudoTerminal {
        try open(ptmx: OwnedFD.open("/dev/ptmx", O_RDWR | O_NOCTTY))
    }

    /// Makes the peer the controlling terminal of this process, which must lead a session that has
    /// none (TIOCSCTTY).
    public func makeControlling() throws(Errno) {
        let raw = peer.raw
        try syscall { clinux_ioctl(raw, UInt(clinux_TIOCSCTTY), nil) }
    }
}
