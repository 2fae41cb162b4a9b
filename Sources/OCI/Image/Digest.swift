// SPDX-License-Identifier: Apache-2.0

/// A content address: the SHA-256 of a blob. Made only by parsing or by hashing, so whoever holds one
/// may use its `hex` as a file name.
///
/// https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests
public struct Digest: Hashable, Sendable {
    /// 64 lower-case hexadecimal digits.
    public let hex: String

    /// Parses `sha256:<64 hex>`; other algorithms are refused by name.
    public init(parsing text: String) throws(DigestError) {
        let bytes = text.utf8
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { throw .invalid(text) }
        let algorithm = text[..<colon]
        guard algorithm == "sha256" else {
            throw algorithm.isEmpty ? .invalid(text) : .unsupported(String(algorithm))
        }
        guard let digest = Digest(hex: String(text[bytes.index(after: colon)...])) else {
            throw .invalid(text)
        }
        self = digest
    }

    /// Takes the digits alone; nil unless they are 64 lower-case hexadecimal ones.
    public init?(hex: String) {
        guard hex.utf8.count == 64, hex.utf8.allSatisfy(\.isLowercaseHex) else { return nil }
        self.hex = hex
    }

    /// Takes the 32 bytes that a hash function made.
    public init(sha256 bytes: [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        hex = String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The first 12 digits, as lists show IDs.
    public var short: String { String(hex.prefix(12)) }
}

extension Digest: CustomStringConvertible {
    /// The whole: `sha256:<64 hex>`.
    public var description: String { "sha256:\(hex)" }
}

extension Digest: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        do { try self.init(parsing: text) } catch {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(
                    codingPath: decoder.codingPath, debugDescription: "\(error)"))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var place = encoder.singleValueContainer()
        try place.encode(description)
    }
}

/// Why a text is no digest.
public enum DigestError: Error, Equatable, CustomStringConvertible {
    case invalid(String)
    /// An algorithm other than SHA-256.
    case unsupported(String)

    public var description: String {
        switch self {
        case .invalid(let text): "invalid digest \(quoted(text))"
        case .unsupported(let algorithm):
            "unsupported digest algorithm \(quoted(algorithm)): only sha256 is known"
        }
    }
}

extension UInt8 {
    var isDigit: Bool { self >= 0x30 && self <= 0x39 }
    var isLowercase: Bool { self >= 0x61 && self <= 0x7A }
    var isUppercase: Bool { self >= 0x41 && self <= 0x5A }
    /// 0-9 and a-f.
    public var isLowercaseHex: Bool { isDigit || self >= 0x61 && self <= 0x66 }
}

/// A stranger's text made fit for a message: in quotes, at most 128 bytes, with control characters
/// and quotes escaped, so that it cannot drive a terminal.
public func quoted(_ text: some StringProtocol) -> String {
    quoted(Array(text.utf8))
}

/// As for a text, for bytes that may not be UTF-8 (file names).
public func quoted(_ bytes: [UInt8]) -> String {
    let longest = 128
    var shown = ""
    for scalar in String(decoding: bytes.prefix(longest), as: UTF8.self).unicodeScalars {
        switch scalar {
        case "\"", "\\": shown += "\\\(scalar)"
        case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
            shown += "\\x" + String(scalar.value + 0x100, radix: 16).dropFirst()
        default: shown.unicodeScalars.append(scalar)
        }
    }
    return "\"\(shown)\"" + (bytes.count > longest ? "…" : "")
}
