// SPDX-License-Identifier: Apache-2.0

public import Linux

/// What a question of the domain name system asks (RFC 1035, 4.1.2).
public struct NamesQuestion: Equatable, Sendable {
    public let name: DomainName
    public let kind: UInt16
    let domain: UInt16

    public static let ipv4: UInt16 = 1
    public static let pointer: UInt16 = 12
    public static let ipv6: UInt16 = 28
    static let any: UInt16 = 255
    static let optional: UInt16 = 41

    /// Whether it asks in the internet's class, as all but curious ones do.
    public var isOfInternet: Bool { domain == 1 }

    init?(from message: [UInt8], at offset: inout Int) {
        guard let name = DomainName(from: message, at: &offset), offset + 4 <= message.count else {
            return nil
        }
        self.name = name
        kind = message.number(at: offset)
        domain = message.number(at: offset + 2)
        offset += 4
    }
}

/// A question as it came: one message, one question.
public struct NamesQuery: Equatable, Sendable {
    public let id: UInt16
    /// Whether the asker wants others to be asked too.
    public let wantsRecursion: Bool
    public let question: NamesQuestion
    /// How long an answer in one datagram may be.
    public let room: Int
    /// Whether the asker knows of extensions (EDNS, RFC 6891): then the answer says so too.
    let isExtended: Bool

    /// Why a message is not answered with what it asks for.
    public enum Refusal: Error, Equatable, Sendable {
        /// Too short, or itself an answer: silence, lest two servers answer each other for ever.
        case silence
        /// These bytes are all that is to be said.
        case answer([UInt8])
    }

    /// Reads a message that came from anybody.
    public init(parsing message: [UInt8]) throws(Refusal) {
        guard message.count >= 12, message[2] & 0x80 == 0 else { throw .silence }
        guard message[2] & 0x78 == 0 else {
            throw .answer(NamesAnswer.refusal(of: message, .notImplemented))
        }
        var offset = 12
        guard message.number(at: 4) == 1,
            let question = NamesQuestion(from: message, at: &offset),
            let extensionRoom = Self.extensionRoom(of: message, at: offset)
        else { throw .answer(NamesAnswer.refusal(of: message, .malformed)) }
        id = message.number(at: 0)
        wantsRecursion = message[2] & 1 != 0
        self.question = question
        isExtended = extensionRoom > 0
        room = max(512, extensionRoom)
    }

    /// What the message's OPT record says of the asker's room; 0 without one, nil when the records do
    /// not add up.
    private static func extensionRoom(of message: [UInt8], at start: Int) -> Int? {
        var offset = start
        let before = Int(message.number(at: 6)) + Int(message.number(at: 8))
        let count = before + Int(message.number(at: 10))
        var room = 0
        for index in 0..<count {
            guard DomainName(from: message, at: &offset) != nil, offset + 10 <= message.count else {
                return nil
            }
            let length = Int(message.number(at: offset + 8))
            if index >= before, message.number(at: offset) == NamesQuestion.optional {
                room = max(512, Int(message.number(at: offset + 2)))
            }
            offset += 10 + length
            guard offset <= message.count else { return nil }
        }
        return room
    }

    /// Whether a message is an answer to the question, asked with this id.
    public func isAnswered(by message: [UInt8], id: UInt16) -> Bool {
        guard message.count >= 12, message[2] & 0x80 != 0, message.number(at: 0) == id else {
            return false
        }
        // A server that cannot read the question answers without it.
        if message.number(at: 4) == 0 { return message[3] & 0x0F != 0 }
        var offset = 12
        return message.number(at: 4) == 1
            && NamesQuestion(from: message, at: &offset) == question
    }
}

/// An answer of our own.
public struct NamesAnswer: Equatable, Sendable {
    /// RCODE (RFC 1035, 4.1.1).
    public enum Code: UInt8, Sendable {
        case success = 0
        case malformed = 1
        case serverFailure = 2
        case noSuchName = 3
        case notImplemented = 4
        case refused = 5
    }

    /// What a name leads to.
    public enum Record: Equatable, Sendable {
        case address(IPAddress)
        case name(DomainName)
    }

    public var code = Code.success
    public var records: [Record] = []

    public init(_ code: Code) { self.code = code }
    public init(_ records: [Record]) { self.records = records }

    /// How long others may remember it, in seconds: containers come and go.
    private static let lifetime: UInt32 = 1

    /// The message.
    /// - Parameter room: how long it may be; what does not fit is left out, and the message says so.
    public func bytes(to query: NamesQuery, room: Int) -> [UInt8] {
        var tail: [UInt8] = []
        let question =
            query.question.name.bytes + query.question.kind.bytes
            + query.question.domain.bytes
        let trailer: [UInt8] = query.isExtended ? [0, 0, 41, 0x10, 0, 0, 0, 0, 0, 0, 0] : []
        var count: UInt16 = 0
        var isCut = false
        for record in records {
            let bytes = Self.bytes(of: record)
            if 12 + question.count + tail.count + bytes.count + trailer.count > room {
                isCut = true
                break
            }
            tail += bytes
            count += 1
        }
        let flags: [UInt8] = [
            0x84 | (isCut ? 2 : 0) | (query.wantsRecursion ? 1 : 0), 0x80 | code.rawValue,
        ]
        let counts: [UInt16] = [1, count, 0, trailer.isEmpty ? 0 : 1]
        return query.id.bytes + flags + counts.flatMap(\.bytes) + question + tail + trailer
    }

    /// Name (that of the question, by a pointer), type, class, lifetime, length and content.
    private static func bytes(of record: Record) -> [UInt8] {
        let (kind, content): (UInt16, [UInt8]) =
            switch record {
            case .address(let address):
                (address.isIPv4 ? NamesQuestion.ipv4 : NamesQuestion.ipv6, address.bytes)
            case .name(let name): (NamesQuestion.pointer, name.bytes)
            }
        return [0xC0, 12] + kind.bytes + [0, 1]
            + withUnsafeBytes(of: lifetime.bigEndian) { Array($0) }
            + UInt16(content.count).bytes + content
    }

    /// The answer to a message that is no question: its header.
    static func refusal(of message: [UInt8], _ code: Code) -> [UInt8] {
        Array(message[0..<2]) + [0x80 | message[2] & 0x79, 0x80 | code.rawValue]
            + [UInt8](repeating: 0, count: 8)
    }
}

extension [UInt8] {
    /// Two bytes in the network's order; the caller knows that they are there.
    func number(at offset: Int) -> UInt16 { UInt16(self[offset]) << 8 | UInt16(self[offset + 1]) }
}

extension UInt16 {
    var bytes: [UInt8] { [UInt8(self >> 8), UInt8(self & 0xFF)] }
}
