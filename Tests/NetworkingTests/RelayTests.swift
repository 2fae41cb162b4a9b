// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux
import Testing

@testable import Networking

/// Connections and datagrams from ::1 to 127.0.0.1, with both ends and the relay in one thread.
@Suite struct RelayTests {
    private static let one = IPAddress.v6(IPv6Address(1))
    private static let home = IPAddress.v4(IPv4Address(0x7F00_0001))

    /// A port that a relay serves, the server behind it, and the relay.
    private struct Way: ~Copyable {
        let relay: PortRelay
        let port: OwnedFD
        let server: OwnedFD
        let number: UInt16

        init(_ transport: TransportNumber) throws {
            let server = try PortHolder.bind(
                transport: transport.rawValue, to: RelayTests.home, port: 0, listens: true)
            let port = try PortHolder.bind(
                transport: transport.rawValue, to: RelayTests.one, port: 0, listens: true)
            let number = try RelayTests.number(of: port.raw)
            let relay = try PortRelay()
            let target = RelayTarget(RelayTests.home, try RelayTests.number(of: server.raw))
            try relay.serve(port.raw, transport, leadingTo: [target])
            self.server = server
            self.port = port
            self.number = number
            self.relay = relay
        }

        /// Lets the relay work until it has nothing to do, or `isDone` says so.
        func work(until isDone: () -> Bool = { false }) {
            for _ in 0..<2000 {
                if isDone() { return }
                var set = PollSet()
                set.add(relay.descriptor, POLLIN)
                _ = try? set.wait(milliseconds: 1)
                relay.proceed()
            }
        }
    }

    private static func number(of socket: CInt) throws -> UInt16 {
        var name = sockaddr_in6()
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let result = withUnsafeMutablePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &size) }
        }
        try #require(result == 0)
        return UInt16(bigEndian: name.sin6_port)
    }

    private static func take(_ socket: CInt, _ most: Int = 1 << 16) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: most)
        let count = recv(socket, &bytes, most, CInt(MSG_DONTWAIT))
        return count < 0 ? nil : Array(bytes[..<count])
    }

    private static func give(_ socket: CInt, _ bytes: [UInt8]) -> Int {
        send(socket, bytes, bytes.count, CInt(MSG_DONTWAIT | MSG_NOSIGNAL))
    }

    @Test func aConnectionIsPassedOnBothWays() throws {
        let way = try Way(.tcp)
        let client = try TransportSocket.connect(transport: 6, to: Self.one, port: way.number)
        var accepted: CInt = -1
        way.work {
            if let socket = try? TransportSocket.accept(on: way.server.raw) {
                accepted = socket.release()
                return true
            }
            return false
        }
        let server = OwnedFD(adopting: try #require(accepted >= 0 ? accepted : nil))
        #expect(Self.give(client.raw, Array("ping".utf8)) == 4)
        TransportSocket.finish(client.raw)
        var heard: [UInt8] = []
        var hasEnded = false
        way.work {
            if let part = Self.take(server.raw) {
                heard += part
                hasEnded = part.isEmpty
            }
            return hasEnded
        }
        // What the client said, and that it will say no more; the answer comes all the same.
        #expect(hasEnded && heard == Array("ping".utf8))
        let answer = [UInt8](repeating: 7, count: 3 << 20)
        var sent = 0
        var received = 0
        var clientHasEnded = false
        way.work {
            if sent < answer.count {
                sent += max(0, Self.give(server.raw, Array(answer[sent...].prefix(1 << 16))))
                if sent == answer.count { TransportSocket.finish(server.raw) }
            }
            if let part = Self.take(client.raw) {
                received += part.count
                clientHasEnded = part.isEmpty
            }
            return clientHasEnded
        }
        #expect(received == answer.count)
        way.work { way.relay.count == 0 }
        #expect(way.relay.count == 0)
    }

    /// Nobody takes a broken connection for an empty answer.
    @Test func aRefusedConnectionIsBroken() throws {
        let way = try Way(.tcp)
        shutdown(way.server.raw, CInt(SHUT_RDWR))  // listens no more
        let client = try TransportSocket.connect(transport: 6, to: Self.one, port: way.number)
        var failure: Errno?
        way.work {
            failure = TransportSocket.failure(of: client.raw)
            return failure != nil
        }
        #expect(failure == .connectionReset)
        #expect(way.relay.count == 0)
    }

    @Test func connectionsBeyondTheLimitWait() throws {
        let way = try Way(.tcp)
        var clients: [CInt] = []
        defer { for client in clients { close(client) } }
        for _ in 0..<(PortRelay.limit + 20) {
            clients.append(
                try TransportSocket.connect(transport: 6, to: Self.one, port: way.number)
                    .release())
            way.relay.proceed()
        }
        way.work { way.relay.count == PortRelay.limit }
        #expect(way.relay.count == PortRelay.limit)
        for client in clients.prefix(40) {
            TransportSocket.breakOnClose(client)
            close(client)
        }
        clients.removeFirst(40)
        way.work { way.relay.count == PortRelay.limit + 20 - 40 }
        #expect(way.relay.count == PortRelay.limit + 20 - 40)
    }

    @Test func datagramsAreAnswered() throws {
        let way = try Way(.udp)
        let clients = try (0..<3).map { _ in
            try TransportSocket.connect(transport: 17, to: Self.one, port: way.number).release()
        }
        defer { for client in clients { close(client) } }
        for (number, client) in clients.enumerated() {
            #expect(Self.give(client, [UInt8(number)]) == 1)
        }
        var buffer = [UInt8](repeating: 0, count: 100)
        var answers: [[UInt8]?] = [nil, nil, nil]
        way.work {
            buffer.withUnsafeMutableBytes { buffer in
                while let (count, origin) = receiveDatagram(on: way.server.raw, into: buffer) {
                    answerDatagram(
                        UnsafeRawBufferPointer(rebasing: buffer[..<count]), to: origin,
                        on: way.server.raw)
                }
            }
            for (number, client) in clients.enumerated() {
                answers[number] = answers[number] ?? Self.take(client)
            }
            return !answers.contains(nil)
        }
        // Each got its own back.
        #expect(answers == [[0], [1], [2]])
        #expect(way.relay.count == 3 && way.relay.due != nil)
        way.relay.remove(way.port.raw)
        #expect(way.relay.count == 0 && way.relay.due == nil)
    }
}
