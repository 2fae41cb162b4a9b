// SPDX-License-Identifier: Apache-2.0

@testable import DBus
import Testing

/// Messages to bytes and back, and bytes that nobody should have sent.
struct MessageTests {
    static let call: Message = {
        var call = Message(.call, serial: 1)
        (call.path, call.member) = ("/a", "M")
        call.body = [
            .string("hi"), .array(of: "(sv)", [.structure([.string("P"), .variant(.uint64(7))])]),
        ]
        return call
    }()

    /// Counted by hand from the specification.
    static let callBytes: [UInt8] =
        [0x6C, 1, 0, 1, 40, 0, 0, 0, 1, 0, 0, 0, 44, 0, 0, 0]
        // PATH, an object path.
        + [1, 1, 0x6F, 0, 2, 0, 0, 0, 0x2F, 0x61, 0, 0, 0, 0, 0, 0]
        // MEMBER, a string.
        + [3, 1, 0x73, 0, 1, 0, 0, 0, 0x4D, 0, 0, 0, 0, 0, 0, 0]
        // SIGNATURE.
        + [8, 1, 0x67, 0, 6] + Array("sa(sv)".utf8) + [0] + [0, 0, 0, 0]
        // "hi"; the array's length, its padding, the structure.
        + [2, 0, 0, 0, 0x68, 0x69, 0, 0] + [24, 0, 0, 0] + [0, 0, 0, 0]
        + [1, 0, 0, 0, 0x50, 0, 1, 0x74, 0, 0, 0, 0, 0, 0, 0, 0] + [7, 0, 0, 0, 0, 0, 0, 0]

    @Test func bytesOfACall() {
        let expected = Self.callBytes.count
        #expect(Self.call.bytes.count == expected)
        #expect(Self.call.bytes == Self.callBytes)
    }

    static let values: [Value] = [
        .byte(7), .bool(true), .int16(-2), .uint16(65535), .int32(-5), .uint32(5), .int64(.min),
        .uint64(.max), .double(1.5), .string(""), .string("ä"), .path("/org/x"),
        .signature("a{sv}"), .descriptor(3), .variant(.array(of: "y", [.byte(1), .byte(2)])),
        .array(of: "s", []), .array(of: "t", [.uint64(1), .uint64(2)]),
        .array(of: "{sv}", [.entry(.string("k"), .variant(.bool(false)))]),
        .array(of: "as", [.array(of: "s", [.string("a")]), .array(of: "s", [])]),
        .structure([.byte(1), .structure([.uint64(2)]), .string("z")]),
    ]

    @Test(arguments: values)
    func comesBack(_ value: Value) throws {
        var message = Message(.signal, serial: 9)
        (message.path, message.interface, message.member) = ("/p", "a.b", "C")
        (message.sender, message.destination) = (":1.5", "org.x")
        // Behind an odd byte, so that padding matters.
        message.body = [.byte(1), value]
        #expect(try Message(parsing: message.bytes) == message)
    }

    @Test func bigEndianIsRead() throws {
        let bytes: [UInt8] = [
            0x42, 2, 1, 1, 0, 0, 0, 4, 0, 0, 0, 8, 0, 0, 0, 15,
            5, 1, 0x75, 0, 0, 0, 0, 7, 8, 1, 0x67, 0, 1, 0x75, 0, 0, 1, 2, 3, 4,
        ]
        let message = try Message(parsing: bytes)
        #expect(message.replySerial == 7)
        #expect(message.body == [.uint32(0x0102_0304)])
    }

    /// Every message with one byte changed, and every one cut short: an error or a message, and no
    /// end of the process.
    @Test func nothingBreaksTheParser() {
        var whole = Message(.reply, serial: 3)
        whole.replySerial = 2
        whole.body = Self.values
        let bytes = whole.bytes
        var parsed = 0
        for place in bytes.indices {
            for byte in [0, 1, 0x28, 0x61, 0x7F, 0x80, 0xFF] as [UInt8] where byte != bytes[place] {
                var changed = bytes
                changed[place] = byte
                if (try? Message(parsing: changed)) != nil { parsed += 1 }
            }
            #expect(throws: DBusError.self) { try Message(parsing: Array(bytes[..<place])) }
        }
        // Numbers may change and be numbers still.
        #expect(parsed > 0)
    }

    /// Depth costs stack; a hostile signature has as much as it likes.
    @Test(arguments: [
        String(repeating: "(", count: 255), "(", "()",
        "{sv}", "a{s}",
        "a{sv", "a(s}", "z", "av)", "v",
    ])
    func wrongSignatures(_ signature: String) {
        for fill in [0, 1, 0x76] as [UInt8] {
            var reader = Unmarshalling(Array(repeating: fill, count: 4096), bigEndian: false)
            #expect(throws: DBusError.self) { _ = try reader.values(signature + "\u{1}") }
        }
    }

    @Test func variantsInVariantsEnd() {
        let bytes = Array(repeating: [1, 0x76, 0] as [UInt8], count: 1000).joined()
        var reader = Unmarshalling(Array(bytes), bigEndian: false)
        #expect(throws: DBusError.malformed("it is nested too deeply")) {
            _ = try reader.values("v")
        }
    }

    @Test(
        arguments: [
            [0x6C, 2, 0, 1, 255, 255, 255, 255, 1, 0, 0, 0, 0, 0, 0, 0],
            [0x6C, 2, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 255, 255, 255, 255],
            [0x6C, 2, 0, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
            [0x00, 2, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], [],
        ] as [[UInt8]])
    func wrongPrefixes(_ prefix: [UInt8]) {
        #expect(throws: DBusError.self) { try Message.length(of: prefix) }
    }
}
