// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// One line of a log in Docker's format, without the newline at its end:
///
///     {"log":"text\n","stream":"stdout","attrs":{"tag":"web"},"time":"2026-01-02T03:04:05.678Z"}
///
/// `log` ends with `\n` unless the container's line goes on in its next entry. Bytes that are no
/// UTF-8 are U+FFFD, each one; `<`, `>`, `&`, U+2028 and U+2029 are escaped, as Docker does
/// (moby, daemon/logger/jsonfilelog/jsonlog).
enum JSONLogEntry {
    /// What precedes the text.
    static let beginning = Array("{\"log\":\"".utf8)

    /// What follows the text, with the newline.
    /// - Parameter attributes: `,"attrs":{…}` or nothing.
    static func ending(_ stream: LogStream, _ attributes: [UInt8], at time: UInt64) -> [UInt8] {
        let name = stream == .stdout ? "stdout" : "stderr"
        var text = Array("\",\"stream\":\"\(name)\"".utf8)
        text += attributes
        text += Array(",\"time\":\"".utf8)
        text += LogTimestamp.trimmed(time)
        text += Array("\"}\n".utf8)
        return text
    }

    /// `attrs`, in the order of their names; nothing when there are none.
    static func attributes(_ pairs: [(name: String, value: String)]) -> [UInt8] {
        if pairs.isEmpty { return [] }
        var text = Array(",\"attrs\":{".utf8)
        for (index, pair) in pairs.enumerated() {
            text += Array(index == 0 ? "\"".utf8 : ",\"".utf8)
            append(Array(pair.name.utf8), to: &text)
            text += Array("\":\"".utf8)
            append(Array(pair.value.utf8), to: &text)
            text.append(UInt8(ascii: "\""))
        }
        text.append(UInt8(ascii: "}"))
        return text
    }

    private static func append(_ bytes: [UInt8], to text: inout [UInt8]) {
        bytes.withUnsafeBytes { append($0, to: &text) }
    }

    /// Appends bytes as the inside of a JSON string.
    static func append(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) {
        var (plain, index) = (0, 0)
        while index < bytes.count {
            let length = plainLength(of: bytes, at: index)
            if length > 0 {
                index += length
                continue
            }
            text += UnsafeRawBufferPointer(rebasing: bytes[plain..<index])
            index += escape(bytes, at: index, to: &text)
            plain = index
        }
        text += UnsafeRawBufferPointer(rebasing: bytes[plain...])
    }

    /// How many bytes of the character at `index` stand for themselves; 0 when it must be escaped.
    @inline(__always)
    private static func plainLength(of bytes: UnsafeRawBufferPointer, at index: Int) -> Int {
        switch bytes[index] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "<"), UInt8(ascii: ">"),
            UInt8(ascii: "&"), 0..<0x20:
            return 0
        case ..<0x80: return 1
        default:
            let length = UTF8Character.length(of: bytes, at: index)
            return isLineSeparator(bytes, at: index) ? 0 : length
        }
    }

    /// U+2028 and U+2029, which end a line in JavaScript.
    private static func isLineSeparator(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Bool {
        index + 2 < bytes.count && bytes[index] == 0xE2 && bytes[index + 1] == 0x80
            && bytes[index + 2] & 0xFE == 0xA8
    }

    /// - Returns: how many bytes were taken.
    private static func escape(
        _ bytes: UnsafeRawBufferPointer, at index: Int, to text: inout [UInt8]
    ) -> Int {
        let byte = bytes[index]
        text.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): text.append(byte)
        case UInt8(ascii: "\n"): text.append(UInt8(ascii: "n"))
        case UInt8(ascii: "\r"): text.append(UInt8(ascii: "r"))
        case ..<0x80:
            text += Array("u00".utf8)
            text += [hexadecimal(byte >> 4), hexadecimal(byte & 15)]
        default:
            if isLineSeparator(bytes, at: index) {
                text += Array("u202".utf8)
                text.append(hexadecimal(bytes[index + 2] & 15))
                return 3
            }
            text += Array("ufffd".utf8)
        }
        return 1
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
    }
}

/// A character's bytes (RFC 3629).
enum UTF8Character {
    /// How many bytes the character at `index` has; 0 when there is none: a byte out of place, a
    /// character cut short, a surrogate, an overlong form.
    static func length(of bytes: UnsafeRawBufferPointer, at index: Int) -> Int {
        let first = bytes[index]
        let (length, second): (Int, ClosedRange<UInt8>)
        switch first {
        case ..<0x80: return 1
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return 0
        }
        guard index + length <= bytes.count, second.contains(bytes[index + 1]) else { return 0 }
        for offset in 2..<max(length, 2) where bytes[index + offset] & 0xC0 != 0x80 { return 0 }
        return length
    }
}
