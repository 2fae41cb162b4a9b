// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// The two ends of a pipe, or of a pair of connected sockets.
@frozen
public struct DescriptorPair: ~Copyable {
    /// A pipe's end to read from; for sockets simply the first.
    public var first: OwnedFD
    /// A pipe's end to write to; for sockets simply the second.
    public var second: OwnedFD

    init(_ pair: (CInt, CInt)) {
        first = OwnedFD(adopting: pair.0)
        second = OwnedFD(adopting: pair.1)
    }

    /// Keeps the first end and closes the second.
    public consuming func takeFirst() -> OwnedFD { first }

    /// Keeps the second end and closes the first.
    public consuming func takeSecond() -> OwnedFD { second }

    /// pipe2(2), close-on-exec.
    public static func pipe(nonblocking: Bool = false) throws(Errno) -> DescriptorPair {
        var ends: (CInt, CInt) = (-1, -1)
        try syscall {
            withUnsafeMutablePointer(to: &ends) {
                $0.withMemoryRebound(to: CInt.self, capacity: 2) {
                    clinux_pipe($0, nonblocking ? 1 : 0)
                }
            }
        }
        return DescriptorPair(ends)
    }

    /// socketpair(2) of Unix sockets, close-on-exec; a byte stream, or packets with their bounds kept.
    public static func sockets(packets: Bool = false) throws(Errno) -> DescriptorPair {
        var ends: (CInt, CInt) = (-1, -1)
        try syscall {
            withUnsafeMutablePointer(to: &ends) {
                $0.withMemoryRebound(to: CInt.self, capacity: 2) {
                    clinux_socketpair($0, packets ? 1 : 0)
                }
            }
        }
        return DescriptorPair(ends)
    }
}

extension OwnedFD {
    /// Asks for another size of this pipe's buffer; beyond the user's limit it stays as it is
    /// (F_SETPIPE_SZ).
    /// - Parameter bytes: rounded up to a power of two.
    public func requestPipeSize(_ bytes: Int) {
        _ = clinux_fcntl(raw, CInt(clinux_F_SETPIPE_SZ), bytes)
    }
}
