// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux

/// Two sockets of this process in another network namespace, one for UDP and one for TCP.
final class SocketsInside {
    private let datagrams: CInt
    private let listener: CInt

    /// - Parameter namespace: its path.
    init(_ namespace: String) throws {
        let home = try OwnedFD.open("/proc/thread-self/ns/net")
        let there = try OwnedFD.open(namespace)
        try Namespaces.join(there.raw, .network)
        datagrams = socket(AF_INET, CInt(SOCK_DGRAM.rawValue), 0)
        listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        try Namespaces.join(home.raw, .network)
    }

    deinit {
        close(datagrams)
        close(listener)
    }

    /// Takes a port of all addresses for UDP; 0, or the kernel's refusal.
    func bindDatagrams(_ port: UInt16) -> CInt { bind(datagrams, to: port) }

    /// Listens on a port of all addresses; 0, or the kernel's refusal.
    func listen(_ port: UInt16) -> CInt {
        let failure = bind(listener, to: port)
        if failure != 0 { return failure }
        return Glibc.listen(listener, 4) == 0 ? 0 : errno
    }

    /// Who connects within some seconds.
    func peer() -> String? {
        guard isReadable(listener) else { return nil }
        var name = [UInt8](repeating: 0, count: 16)
        var size = socklen_t(16)
        let connection = name.withUnsafeMutableBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { accept(listener, $0.baseAddress, &size) }
        }
        guard connection >= 0 else { return nil }
        close(connection)
        return IPAddress(bytes: name[4..<8]).map { "\($0)" }
    }

    func send(_ bytes: [UInt8], to address: String) {
        guard let address = IPAddress(parsing: address) else { return }
        _ = withName(address, 53) { sendto(datagrams, bytes, bytes.count, 0, $0, $1) }
    }

    /// Sends a message and waits for one; empty when none comes.
    func ask(_ bytes: [UInt8], at address: String) -> [UInt8] {
        send(bytes, to: address)
        guard isReadable(datagrams) else { return [] }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(datagrams, &buffer, 4096, 0)
        return Array(buffer.prefix(max(0, count)))
    }

    private func isReadable(_ socket: CInt) -> Bool {
        var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, CInt(10_000 * patience)) > 0
    }

    private func bind(_ socket: CInt, to port: UInt16) -> CInt {
        let result = withName(.v4(IPv4Address(0)), port) { Glibc.bind(socket, $0, $1) }
        return result == 0 ? 0 : errno
    }

    private func withName<Result>(
        _ address: IPAddress, _ port: UInt16,
        _ body: (UnsafePointer<sockaddr>?, socklen_t) -> Result
    ) -> Result {
        let name = socketAddress(address, port)
        return name.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) {
                body($0.baseAddress, socklen_t(bytes.count))
            }
        }
    }
}
