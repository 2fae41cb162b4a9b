// SPDX-License-Identifier: Apache-2.0

import OCI

/// How Go prints values with `%v`.
extension TemplateValue {
    /// As an action prints it.
    var printed: String { isNothing ? "<no value>" : formatted }

    /// As fmt formats it.
    var formatted: String {
        switch self {
        case .none: "<nil>"
        case .row(let row): row.document.text()
        case .json(let value, let path): goText(value, path)
        }
    }
}

private func goText(_ value: JSONValue, _ path: GoPath?) -> String {
    switch value {
    case .null:
        switch path?.kind {
        case .list: "[]"
        case .map: "map[]"
        default: "<nil>"
        }
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .unsigned(let value): String(value)
    case .double(let value): goFloat(value)
    case .string(let text): text
    case .array(let elements):
        "[" + elements.map { goText($0, path) }.joined(separator: " ") + "]"
    case .object(let object): goText(object, path)
    }
}

private func goText(_ object: JSONObject, _ path: GoPath?) -> String {
    if let path, path.isStructure {
        let fields = object.members.map { goText($0.value, path.appending($0.key)) }
        return "{" + fields.joined(separator: " ") + "}"
    }
    let members = sortedMembers(object).map { key, value in
        key + ":" + goText(value, path?.appending("*"))
    }
    return "map[" + members.joined(separator: " ") + "]"
}

/// A map's members in Go's order: by the bytes of their keys.
func sortedMembers(_ object: JSONObject) -> [(key: String, value: JSONValue)] {
    object.members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
}

/// The shortest digits that read back as `value`, with an exponent below 1e-4 and from 1e21 on.
func goFloat(_ value: Double) -> String {
    if let whole = Int64(exactly: value) { return String(whole) }
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

/// `text` as a Go string literal in double quotes (strconv.Quote).
func goQuoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": quoted += "\\\""
        case "\\": quoted += "\\\\"
        case "\n": quoted += "\\n"
        case "\t": quoted += "\\t"
        case "\r": quoted += "\\r"
        case "\u{7}": quoted += "\\a"
        case "\u{8}": quoted += "\\b"
        case "\u{B}": quoted += "\\v"
        case "\u{C}": quoted += "\\f"
        case _ where scalar.isGraphic: quoted.unicodeScalars.append(scalar)
        default: quoted += escaped(scalar)
        }
    }
    return quoted + "\""
}

/// `\x1b`, `\u200b` or `\U000e0001`.
func escaped(_ scalar: Unicode.Scalar) -> String {
    let hex = String(scalar.value, radix: 16)
    let (letter, width) =
        scalar.value < 0x80 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
    return "\\" + letter + String(repeating: "0", count: width - hex.count) + hex
}

extension Unicode.Scalar {
    /// Whether a terminal shows it as a mark or a blank and nothing else happens: no controls, no
    /// invisible or direction-changing format characters.
    var isGraphic: Bool {
        if value < 0x7F { return value >= 0x20 }
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
            .paragraphSeparator, .spaceSeparator:
            return false
        default: return true
        }
    }
}
