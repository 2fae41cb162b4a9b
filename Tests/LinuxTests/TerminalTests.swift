// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux
import Testing

struct TerminalTests {
    @Test func rawModeIsUndone() throws {
        let terminal = try PseudoTerminal.open()
        let fd = terminal.peer.raw
        let before = try flags(of: fd)
        do {
            let raw = try RawTerminal(fd)
            #expect(try flags(of: fd) & tcflag_t(ECHO | ICANON | ISIG) == 0)
            _ = consume raw
        }
        #expect(try flags(of: fd) == before)
    }

    @Test func keysPassUnchangedInRawMode() throws {
        let terminal = try PseudoTerminal.open()
        let raw = try RawTerminal(terminal.peer.raw)
        try terminal.main.writeAll([3, 4, 13, 16, 17, 26])
        var keys = [UInt8](repeating: 0, count: 16)
        let count = try keys.withUnsafeMutableBytes { try terminal.peer.read(into: $0) }
        #expect(Array(keys[..<count]) == [3, 4, 13, 16, 17, 26])
        _ = consume raw
    }

    @Test func windowSizeIsSharedByBothEnds() throws {
        let terminal = try PseudoTerminal.open()
        try WindowSize(rows: 33, columns: 101).apply(to: terminal.main.raw)
        #expect(try WindowSize(of: terminal.peer.raw) == WindowSize(rows: 33, columns: 101))
    }

    @Test func aPipeHasNoMode() throws {
        let pipe = try DescriptorPair.pipe()
        let fd = pipe.first.raw
        #expect(throws: Errno(rawValue: ENOTTY)) { _ = try RawTerminal(fd) }
        #expect(!isTerminal(fd))
    }

    @Test func signalsBecomeReadable() throws {
        let queue = try SignalQueue([SIGUSR1, SIGWINCH])
        #expect(try queue.next() == nil)
        pthread_kill(pthread_self(), SIGWINCH)
        #expect(try queue.next() == SIGWINCH)
        #expect(try queue.next() == nil)
    }

    private func flags(of fd: CInt) throws(Errno) -> tcflag_t {
        var mode = termios()
        try syscall { tcgetattr(fd, &mode) }
        return mode.c_lflag
    }
}
