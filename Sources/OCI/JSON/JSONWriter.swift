// SPDX-License-Identifier: Apache-2.0

/// How a document is laid out and escaped.
public struct JSONStyle: Sendable {
    /// Blanks per level; nil for one line without blanks.
    public var indent: Int?
    /// Whether `<`, `>` and `&` become `\u003c`, `\u003e` and `\u0026`, as Go's encoder does.
    public var escapesHTML = false

    public init(indent: Int? = nil, escapesHTML: Bool = false) {
        self.indent = indent
        self.escapesHTML = escapesHTML
    }

    /// One line without blanks.
    public static let compact = JSONStyle()
    /// Docker's `inspect`: four blanks a level.
    public static let inspect = JSONStyle(indent: 4)
}

extension JSONValue {
    /// The document as text, without a final newline.
    public func text(_ style: JSONStyle = .compact) -> String {
        String(decoding: bytes(style), as: UTF8.self)
    }

    /// The document as UTF-8, without a final newline.
    public func bytes(_ style: JSONStyle = .compact) -> [UInt8] {
        var writer = JSONWriter(style: style)
        writer.write(self, depth: 0)
        return writer.output
    }
}

struct JSONWriter {
    let style: JSONStyle
    private(set) var output: [UInt8] = []

    init(style: JSONStyle) { self.style = style }

    mutating func write(_ value: JSONValue, depth: Int) {
        switch value {
        case .null: output += "null".utf8
        case .bool(let value): output += (value ? "true" : "false").utf8
        case .integer(let value): output += String(value).utf8
        case .unsigned(let value): output += String(value).utf8
        case .double(let value): output += Self.number(value).utf8
        case .string(let text): write(text)
        case .array(let elements):
            enclose("[", "]", count: elements.count, depth: depth) { writer, index in
                writer.write(elements[index], depth: depth + 1)
            }
        case .object(let object):
            enclose("{", "}", count: object.members.count, depth: depth) { writer, index in
                let (key, value) = object.members[index]
                writer.write(key)
                writer.output += (writer.style.indent == nil ? ":" : ": ").utf8
                writer.write(value, depth: depth + 1)
            }
        }
    }

    /// A whole number is printed without a fraction, as Go does below 1e21.
    private static func number(_ value: Double) -> String {
        if let whole = Int64(exactly: value) { return String(whole) }
        return "\(value)"
    }

    private mutating func enclose(
        _ open: String, _ close: String, count: Int, depth: Int,
        _ element: (inout JSONWriter, Int) -> Void
    ) {
        output += open.utf8
        for index in 0..<count {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            newline(depth: depth + 1)
            element(&self, index)
        }
        if count > 0 { newline(depth: depth) }
        output += close.utf8
    }

    private mutating func newline(depth: Int) {
        guard let indent = style.indent else { return }
        output.append(0x0A)
        output.append(contentsOf: repeatElement(0x20, count: indent * depth))
    }

    private mutating func write(_ text: String) {
        output.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): output += [UInt8(ascii: "\\"), byte]
            case 0x08: output += "\\b".utf8
            case 0x09: output += "\\t".utf8
            case 0x0A: output += "\\n".utf8
            case 0x0C: output += "\\f".utf8
            case 0x0D: output += "\\r".utf8
            case 0..<0x20: escape(byte)
            case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"):
                if style.escapesHTML { escape(byte) } else { output.append(byte) }
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        let digits = Array("0123456789abcdef".utf8)
        output += "\\u00".utf8
        output += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}
