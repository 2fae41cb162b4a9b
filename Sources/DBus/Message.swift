// SPDX-License-Identifier: Apache-2.0

/// One message: a call, its answer, or a signal.
/// https://dbus.freedesktop.org/doc/dbus-specification.html#message-protocol-messages
public struct Message: Equatable, Sendable {
    /// What a message is; the raw values are the protocol's.
    public enum Kind: UInt8, Sendable {
        case call = 1
        case reply, error, signal
    }

    public var kind: Kind
    /// Never 0.
    public var serial: UInt32
    public var path: String?
    public var interface: String?
    public var member: String?
    public var errorName: String?
    public var replySerial: UInt32?
    public var destination: String?
    public var sender: String?
    public var body: [Value] = []

    /// A message without addresses.
    public init(_ kind: Kind, serial: UInt32) {
        self.kind = kind
        self.serial = serial
    }
}

// MARK: To bytes

extension Message {
    /// The header's fields; the raw values are the protocol's.
    private enum Field: UInt8 {
        case path = 1
        case interface, member, errorName, replySerial, destination, sender, signature
    }

    /// The message as it travels, little-endian.
    public var bytes: [UInt8] {
        var content = Marshalling()
        for value in body { content.put(value) }
        var message = Marshalling()
        for byte in [UInt8(ascii: "l"), kind.rawValue, 0, 1] { message.put(byte) }
        message.put(UInt32(content.bytes.count))
        message.put(serial)
        message.put(.array(of: "(yv)", fields))
        message.align(8)
        return message.bytes + content.bytes
    }

    private var fields: [Value] {
        let fields: [(Field, Value?)] = [
            (.path, path.map(Value.path)), (.interface, interface.map(Value.string)),
            (.member, member.map(Value.string)), (.errorName, errorName.map(Value.string)),
            (.replySerial, replySerial.map(Value.uint32)),
            (.destination, destination.map(Value.string)), (.sender, sender.map(Value.string)),
            (.signature, body.isEmpty ? nil : .signature(body.map(\.signature).joined())),
        ]
        return fields.compactMap { field, value in
            value.map { .structure([.byte(field.rawValue), .variant($0)]) }
        }
    }
}

// MARK: From bytes

extension Message {
    /// The bytes that tell how long a message is.
    static let prefixLength = 16
    /// What systemd says to us is a few hundred bytes; D-Bus itself allows 128 MiB.
    static let longest = 1 << 20

    /// How many bytes the message has that begins with these 16.
    static func length(of prefix: [UInt8]) throws(DBusError) -> Int {
        guard prefix.count >= prefixLength, let bigEndian = Self.isBigEndian(prefix[0]) else {
            throw .malformed("its byte order is unknown")
        }
        guard prefix[3] == 1 else { throw .malformed("its protocol is not version 1") }
        var reader = Unmarshalling(prefix, from: 4, bigEndian: bigEndian)
        let body = Int(try reader.number(UInt32.self))
        _ = try reader.number(UInt32.self)
        let fields = Int(try reader.number(UInt32.self))
        let header = (prefixLength + fields + 7) / 8 * 8
        guard header + body <= longest else { throw .malformed("it is too long") }
        return header + body
    }

    private static func isBigEndian(_ letter: UInt8) -> Bool? {
        switch letter {
        case UInt8(ascii: "l"): false
        case UInt8(ascii: "B"): true
        default: nil
        }
    }

    /// Reads a whole message. Fields that we do not know are passed over, as the protocol asks.
    public init(parsing bytes: [UInt8]) throws(DBusError) {
        let length = try Self.length(of: bytes)
        guard length == bytes.count, let kind = Kind(rawValue: bytes[1]),
            let bigEndian = Self.isBigEndian(bytes[0])
        else { throw .malformed("its header is wrong") }
        var reader = Unmarshalling(bytes, from: 4, bigEndian: bigEndian)
        let bodyLength = Int(try reader.number(UInt32.self))
        self.init(kind, serial: try reader.number())
        guard serial != 0 else { throw .malformed("its serial is 0") }
        var signature = ""
        for case .array(_, let fields) in try reader.values("a(yv)") {
            for case .structure(let members) in fields { try take(members, &signature) }
        }
        try reader.align(8)
        guard reader.place == bytes.count - bodyLength else {
            throw .malformed("its header is wrong")
        }
        body = try reader.values(signature)
        guard reader.place == bytes.count else {
            throw .malformed("its body has more than its signature says")
        }
    }

    private mutating func take(
        _ members: [Value], _ bodySignature: inout String
    ) throws(DBusError) {
        guard members.count == 2, case .byte(let code) = members[0],
            case .variant(let value) = members[1], let field = Field(rawValue: code)
        else { return }
        switch (field, value) {
        case (.path, .path(let text)): path = text
        case (.interface, .string(let text)): interface = text
        case (.member, .string(let text)): member = text
        case (.errorName, .string(let text)): errorName = text
        case (.replySerial, .uint32(let number)): replySerial = number
        case (.destination, .string(let text)): destination = text
        case (.sender, .string(let text)): sender = text
        case (.signature, .signature(let text)): bodySignature = text
        default: throw .malformed("a field of its header has the wrong type")
        }
    }
}
