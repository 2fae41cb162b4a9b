// SPDX-License-Identifier: Apache-2.0

public import Linux

/// A name of the domain name system (RFC 1035, 3.1), in lower case: the system does not tell the
/// cases apart.
public struct DomainName: Hashable, Sendable {
    /// From the most special to the most general.
    public let labels: [[UInt8]]

    /// Reads "web.example.com", with or without the dot at its end; nil for what is too long or has
    /// an empty part.
    public init?(_ text: String) {
        let text = text.hasSuffix(".") ? text.dropLast() : text[...]
        let parts = text.isEmpty ? [] : text.split(separator: ".", omittingEmptySubsequences: false)
        labels = parts.map { $0.utf8.map(Self.lowercase) }
        guard labels.allSatisfy({ (1...63).contains($0.count) }), size <= 255 else { return nil }
    }

    /// Reads a name of a message and moves on behind it; nil for what is none.
    ///
    /// A part that occurred before may be a pointer there (4.1.4). Each pointer must lead to before
    /// what it stands for, so that reading comes to an end.
    init?(from message: [UInt8], at offset: inout Int) {
        var found: [[UInt8]] = []
        var position = offset
        var start = offset
        var end: Int?
        var size = 1
        while position < message.count {
            let length = Int(message[position])
            switch length & 0xC0 {
            case 0 where length == 0:
                offset = end ?? position + 1
                labels = found
                return
            case 0:
                let next = position + 1 + length
                size += 1 + length
                guard next <= message.count, size <= 255 else { return nil }
                found.append(message[position + 1..<next].map(Self.lowercase))
                position = next
            case 0xC0:
                guard position + 1 < message.count else { return nil }
                let target = (length & 0x3F) << 8 | Int(message[position + 1])
                guard target < start else { return nil }
                end = end ?? position + 2
                (position, start) = (target, target)
            default: return nil
            }
        }
        return nil
    }

    /// How many bytes it takes in a message.
    var size: Int { labels.reduce(1) { $0 + $1.count + 1 } }

    /// As a message has it, without pointers.
    var bytes: [UInt8] { labels.flatMap { [UInt8($0.count)] + $0 } + [0] }

    /// As people write it, without the dot at its end; nil when a part has bytes that no host's name
    /// has, a dot among them.
    public var text: String? {
        let isPlain = labels.allSatisfy {
            $0.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x2E }
        }
        guard isPlain else { return nil }
        return labels.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ".")
    }

    /// The address whose name is asked for by this name: 2.0.17.172.in-addr.arpa (RFC 1035, 3.5), or
    /// 32 hexadecimal digits below ip6.arpa (RFC 3596, 2.5).
    public var reversedAddress: IPAddress? {
        guard let words = text?.split(separator: ".").map(String.init), words.last == "arpa" else {
            return nil
        }
        let parts = Array(words.dropLast(2).reversed())
        switch words.dropLast().last {
        case "in-addr" where parts.count == 4:
            return IPAddress(parsing: parts.joined(separator: "."))
        case "ip6" where parts.count == 32 && parts.allSatisfy({ $0.utf8.count == 1 }):
            let digits = parts.compactMap { UInt8($0, radix: 16) }
            guard digits.count == 32 else { return nil }
            return IPAddress(
                bytes: stride(from: 0, to: 32, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
        default: return nil
        }
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }
}
