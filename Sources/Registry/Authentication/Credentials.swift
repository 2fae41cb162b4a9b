// SPDX-License-Identifier: Apache-2.0

/// How a user is known to a registry.
public enum Credentials: Equatable, Sendable {
    case password(user: String, password: String)
    /// A token that stands for a user and gets other tokens (OAuth 2 refresh token).
    case identityToken(String)

    /// The value of `Authorization` with a password.
    var basicHeader: String? {
        guard case .password(let user, let password) = self else { return nil }
        return "Basic " + base64(Array("\(user):\(password)".utf8))
    }
}

/// RFC 4648, 4.
func base64(_ bytes: [UInt8]) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let piece = bytes[start..<min(start + 3, bytes.count)]
        var bits: UInt32 = 0
        for place in 0..<3 {
            bits = bits << 8 | (place < piece.count ? UInt32(piece[start + place]) : 0)
        }
        for place in 0..<4 {
            let isFilled = place <= piece.count
            text.append(
                isFilled ? digits[Int(bits >> (18 - 6 * UInt32(place)) & 63)] : UInt8(ascii: "="))
        }
    }
    return String(decoding: text, as: UTF8.self)
}

/// The bytes of a text in base 64; nil when it is none.
func bytes(base64 text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for digit in text.utf8 where digit != UInt8(ascii: "=") {
        let value: UInt8
        switch digit {
        case 0x41...0x5A: value = digit - 0x41
        case 0x61...0x7A: value = digit - 0x61 + 26
        case 0x30...0x39: value = digit - 0x30 + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): value = 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): value = 63
        case 0x0A, 0x0D: continue
        default: return nil
        }
        bits = bits << 6 | UInt32(value)
        count += 6
        if count >= 8 {
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
    }
    return bytes
}
