// SPDX-License-Identifier: Apache-2.0

/// The words inside an action.
extension TemplateLexer {
    mutating func word(spaced: Bool) throws(TemplateError) {
        let start = position
        let kind: TemplateLexeme.Kind =
            switch bytes[position] {
            case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "|"), UInt8(ascii: ","),
                UInt8(ascii: "="), UInt8(ascii: ":"):
                try punctuation()
            case UInt8(ascii: "\""): .string(try quoted(until: UInt8(ascii: "\"")))
            case UInt8(ascii: "'"): .integer(try character())
            case UInt8(ascii: "`"): .string(try rawString())
            case UInt8(ascii: "$"): .variable(name())
            case UInt8(ascii: "."): try dotOrField()
            case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                try number()
            default: try identifier()
            }
        add(kind, from: start, spaced: spaced)
    }

    private mutating func punctuation() throws(TemplateError) -> TemplateLexeme.Kind {
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "("):
            try parenthesis(opens: true)
            return .leftParenthesis
        case UInt8(ascii: ")"):
            try parenthesis(opens: false)
            return .rightParenthesis
        case UInt8(ascii: "|"): return .pipe
        case UInt8(ascii: ","): return .comma
        case UInt8(ascii: "="): return .assign
        default:
            guard starts("=") else { throw error("expected :=") }
            position += 1
            return .declare
        }
    }

    /// A first byte of any kind, then letters, digits and `_`.
    private mutating func name() -> String {
        let start = position
        position += 1
        while position < bytes.count, isNamePart(bytes[position]) { position += 1 }
        return slice(start, position)
    }

    private func isNamePart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }

    private mutating func identifier() throws(TemplateError) -> TemplateLexeme.Kind {
        guard isNamePart(bytes[position]) else {
            if (0x21...0x7E).contains(bytes[position]) {
                position += 1
                return .mark
            }
            let hex = String(bytes[position], radix: 16, uppercase: true)
            let code = String(repeating: "0", count: 4 - hex.count) + hex
            let shown = slice(position, position + 1)
            throw error("unrecognized character in action: U+\(code) '\(shown)'")
        }
        let name = name()
        switch name {
        case "true": return .bool(true)
        case "false": return .bool(false)
        default: return TemplateKeyword(rawValue: name).map { .keyword($0) } ?? .identifier(name)
        }
    }

    private mutating func dotOrField() throws(TemplateError) -> TemplateLexeme.Kind {
        guard position + 1 < bytes.count, isNamePart(bytes[position + 1]) else {
            position += 1
            return .dot
        }
        if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position + 1]) {
            return try number()
        }
        return .field(String(name().dropFirst()))
    }

    private mutating func rawString() throws(TemplateError) -> String {
        let start = position + 1
        position = start
        while position < bytes.count, bytes[position] != UInt8(ascii: "`") { position += 1 }
        guard position < bytes.count else { throw error("unterminated raw quoted string") }
        position += 1
        return slice(start, position - 1)
    }

    private mutating func character() throws(TemplateError) -> Int64 {
        let start = position
        let text = try quoted(until: UInt8(ascii: "'")).unicodeScalars
        guard text.count == 1, let scalar = text.first else {
            throw error("malformed character constant: \(slice(start, position))")
        }
        return Int64(scalar.value)
    }

    /// Go's number syntax: a sign, prefixes 0x 0o 0b, `_` between digits, fraction and exponent.
    private mutating func number() throws(TemplateError) -> TemplateLexeme.Kind {
        let start = position
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            let afterExponent = [UInt8(ascii: "e"), UInt8(ascii: "E")].contains(bytes[position - 1])
            let signs = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
            guard isNamePart(byte) || byte == UInt8(ascii: ".") || (signs && afterExponent) else {
                break
            }
            position += 1
        }
        let source = slice(start, position)
        let digits = source.filter { $0 != "_" }
        if let value = Self.integer(digits) { return .integer(value) }
        guard digits.contains(where: { ".eE".contains($0) }), let value = Double(digits),
            value.isFinite
        else {
            throw error("bad number syntax: \(goQuoted(source))")
        }
        return .float(value)
    }

    private static func integer(_ text: String) -> Int64? {
        let negative = text.hasPrefix("-")
        let digits = text.drop { $0 == "-" || $0 == "+" }
        let (skipped, radix): (Int, Int) =
            switch digits.prefix(2).lowercased() {
            case "0x": (2, 16)
            case "0o": (2, 8)
            case "0b": (2, 2)
            case let start where start.count == 2 && start.hasPrefix("0"): (1, 8)
            default: (0, 10)
            }
        return Int64((negative ? "-" : "") + digits.dropFirst(skipped), radix: radix)
    }
}

/// Quoted strings with Go's escapes.
extension TemplateLexer {
    mutating func quoted(until quote: UInt8) throws(TemplateError) -> String {
        position += 1
        var text: [UInt8] = []
        while position < bytes.count, bytes[position] != quote, bytes[position] != 0x0A {
            if bytes[position] == UInt8(ascii: "\\") {
                try escape(into: &text)
            } else {
                text.append(bytes[position])
                position += 1
            }
        }
        guard position < bytes.count, bytes[position] == quote else {
            let kind = quote == UInt8(ascii: "'") ? "character constant" : "quoted string"
            throw error("unterminated \(kind)")
        }
        position += 1
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func escape(into text: inout [UInt8]) throws(TemplateError) {
        position += 1
        guard position < bytes.count else { throw error("unterminated quoted string") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "a"): text.append(0x07)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "v"): text.append(0x0B)
        case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"): text.append(byte)
        case UInt8(ascii: "x"): text.append(UInt8(truncatingIfNeeded: try code(digits: 2)))
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let value = try code(digits: byte == UInt8(ascii: "u") ? 4 : 8)
            guard let scalar = Unicode.Scalar(value) else { throw error("invalid syntax") }
            text += Character(scalar).utf8
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            position -= 1
            text.append(UInt8(truncatingIfNeeded: try code(digits: 3, radix: 8)))
        default: throw error("invalid syntax")
        }
    }

    private mutating func code(digits: Int, radix: Int = 16) throws(TemplateError) -> UInt32 {
        guard position + digits <= bytes.count,
            let value = UInt32(slice(position, position + digits), radix: radix)
        else { throw error("invalid syntax") }
        position += digits
        return value
    }
}
