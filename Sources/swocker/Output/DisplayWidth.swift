// SPDX-License-Identifier: Apache-2.0

/// How many cells of a terminal a text takes: two for East Asian wide characters (Unicode TR 11),
/// none for combining marks.
func displayWidth(_ text: String) -> Int {
    var width = 0
    for scalar in text.unicodeScalars { width += displayWidth(scalar) }
    return width
}

func displayWidth(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0..<0x300: 1
    case 0x300...0x36F, 0x200B...0x200F, 0x20D0...0x20FF, 0xFE00...0xFE0F, 0xFE20...0xFE2F: 0
    case 0x1100...0x115F, 0x231A...0x231B, 0x2329...0x232A, 0x23E9...0x23EC, 0x25FD...0x25FE,
        0x2614...0x2615, 0x2648...0x2653, 0x26A1, 0x26BD...0x26BE, 0x2705, 0x270A...0x270B,
        0x2728, 0x274C, 0x274E, 0x2753...0x2755, 0x2757, 0x2795...0x2797, 0x2B1B...0x2B1C,
        0x2B50, 0x2B55, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
        0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
        0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18CFF, 0x1AFF0...0x1B2FF, 0x1F004, 0x1F0CF,
        0x1F18E, 0x1F191...0x1F19A, 0x1F200...0x1F265, 0x1F300...0x1F64F, 0x1F680...0x1F6FF,
        0x1F7E0...0x1F7EB, 0x1F900...0x1FAFF, 0x20000...0x3FFFD:
        2
    default: 1
    }
}

/// `text` cut to `cells`, the last of them `…` if something was cut.
func shortened(_ text: String, to cells: Int) -> String {
    guard text.utf8.count > cells, displayWidth(text) > cells else { return text }
    var kept = ""
    var width = 0
    for scalar in text.unicodeScalars {
        width += displayWidth(scalar)
        guard width < cells else { break }
        kept.unicodeScalars.append(scalar)
    }
    return kept + "…"
}

/// `text` with what could steer a terminal made visible: controls, invisible and
/// direction-changing characters become `\x1b`, `\u200b`.
/// - Parameter keepingLines: whether newlines and tabs stay.
func inert(_ text: String, keepingLines: Bool = false) -> String {
    guard text.utf8.contains(where: { $0 < 0x20 || $0 >= 0x7F }) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
        if isSteering(scalar), !(keepingLines && (scalar == "\n" || scalar == "\t")) {
            result += escaped(scalar)
        } else {
            result.unicodeScalars.append(scalar)
        }
    }
    return result
}

private func isSteering(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0xAD, 0x61C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F,
        0xFEFF, 0xE0000...0xE0FFF:
        true
    default: false
    }
}
