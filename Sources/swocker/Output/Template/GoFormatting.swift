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
    case .integer(let value) where path?.kind == .duration: goDurationText(value)
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

/// The shortest digits that read back as `value`, with an exponent below 1e-4 and from 1e6 on,
/// as Go's `%v` decides.
func goFloat(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
    let parts = "\(value.magnitude)".split(separator: "e")
    let point = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let fraction = point.count == 2 && point[1] != "0" ? point[1] : ""
    let all = point[0] + fraction
    let zeros = all.prefix { $0 == "0" }.count
    var digits = all.dropFirst(zeros)
    while digits.last == "0" { digits.removeLast() }
    let exponent = point[0].count - zeros - 1 + (parts.count == 2 ? Int(parts[1]) ?? 0 : 0)
    let sign = value < 0 ? "-" : ""
    if exponent < -4 || exponent >= 6 {
        return sign + scientific(digits, exponent)
    }
    return sign + plain(digits, exponent)
}

private func scientific(_ digits: Substring, _ exponent: Int) -> String {
    let rest = digits.dropFirst()
    let power = String(abs(exponent))
    return digits.prefix(1) + (rest.isEmpty ? "" : "." + rest) + (exponent < 0 ? "e-" : "e+")
        + (power.count < 2 ? "0" + power : power)
}

private func plain(_ digits: Substring, _ exponent: Int) -> String {
    if exponent < 0 { return "0." + String(repeating: "0", count: -exponent - 1) + digits }
    let whole = digits.prefix(exponent + 1)
    let rest = digits.dropFirst(exponent + 1)
    return whole + String(repeating: "0", count: exponent + 1 - whole.count)
        + (rest.isEmpty ? "" : "." + rest)
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
