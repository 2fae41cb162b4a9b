// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// Datagrams of one sender to one port, and the answers to them.
final class RelayedFlow {
    struct Key: Hashable {
        /// The descriptor of the socket that the sender sends to.
        let port: CInt
        let origin: DatagramOrigin
    }

    let key: Key
    /// When something passed last, nanoseconds of `Clock.monotonic`.
    private(set) var used = Clock.monotonic
    private let server: OwnedFD

    init(_ key: Key, server: consuming OwnedFD) {
        self.key = key
        self.server = server
    }

    var socket: CInt { server.raw }

    /// What does not fit now is lost, as on any way.
    func send(_ bytes: UnsafeRawBufferPointer) {
        used = Clock.monotonic
        _ = try? sendAvailable(bytes, to: server.raw)
    }

    /// Passes on what the server has answered, a bounded part of it.
    func answer(through buffer: UnsafeMutableRawBufferPointer) {
        used = Clock.monotonic
        for _ in 0..<64 {
            // An error is the server's "port unreachable": taken, and not passed on.
            let count = recv(server.raw, buffer.baseAddress, buffer.count, CInt(MSG_DONTWAIT))
            guard count >= 0 else { return }
            answerDatagram(
                UnsafeRawBufferPointer(rebasing: buffer[..<count]), to: key.origin, on: key.port)
        }
    }
}
