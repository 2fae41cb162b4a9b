// SPDX-License-Identifier: Apache-2.0

@testable import DBus
import Glibc
import Linux
import Testing

/// A peer that has said everything before it is asked: what it hears is read after.
struct ConnectionTests {
    private func reply(to serial: UInt32, _ body: [Value] = []) -> [UInt8] {
        var reply = Message(.reply, serial: 100 + serial)
        reply.replySerial = serial
        reply.body = body
        return reply.bytes
    }

    private func signal(_ member: String, _ body: [Value] = []) -> [UInt8] {
        var signal = Message(.signal, serial: 50)
        (signal.path, signal.interface, signal.member) = ("/x", "a.b", member)
        signal.body = body
        return signal.bytes
    }

    /// Runs `body` with a socket whose peer has sent `bytes`.
    /// - Returns: what the peer got.
    private func talk(
        _ bytes: [UInt8], closes: Bool = false, _ body: (consuming OwnedFD) throws -> Void
    ) throws -> [UInt8] {
        var ends: [CInt] = [0, 0]
        let kind = CInt(SOCK_STREAM.rawValue)
        #expect(socketpair(AF_UNIX, kind, 0, &ends) == 0)
        defer { close(ends[0]) }
        try writeAll(bytes, to: ends[0])
        if closes { shutdown(ends[0], CInt(SHUT_WR)) }
        try body(OwnedFD(adopting: ends[1]))
        var heard = [UInt8](repeating: 0, count: 4096)
        let count = recv(ends[0], &heard, heard.count, CInt(truncatingIfNeeded: MSG_DONTWAIT))
        return Array(heard.prefix(max(0, count)))
    }

    static let ok = Array("OK 0123456789abcdef\r\n".utf8)

    @Test func introducesItselfAndCalls() throws {
        let others = reply(to: 77) + signal("Noise") + signal("Wanted", [.uint32(1)])
        let heard = try talk(
            Self.ok + others + reply(to: 1, [.path("/job")]) + signal("Wanted", [.uint32(2)])
        ) {
            var connection = try Connection.open(
                $0, isBus: false, keeping: "Wanted", milliseconds: 2000)
            let answer = try connection.call("M", on: "a.b", path: "/x", of: nil, [.bool(true)])
            #expect(answer == [.path("/job")])
            let second = try connection.signal { $0.body == [.uint32(2)] }
            #expect(second.member == "Wanted")
            // The first came before the answer and was kept.
            #expect(try connection.signal { _ in true }.body == [.uint32(1)])
        }
        let user = "\(geteuid())".utf8.map { String($0, radix: 16) }.joined()
        let introduction = Array("\0AUTH EXTERNAL \(user)\r\nBEGIN\r\n".utf8)
        #expect(heard.starts(with: introduction))
        let call = try Message(parsing: Array(heard.dropFirst(introduction.count)))
        #expect(call.member == "M" && call.interface == "a.b" && call.path == "/x")
        #expect(call.destination == nil && call.body == [.bool(true)])
    }

    @Test func aBusIsGreeted() throws {
        let heard = try talk(Self.ok + reply(to: 1, [.string(":1.7")])) {
            _ = try Connection.open($0, isBus: true, milliseconds: 2000)
        }
        #expect(String(decoding: heard, as: UTF8.self).contains("Hello"))
    }

    @Test func errorsOfThePeerAreItsWords() throws {
        var refusal = Message(.error, serial: 5)
        (refusal.replySerial, refusal.errorName) = (1, "a.b.NoSuchUnit")
        refusal.body = [.string("Unit x not loaded.")]
        let bytes = Self.ok + refusal.bytes
        _ = try talk(bytes) {
            var connection = try Connection.open($0, isBus: false, milliseconds: 2000)
            #expect(throws: DBusError.remote(name: "a.b.NoSuchUnit", text: "Unit x not loaded.")) {
                try connection.call("M", on: "a.b", path: "/x", of: nil)
            }
        }
    }

    @Test(
        arguments: [
            (Array("REJECTED KERBEROS\r\n".utf8), false, DBusError.refused("REJECTED KERBEROS")),
            ([], true, .closed), ([], false, .timedOut),
            (Array(repeating: 0x61, count: 600), false, .malformed("the introduction has no end")),
            (ok, true, .closed), (ok, false, .timedOut),
            (ok + Array(repeating: 0, count: 16), false, .malformed("its byte order is unknown")),
        ] as [([UInt8], Bool, DBusError)])
    func hostilePeers(_ bytes: [UInt8], _ closes: Bool, _ expected: DBusError) throws {
        _ = try talk(bytes, closes: closes) { socket in
            var failure: DBusError?
            do throws(DBusError) {
                var connection = try Connection.open(socket, isBus: false, milliseconds: 100)
                _ = try connection.call("M", on: "a.b", path: "/x", of: nil)
            } catch { failure = error }
            #expect(failure == expected)
        }
    }
}
