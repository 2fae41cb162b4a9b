// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Reads one line of a log in Docker's format, whoever has written it: members in any order, those
/// that nobody asks for passed over. The text is unescaped where it stands, as it never grows.
struct JSONLogParser {
    private let line: UnsafeMutableRawBufferPointer
    private var index = 0

    private init(_ line: UnsafeMutableRawBufferPointer) { self.line = line }

    /// - Parameter line: without the newline; it is written to.
    /// - Returns: stream, time and length, and the text within `line`; nil when it is no such line.
    static func entry(
        in line: UnsafeMutableRawBufferPointer
    ) -> (record: LogRecord, text: UnsafeRawBufferPointer)? {
        var parser = JSONLogParser(line)
        return parser.entry()
    }

    private mutating func entry() -> (record: LogRecord, text: UnsafeRawBufferPointer)? {
        var text = UnsafeRawBufferPointer(rebasing: line[..<0])
        var (stream, time) = (LogStream.stdout, nil as UInt64?)
        guard take("{") else { return nil }
        repeat {
            guard let name = string(), take(":") else { return nil }
            switch (name.count, name.first) {
            case (3, UInt8(ascii: "l")):
                guard let value = string() else { return nil }
                text = value
            case (6, UInt8(ascii: "s")):
                guard let value = string() else { return nil }
                stream = value.elementsEqual("stderr".utf8) ? .stderr : .stdout
            case (4, UInt8(ascii: "t")):
                guard let value = string() else { return nil }
                time = LogTimestamp.nanoseconds(value)
            default: guard skipValue() else { return nil }
            }
        } while take(",")
        guard take("}"), index == line.count, let time else { return nil }
        return (LogRecord(length: text.count, time: time, stream: stream), text)
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard index < line.count, line[index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    /// Passes over one value: a string, or anything up to where its brackets end.
    private mutating func skipValue() -> Bool {
        var depth = 0
        while index < line.count {
            switch line[index] {
            case UInt8(ascii: "\""):
                guard string() != nil else { return false }
                if depth == 0 { return true }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return true }
                depth -= 1
                if depth == 0 {
                    index += 1
                    return true
                }
            case UInt8(ascii: ",") where depth == 0: return true
            default: break
            }
            index += 1
        }
        return false
    }

    /// The string that begins here, unescaped.
    private mutating func string() -> UnsafeRawBufferPointer? {
        guard take("\"") else { return nil }
        let start = index
        var end = index
        while index < line.count {
            let byte = line[index]
            index += 1
            if byte == UInt8(ascii: "\"") {
                return UnsafeRawBufferPointer(rebasing: line[start..<end])
            }
            if byte != UInt8(ascii: "\\") {
                line[end] = byte
                end += 1
            } else {
                guard let count = unescape(to: end) else { return nil }
                end += count
            }
        }
        return nil
    }

    /// What a backslash begins.
    /// - Returns: how many bytes it gave.
    private mutating func unescape(to end: Int) -> Int? {
        guard index < line.count else { return nil }
        let letter = line[index]
        index += 1
        switch letter {
        case UInt8(ascii: "n"): line[end] = UInt8(ascii: "\n")
        case UInt8(ascii: "r"): line[end] = UInt8(ascii: "\r")
        case UInt8(ascii: "t"): line[end] = UInt8(ascii: "\t")
        case UInt8(ascii: "b"): line[end] = 8
        case UInt8(ascii: "f"): line[end] = 12
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): line[end] = letter
        case UInt8(ascii: "u"):
            guard let scalar = scalar() else { return nil }
            var count = 0
            for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
                line[end + count] = byte
                count += 1
            }
            return count
        default: return nil
        }
        return 1
    }

    /// The digits after `\u`, of both halves where there are two.
    private mutating func scalar() -> Unicode.Scalar? {
        guard let first = digits() else { return nil }
        if let scalar = Unicode.Scalar(first) { return scalar }
        let before = index
        if first < 0xDC00, take("\\"), take("u"), let second = digits(),
            (0xDC00...0xDFFF).contains(second)
        {
            return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        }
        index = before
        return "\u{FFFD}"
    }

    private mutating func digits() -> UInt32? {
        guard index + 4 <= line.count else { return nil }
        var value: UInt32 = 0
        for byte in line[index..<(index + 4)] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - 48)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - 87)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - 55)
            default: return nil
            }
        }
        index += 4
        return value
    }
}
