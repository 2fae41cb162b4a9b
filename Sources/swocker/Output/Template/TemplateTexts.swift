// SPDX-License-Identifier: Apache-2.0

import OCI

/// Docker's functions over texts
/// (https://docs.docker.com/engine/cli/formatting/).
extension TemplateFunction {
    /// The result of `json`, `join`, `split`, `lower`, `upper`, `title`, `truncate`.
    func transformed(_ arguments: [TemplateValue]) throws(TemplateRefusal) -> TemplateValue {
        switch self {
        case .json:
            var escapesHTML = false
            if case .row = arguments[0] { escapesHTML = true }
            return .string(arguments[0].document.text(JSONStyle(escapesHTML: escapesHTML)))
        case .join: return .string(try joinedList(arguments))
        case .split:
            let separator = try text(1, of: arguments)
            return .json(
                .array(pieces(of: try text(0, of: arguments), by: separator).map(JSONValue.string)),
                nil)
        case .lower: return .string(try text(0, of: arguments).lowercased())
        case .upper: return .string(try text(0, of: arguments).uppercased())
        case .title: return .string(titled(try text(0, of: arguments)))
        default:
            let text = try text(0, of: arguments)
            return .string(truncated(text, to: try integer(1, of: arguments)))
        }
    }

    private func joinedList(_ arguments: [TemplateValue]) throws(TemplateRefusal) -> String {
        let separator = try text(1, of: arguments)
        switch arguments[0] {
        case .json(.null, let path?) where path.kind == .list: return ""
        case .json(.array(let elements), _):
            var texts: [String] = []
            for element in elements {
                guard let text = element.stringValue else { throw wrong(0, arguments, "[]string") }
                texts.append(text)
            }
            return texts.joined(separator: separator)
        default: throw wrong(0, arguments, "[]string")
        }
    }

    /// `pad text before after`: blanks around a text, unless it is empty.
    func padded(_ arguments: [TemplateValue]) throws(TemplateRefusal) -> String {
        let text = try text(0, of: arguments)
        guard !text.isEmpty else { return text }
        let before = try integer(1, of: arguments)
        let after = try integer(2, of: arguments)
        guard (0...4096).contains(before), (0...4096).contains(after) else {
            throw .call("padding must be between 0 and 4096")
        }
        return String(repeating: " ", count: before) + text + String(repeating: " ", count: after)
    }
}

/// `text` cut at every `separator`; at every character if that is empty.
private func pieces(of text: String, by separator: String) -> [String] {
    guard !separator.isEmpty else { return text.unicodeScalars.map { String($0) } }
    let (bytes, cut) = (Array(text.utf8), Array(separator.utf8))
    var parts: [String] = []
    var start = 0
    var position = 0
    while position + cut.count <= bytes.count {
        if bytes[position..<(position + cut.count)].elementsEqual(cut) {
            parts.append(String(decoding: bytes[start..<position], as: UTF8.self))
            position += cut.count
            start = position
        } else {
            position += 1
        }
    }
    return parts + [String(decoding: bytes[start...], as: UTF8.self)]
}

/// The first letter of every word in upper case.
private func titled(_ text: String) -> String {
    var result = ""
    var previous: Unicode.Scalar = " "
    for scalar in text.unicodeScalars {
        let inWord =
            previous.properties.isAlphabetic || previous == "_"
            || previous.properties.numericType != nil
        result += inWord ? String(scalar) : scalar.properties.titlecaseMapping
        previous = scalar
    }
    return result
}

/// At most `length` bytes, and no half characters.
private func truncated(_ text: String, to length: Int) -> String {
    guard text.utf8.count > max(0, length) else { return text }
    var end = text.utf8.index(text.startIndex, offsetBy: max(0, length))
    while end > text.startIndex, end.samePosition(in: text.unicodeScalars) == nil {
        end = text.utf8.index(before: end)
    }
    return String(text[..<end])
}

/// Go's `html`: the five marks of HTML and NUL.
func escapedForHTML(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
        switch scalar {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&#34;"
        case "'": result += "&#39;"
        case "\0": result += "\u{FFFD}"
        default: result.unicodeScalars.append(scalar)
        }
    }
}

/// Go's `js`: safe inside a JavaScript string, and inside HTML.
func escapedForJavaScript(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
        switch scalar {
        case "\\", "'", "\"":
            result += "\\"
            result.unicodeScalars.append(scalar)
        case "<", ">", "&", "=", "\0"..<" ":
            let hex = String(scalar.value, radix: 16, uppercase: true)
            result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        default: result.unicodeScalars.append(scalar)
        }
    }
}

/// Go's `urlquery`: percent-encoded, blanks as `+`.
func escapedForQuery(_ text: String) -> String {
    text.utf8.reduce(into: "") { result, byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
            UInt8(ascii: "."), UInt8(ascii: "~"):
            result.unicodeScalars.append(Unicode.Scalar(byte))
        case 0x20: result += "+"
        default:
            let hex = String(byte, radix: 16, uppercase: true)
            result += "%" + (hex.count == 1 ? "0" : "") + hex
        }
    }
}
