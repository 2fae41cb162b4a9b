// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// Sockets of TCP and UDP that never wait.
public enum TransportSocket {
    /// Begins to connect. TCP's socket becomes writable when it is connected, or has failed.
    /// - Parameter transport: IPPROTO_TCP or IPPROTO_UDP.
    public static func connect(
        transport: UInt8, to address: IPAddress, port: UInt16
    ) throws(Errno) -> OwnedFD {
        let type = transport == UInt8(IPPROTO_UDP) ? SOCK_DGRAM : SOCK_STREAM
        let kind = type.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        let family = address.isIPv4 ? AF_INET : AF_INET6
        let socket = OwnedFD(
            adopting: try syscall { Glibc.socket(family, CInt(kind), CInt(transport)) })
        let raw = socket.raw
        let name = socketAddress(address, port)
        do throws(Errno) {
            try syscall {
                name.withUnsafeBytes { bytes in
                    bytes.withMemoryRebound(to: sockaddr.self) {
                        Glibc.connect(raw, $0.baseAddress, socklen_t(bytes.count))
                    }
                }
            }
        } catch { if error.rawValue != EINPROGRESS { throw error } }
        return socket
    }

    /// Takes the next connection; nil when none waits. It does not wait either.
    /// - Throws: EMFILE and the like, when connections wait and cannot be taken.
    public static func accept(on listener: CInt) throws(Errno) -> OwnedFD? {
        do throws(Errno) {
            return OwnedFD(adopting: try syscall { clinux_accept(listener) })
        } catch {
            if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.rawValue) { throw error }
            return nil
        }
    }

    /// What became of a connection that was begun; nil when it stands.
    public static func failure(of socket: CInt) -> Errno? {
        var number: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        guard getsockopt(socket, SOL_SOCKET, SO_ERROR, &number, &size) == 0 else {
            return Errno(rawValue: errno)
        }
        return number == 0 ? nil : Errno(rawValue: number)
    }

    /// Notices a peer that is gone without a word (SO_KEEPALIVE).
    public static func keepAlive(_ socket: CInt) {
        var one: CInt = 1
        setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &one, socklen_t(MemoryLayout<CInt>.size))
    }

    /// Tells the peer that nothing follows.
    public static func finish(_ socket: CInt) { shutdown(socket, CInt(SHUT_WR)) }

    /// The next close breaks the connection instead of ending it: the peer learns that something
    /// failed (SO_LINGER).
    public static func breakOnClose(_ socket: CInt) {
        var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
        setsockopt(
            socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    }
}

/// Who sent a datagram, and to which of this host's addresses: an answer goes the same way back.
public struct DatagramOrigin: Hashable, Sendable {
    fileprivate var bytes = [UInt8](repeating: 0, count: Int(CLINUX_ORIGIN_SIZE))

    /// Asks the kernel to tell the origins of what a socket receives.
    public static func note(on socket: CInt, isIPv4: Bool) throws(Errno) {
        try syscall { clinux_note_origins(socket, isIPv4 ? 1 : 0) }
    }
}

/// Receives one datagram with its origin.
/// - Returns: nil when none is there.
public func receiveDatagram(
    on socket: CInt, into buffer: UnsafeMutableRawBufferPointer
) -> (count: Int, origin: DatagramOrigin)? {
    var origin = DatagramOrigin()
    let count = clinux_receive_datagram(
        socket, buffer.baseAddress, UInt(buffer.count), &origin.bytes)
    return count < 0 ? nil : (Int(count), origin)
}

/// Answers a datagram. What does not fit now is lost, as on any way.
public func answerDatagram(
    _ bytes: UnsafeRawBufferPointer, to origin: DatagramOrigin, on socket: CInt
) {
    _ = origin.bytes.withUnsafeBufferPointer {
        clinux_answer_datagram(socket, bytes.baseAddress, UInt(bytes.count), $0.baseAddress)
    }
}
