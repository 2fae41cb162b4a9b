// SPDX-License-Identifier: Apache-2.0

/// Cuts a template into text and the words between `{{` and `}}`
/// (https://pkg.go.dev/text/template, "Text and spaces").
struct TemplateLexer {
    let bytes: [UInt8]
    var position = 0
    private var lexemes: [TemplateLexeme] = []
    private var openParentheses = 0

    private init(_ text: String) { bytes = Array(text.utf8) }

    /// All words of `text`, the last one `.endOfInput`.
    static func lexemes(of text: String) throws(TemplateError) -> [TemplateLexeme] {
        var lexer = TemplateLexer(text)
        while lexer.position < lexer.bytes.count { try lexer.textAndAction() }
        lexer.add(.endOfInput, from: lexer.position)
        return lexer.lexemes
    }

    private mutating func textAndAction() throws(TemplateError) {
        let start = position
        while position < bytes.count, !starts("{{") { position += 1 }
        var end = position
        let trims = starts("{{-") && isBlank(at: position + 3)
        if trims { while end > start, isBlank(at: end - 1) { end -= 1 } }
        if end > start { add(.text(slice(start, end)), from: start, spaced: false) }
        guard position < bytes.count else { return }
        let open = position
        position += trims ? 3 : 2
        if starts("/*", after: trims ? 1 : 0) { return try comment() }
        add(.open, from: open)
        try action()
    }

    private mutating func comment() throws(TemplateError) {
        while !starts("/*") { position += 1 }
        position += 2
        while position < bytes.count, !starts("*/") { position += 1 }
        guard position < bytes.count else { throw error("unclosed comment") }
        position += 2
        guard closes() else { throw error("comment ends before closing delimiter") }
    }

    private mutating func action() throws(TemplateError) {
        openParentheses = 0
        while true {
            let blanksFrom = position
            if closesHere() { break }
            while isBlank(at: position) {
                position += 1
                if closesHere() { break }
            }
            if closesHere() { break }
            guard position < bytes.count else { throw error("unclosed action") }
            try word(spaced: position > blanksFrom)
        }
        guard openParentheses == 0 else { throw error("unclosed left paren") }
        let start = position
        _ = closes()
        add(.close, from: start)
    }

    /// Whether the action's end is next: `}}`, or a blank and `-}}`.
    private func closesHere() -> Bool {
        starts("}}") || (isBlank(at: position) && starts("-}}", after: 1))
    }

    /// Takes the action's end, with the blanks behind it when it says so.
    private mutating func closes() -> Bool {
        if starts("}}") {
            position += 2
            return true
        }
        guard closesHere() else { return false }
        position += 4
        while isBlank(at: position) { position += 1 }
        return true
    }

    mutating func add(_ kind: TemplateLexeme.Kind, from start: Int, spaced: Bool = false) {
        lexemes.append(
            TemplateLexeme(
                kind: kind, source: slice(start, position), position: start, spaced: spaced))
    }

    mutating func parenthesis(opens: Bool) throws(TemplateError) {
        openParentheses += opens ? 1 : -1
        guard openParentheses >= 0 else { throw error("unexpected right paren") }
    }
}

extension TemplateLexer {
    func starts(_ text: StaticString, after offset: Int = 0) -> Bool {
        let start = position + offset
        guard start + text.utf8CodeUnitCount <= bytes.count else { return false }
        return text.withUTF8Buffer { $0.elementsEqual(bytes[start..<(start + $0.count)]) }
    }

    func isBlank(at index: Int) -> Bool {
        guard index >= 0, index < bytes.count else { return false }
        return [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index])
    }

    func slice(_ start: Int, _ end: Int) -> String {
        String(decoding: bytes[start..<max(start, end)], as: UTF8.self)
    }

    func error(_ reason: String) -> TemplateError {
        .parsing(line: 1 + bytes.prefix(position).count { $0 == 0x0A }, reason)
    }
}
