// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Sockets of IPv4 and IPv6 that never keep who uses them waiting. They belong to the network
/// namespace in which they were made.
public enum InternetSocket {
    /// Single messages (UDP), or a stream of bytes (TCP).
    public enum Kind: Sendable { case datagrams, stream }

    /// A socket at an address and at a port that the kernel chooses. A stream's one listens.
    public static func serving(_ kind: Kind, at address: IPv4Address) throws(Errno) -> OwnedFD {
        let socket = try open(kind, isIPv4: true)
        let raw = socket.raw
        let name = socketAddress(.v4(address), 0)
        try syscall { withAddress(name) { bind(raw, $0, $1) } }
        if kind == .stream { try syscall { listen(raw, 16) } }
        return socket
    }

    /// A socket that takes from and sends to one address alone; a stream may not be through yet.
    /// - Parameter name: what `socketAddress` says.
    public static func connecting(_ kind: Kind, to name: [UInt8]) throws(Errno) -> OwnedFD {
        let socket = try open(kind, isIPv4: name.count == 16)
        let raw = socket.raw
        do throws(Errno) { try syscall { withAddress(name) { connect(raw, $0, $1) } } } catch {
            guard error.rawValue == EINPROGRESS else { throw error }
        }
        return socket
    }

    /// The port that a socket has.
    public static func port(of socket: borrowing OwnedFD) throws(Errno) -> UInt16 {
        let raw = socket.raw
        var name = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        try syscall {
            withUnsafeMutablePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    getsockname(raw, $0, &size)
                }
            }
        }
        return UInt16(bigEndian: name.sin_port)
    }

    /// Takes up to `limit` bytes of what has come; 0 at the end, nil when nothing is there now.
    public static func receive(
        over socket: CInt, into buffer: inout [UInt8], limit: Int = .max
    ) throws(Errno) -> Int? {
        let room = min(buffer.count, limit)
        do throws(Errno) { return try syscall { recv(socket, &buffer, room, 0) } } catch {
            if error == .wouldBlock { return nil }
            throw error
        }
    }

    /// Sends what fits now; a closed peer is an error and never a signal.
    /// - Returns: how many bytes were taken, 0 when none fits.
    public static func send(_ bytes: [UInt8], over socket: CInt) throws(Errno) -> Int {
        let flags = CInt(truncatingIfNeeded: MSG_NOSIGNAL)
        do throws(Errno) {
            return try syscall { Glibc.send(socket, bytes, bytes.count, flags) }
        } catch {
            if error == .wouldBlock { return 0 }
            throw error
        }
    }

    /// Takes a message and who sent it; nil when there is none.
    public static func receive(
        from socket: borrowing OwnedFD, into buffer: inout [UInt8]
    ) throws(Errno) -> (count: Int, sender: [UInt8])? {
        let raw = socket.raw
        var name = [UInt8](repeating: 0, count: 28)
        var size = socklen_t(28)
        let room = buffer.count
        do throws(Errno) {
            let count = try syscall {
                buffer.withUnsafeMutableBytes { bytes in
                    name.withUnsafeMutableBytes { name in
                        name.withMemoryRebound(to: sockaddr.self) {
                            recvfrom(raw, bytes.baseAddress, room, 0, $0.baseAddress, &size)
                        }
                    }
                }
            }
            return (count, Array(name.prefix(Int(size))))
        } catch {
            if error == .wouldBlock { return nil }
            throw error
        }
    }

    /// Sends a message to an address; one that does not fit into the kernel's queue is lost, as any
    /// may be.
    public static func send(
        _ bytes: [UInt8], over socket: borrowing OwnedFD, to name: [UInt8]
    ) throws(Errno) {
        let raw = socket.raw
        try syscall {
            withAddress(name) {
                sendto(raw, bytes, bytes.count, CInt(truncatingIfNeeded: MSG_NOSIGNAL), $0, $1)
            }
        }
    }

    private static func open(
        _ kind: Kind, isIPv4: Bool
    ) throws(Errno) -> OwnedFD {
        let type = kind == .datagrams ? SOCK_DGRAM : SOCK_STREAM
        let flags = CInt(type.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let family = isIPv4 ? AF_INET : AF_INET6
        return OwnedFD(adopting: try syscall { socket(family, flags, 0) })
    }

    private static func withAddress<Result>(
        _ name: [UInt8], _ body: (UnsafePointer<sockaddr>?, socklen_t) -> Result
    ) -> Result {
        name.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) {
                body($0.baseAddress, socklen_t(bytes.count))
            }
        }
    }
}
