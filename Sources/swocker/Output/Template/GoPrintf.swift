// SPDX-License-Identifier: Apache-2.0

import Glibc
import OCI

/// fmt.Sprintf: verbs `%v %s %q %d %t %f %e %g %x %X %o %b %c %U %T %%` with flags `+-# 0`, width
/// and precision, either of which may be `*`.
func goPrintf(
    _ format: String, _ arguments: ArraySlice<TemplateValue>
) throws(TemplateRefusal) -> String {
    var printer = GoPrintf(format: Array(format.unicodeScalars), arguments: Array(arguments))
    return try printer.text()
}

private struct GoPrintf {
    let format: [Unicode.Scalar]
    let arguments: [TemplateValue]
    private var position = 0
    private var nextArgument = 0
    /// Wider fields are refused: a template must not make the program swallow memory.
    private static let widest = 1_000_000

    init(format: [Unicode.Scalar], arguments: [TemplateValue]) {
        self.format = format
        self.arguments = arguments
    }

    mutating func text() throws(TemplateRefusal) -> String {
        var text = ""
        while position < format.count {
            let scalar = format[position]
            position += 1
            if scalar == "%" {
                text += try directive()
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        guard nextArgument < arguments.count else { return text }
        let extra = arguments[nextArgument...].map { "\(goKind($0))=\($0.formatted)" }
        return text + "%!(EXTRA " + extra.joined(separator: ", ") + ")"
    }

    private mutating func directive() throws(TemplateRefusal) -> String {
        var layout = Layout()
        while position < format.count, layout.take(flag: format[position]) { position += 1 }
        layout.width = try number()
        if layout.width ?? 0 < 0 {
            layout.left = true
            layout.width = layout.width.map(abs)
        }
        if position < format.count, format[position] == "." {
            position += 1
            layout.precision = max(0, try number() ?? 0)
        }
        guard position < format.count else { return "%!(NOVERB)" }
        let verb = format[position]
        position += 1
        if verb == "%" { return "%" }
        guard nextArgument < arguments.count else { return "%!\(verb)(MISSING)" }
        nextArgument += 1
        return layout.text(arguments[nextArgument - 1], verb)
    }

    /// Digits, or `*` for the next argument.
    private mutating func number() throws(TemplateRefusal) -> Int? {
        var value: Int?
        if position < format.count, format[position] == "*" {
            position += 1
            guard nextArgument < arguments.count else { return nil }
            nextArgument += 1
            value = arguments[nextArgument - 1].integerValue.map(Int.init)
        } else {
            while position < format.count, let digit = Int(String(format[position])) {
                value = min((value ?? 0) * 10 + digit, Self.widest + 1)
                position += 1
            }
        }
        guard (-Self.widest...Self.widest).contains(value ?? 0) else {
            throw .call("width too large")
        }
        return value
    }
}

private func goKind(_ value: TemplateValue) -> String {
    value.isNothing ? "<nil>" : value.typeName
}

/// Flags, width and precision of one directive.
private struct Layout {
    var plus = false
    var left = false
    var sharp = false
    var blank = false
    var zero = false
    var width: Int?
    var precision: Int?

    mutating func take(flag: Unicode.Scalar) -> Bool {
        switch flag {
        case "+": plus = true
        case "-": left = true
        case "#": sharp = true
        case " ": blank = true
        case "0": zero = true
        default: return false
        }
        return true
    }

    func text(_ value: TemplateValue, _ verb: Unicode.Scalar) -> String {
        if verb == "T" { return padded(goKind(value)) }
        switch value {
        case .json(.string(let text), _): return self.text(text, verb) ?? bad(value, verb)
        case .json(.integer(let number), _):
            return self.text(number.magnitude, negative: number < 0, verb) ?? bad(value, verb)
        case .json(.unsigned(let number), _):
            return self.text(number, negative: false, verb) ?? bad(value, verb)
        case .json(.double(let number), _): return self.text(number, verb) ?? bad(value, verb)
        case .json(.bool, _):
            return verb == "t" || verb == "v" ? padded(value.formatted) : bad(value, verb)
        case .json(.array(let elements), let path) where verb != "v":
            return "[" + elements.map { text(.json($0, path), verb) }.joined(separator: " ") + "]"
        default:
            if value.isNothing, verb != "v" { return "%!\(verb)(<nil>)" }
            return verb == "v" || verb == "s" ? padded(value.formatted) : bad(value, verb)
        }
    }

    private func bad(_ value: TemplateValue, _ verb: Unicode.Scalar) -> String {
        "%!\(verb)(\(goKind(value))=\(value.formatted))"
    }

    private func text(_ string: String, _ verb: Unicode.Scalar) -> String? {
        let cut = precision.map {
            String(String.UnicodeScalarView(string.unicodeScalars.prefix($0)))
        }
        switch verb {
        case "s": return padded(cut ?? string)
        case "v": return padded(sharp ? goQuoted(string) : cut ?? string)
        case "q":
            return padded(sharp && !string.contains("`") ? "`\(string)`" : goQuoted(cut ?? string))
        case "x", "X":
            let bytes = string.utf8.prefix(precision ?? .max).map { byte in
                let hex = String(byte, radix: 16, uppercase: verb == "X")
                return hex.count == 1 ? "0" + hex : hex
            }
            return padded(bytes.joined(separator: blank ? " " : ""))
        default: return nil
        }
    }

    private func text(_ magnitude: UInt64, negative: Bool, _ verb: Unicode.Scalar) -> String? {
        let (radix, prefix): (Int, String)
        switch verb {
        case "d", "v": (radix, prefix) = (10, "")
        case "x", "X": (radix, prefix) = (16, sharp ? "0\(verb)" : "")
        case "o": (radix, prefix) = (8, sharp ? "0" : "")
        case "O": (radix, prefix) = (8, "0o")
        case "b": (radix, prefix) = (2, sharp ? "0b" : "")
        case "c", "q", "U": return character(magnitude, verb)
        default: return nil
        }
        var digits = String(magnitude, radix: radix, uppercase: verb == "X")
        if let precision, digits.count < precision {
            digits = String(repeating: "0", count: precision - digits.count) + digits
        }
        return signed(digits, prefix: prefix, negative: negative, zeros: precision == nil)
    }

    private func character(_ value: UInt64, _ verb: Unicode.Scalar) -> String {
        let scalar = UInt32(exactly: value).flatMap(Unicode.Scalar.init) ?? "\u{FFFD}"
        switch verb {
        case "c": return padded(String(Character(scalar)))
        case "q":
            return padded(
                scalar == "'"
                    ? "'\\''"
                    : scalar == "\""
                        ? "'\"'" : "'\(goQuoted(String(Character(scalar))).dropFirst().dropLast())'"
            )
        default:
            let hex = String(value, radix: 16, uppercase: true)
            return padded("U+" + String(repeating: "0", count: max(0, 4 - hex.count)) + hex)
        }
    }

    private func text(_ number: Double, _ verb: Unicode.Scalar) -> String? {
        let digits: String
        switch verb {
        case "v" where precision == nil, "g" where precision == nil:
            digits = goFloat(number.magnitude)
        case "v": digits = decimal(number.magnitude, "g", precision: precision ?? 6)
        case "e", "E", "f", "F", "g", "G":
            digits = decimal(number.magnitude, verb, precision: precision ?? 6)
        default: return nil
        }
        return signed(digits, prefix: "", negative: number.sign == .minus, zeros: true)
    }

    private func signed(_ digits: String, prefix: String, negative: Bool, zeros: Bool) -> String {
        let sign = negative ? "-" : plus ? "+" : blank ? " " : ""
        let length = sign.count + prefix.count + digits.count
        guard zero, zeros, !left, let width, width > length else {
            return padded(sign + prefix + digits, zeros: zeros)
        }
        return sign + prefix + String(repeating: "0", count: width - length) + digits
    }

    private func padded(_ text: String, zeros: Bool = true) -> String {
        let missing = (width ?? 0) - text.unicodeScalars.count
        guard missing > 0 else { return text }
        let blanks = String(repeating: zero && zeros && !left ? "0" : " ", count: missing)
        return left ? text + blanks : blanks + text
    }
}

/// C's printf of one floating-point number, which Go's agrees with.
func decimal(_ number: Double, _ verb: Unicode.Scalar, precision: Int) -> String {
    let format = "%.\(min(precision, 400))\(verb)"
    var bytes = [CChar](repeating: 0, count: 1024)
    let count = withVaList([number]) { vsnprintf(&bytes, bytes.count, format, $0) }
    return String(
        decoding: bytes.prefix(Int(max(0, count))).map(UInt8.init(bitPattern:)), as: UTF8.self)
}
