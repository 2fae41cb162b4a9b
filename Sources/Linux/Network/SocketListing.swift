// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// A socket of the host's that holds a port.
public struct HeldPort: Equatable, Sendable {
    public let address: IPAddress
    public let port: UInt16
    /// Of the socket in the kernel's sockfs, as links in /proc/PID/fd name it.
    public let inode: UInt32
}

extension NetlinkSocket {
    /// The ports that sockets of this namespace listen on (TCP) or are bound to (others), as
    /// sock_diag(7) lists them. Opened with `.socketDiagnosis`.
    /// - Parameter transport: IPPROTO_TCP, IPPROTO_UDP, …
    public mutating func heldPorts(
        transport: UInt8, isIPv4: Bool
    ) throws(NetlinkError) -> [HeldPort] {
        let listening: UInt32 = 1 << 10
        let states = transport == UInt8(IPPROTO_TCP) ? listening : .max
        // struct inet_diag_req_v2: family, protocol, extensions, padding, states, then the socket
        // that is looked for, which is any.
        var fixed: [UInt8] = [UInt8(isIPv4 ? AF_INET : AF_INET6), transport, 0, 0]
        withUnsafeBytes(of: states) { fixed += $0 }
        fixed += [UInt8](repeating: 0, count: 48)
        var found: [HeldPort] = []
        try ask(NetlinkMessage(UInt16(clinux_SOCK_DIAG_BY_FAMILY), .dump, fixed: fixed)) { answer in
            let bytes = answer.payload.dropFirst(8).prefix(isIPv4 ? 4 : 16)
            guard let address = IPAddress(bytes: bytes) else { return }
            found.append(
                HeldPort(
                    address: address, port: UInt16(bigEndian: answer.fixed(4, as: UInt16.self)),
                    inode: answer.fixed(68, as: UInt32.self)))
        }
        return found
    }
}

/// Sockets that hold a port of the host's, so that no other program takes it.
public enum PortHolder {
    /// Binds a socket to an address and port.
    /// - Parameters:
    ///   - transport: IPPROTO_TCP, IPPROTO_UDP or IPPROTO_SCTP.
    ///   - listens: whether connections are taken, and do not wait. Then what is left of former ones
    ///     (TIME_WAIT) does not keep the port.
    /// - Throws: EADDRINUSE when another has it, EADDRNOTAVAIL when the address is not the host's.
    public static func bind(
        transport: UInt8, to address: IPAddress, port: UInt16, listens: Bool = false
    ) throws(Errno) -> OwnedFD {
        let type = transport == UInt8(IPPROTO_UDP) ? SOCK_DGRAM : SOCK_STREAM
        let kind = CInt(type.rawValue | SOCK_CLOEXEC.rawValue)
        let family = address.isIPv4 ? AF_INET : AF_INET6
        let socket = OwnedFD(
            adopting: try syscall { Glibc.socket(family, kind, CInt(transport)) })
        let raw = socket.raw
        let size = socklen_t(MemoryLayout<CInt>.size)
        var one: CInt = 1
        if !address.isIPv4 {
            try syscall { setsockopt(raw, CInt(IPPROTO_IPV6), IPV6_V6ONLY, &one, size) }
        }
        let isStream = type == SOCK_STREAM
        if listens, isStream {
            try syscall { setsockopt(raw, SOL_SOCKET, SO_REUSEADDR, &one, size) }
        }
        let name = socketAddress(address, port)
        try syscall {
            name.withUnsafeBytes { bytes in
                bytes.withMemoryRebound(to: sockaddr.self) {
                    Glibc.bind(raw, $0.baseAddress, socklen_t(bytes.count))
                }
            }
        }
        if listens {
            try socket.setNonblocking(true)
            if isStream {
                try syscall { listen(raw, 128) }
            } else {
                try DatagramOrigin.note(on: raw, isIPv4: address.isIPv4)
            }
        }
        return socket
    }
}

/// `struct sockaddr_in` or `sockaddr_in6`.
public func socketAddress(_ address: IPAddress, _ port: UInt16) -> [UInt8] {
    var bytes: [UInt8] = []
    withUnsafeBytes(of: UInt16(address.isIPv4 ? AF_INET : AF_INET6)) { bytes += $0 }
    withUnsafeBytes(of: port.bigEndian) { bytes += $0 }
    if address.isIPv4 { return bytes + address.bytes + [UInt8](repeating: 0, count: 8) }
    return bytes + [0, 0, 0, 0] + address.bytes + [0, 0, 0, 0]
}
