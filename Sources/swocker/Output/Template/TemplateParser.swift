// SPDX-License-Identifier: Apache-2.0

/// Turns words into nodes: lists of text and actions here, pipelines in `TemplateOperands.swift`.
struct TemplateParser {
    /// How a list of nodes ended.
    enum ListEnd { case input, end, otherwise }

    private let lexemes: [TemplateLexeme]
    private let bytes: [UInt8]
    private var next = 0
    private var loops = 0
    private var depth = 0
    private static let deepest = 200
    private(set) var definitions: [String: [TemplateNode]] = [:]
    /// Variables in scope; `$` is always there.
    var variables = ["$"]

    init(_ text: String) throws(TemplateError) {
        bytes = Array(text.utf8)
        lexemes = try TemplateLexer.lexemes(of: text)
    }

    mutating func document() throws(TemplateError) -> [TemplateNode] {
        var nodes: [TemplateNode] = []
        let end = try list(into: &nodes)
        guard end == .input else {
            throw error("unexpected \(end == .end ? "{{end}}" : "{{else}}")")
        }
        return nodes
    }

    /// Parses up to the end of the input or, consumed up to their keyword, `{{end}}` or `{{else`.
    private mutating func list(into nodes: inout [TemplateNode]) throws(TemplateError) -> ListEnd {
        while true {
            let lexeme = take()
            switch lexeme.kind {
            case .endOfInput: return .input
            case .text(let text): nodes.append(.text(text))
            case .open:
                if let end = try action(into: &nodes) { return end }
            default: throw unexpected(lexeme, "input")
            }
        }
    }

    private mutating func action(into nodes: inout [TemplateNode]) throws(TemplateError) -> ListEnd?
    {
        guard case .keyword(let keyword) = peek().kind, keyword != .nil else {
            nodes.append(.action(try pipeline("command", until: .close)))
            return nil
        }
        _ = take()
        switch keyword {
        case .end:
            try expectClose("end")
            return .end
        case .else: return .otherwise
        case .if, .with, .range: nodes.append(try control(keyword))
        case .break, .continue: nodes.append(try jump(keyword))
        case .template: nodes.append(.call(try call()))
        case .block: nodes.append(.call(try block()))
        case .define: try define()
        case .nil: break
        }
        return nil
    }

    /// `{{if}}`, `{{with}}` and `{{range}}` after their keyword, with all of their branches.
    private mutating func control(_ keyword: TemplateKeyword) throws(TemplateError) -> TemplateNode
    {
        let scope = variables.count
        defer { variables.removeLast(variables.count - scope) }
        try enter()
        defer { depth -= 1 }
        if keyword == .range { loops += 1 }
        let pipeline = try pipeline(keyword.rawValue, until: .close)
        var then: [TemplateNode] = []
        var otherwise: [TemplateNode] = []
        let end = try list(into: &then)
        if keyword == .range { loops -= 1 }
        if end == .otherwise { try alternative(of: keyword, into: &otherwise) }
        if end == .input { throw error("unexpected EOF") }
        return switch keyword {
        case .if: .conditional(pipeline, then: then, otherwise: otherwise)
        case .with: .with(pipeline, then: then, otherwise: otherwise)
        default: .range(pipeline, body: then, otherwise: otherwise)
        }
    }

    /// What follows `{{else`: a list, or for if and with another condition under the same end.
    private mutating func alternative(
        of keyword: TemplateKeyword, into nodes: inout [TemplateNode]
    ) throws(TemplateError) {
        if keyword != .range, peek().kind == .keyword(keyword) {
            _ = take()
            nodes.append(try control(keyword))
            return
        }
        try expectClose("else")
        switch try list(into: &nodes) {
        case .end: break
        case .otherwise: throw error("expected end; found {{else}}")
        case .input: throw error("unexpected EOF")
        }
    }

    private mutating func jump(_ keyword: TemplateKeyword) throws(TemplateError) -> TemplateNode {
        try expectClose(keyword.rawValue)
        guard loops > 0 else { throw error("{{\(keyword.rawValue)}} outside {{range}}") }
        return keyword == .break ? .breakLoop : .continueLoop
    }

    private mutating func enter() throws(TemplateError) {
        depth += 1
        guard depth <= Self.deepest else { throw error("actions are nested too deeply") }
    }
}

/// Named templates.
extension TemplateParser {
    private mutating func call() throws(TemplateError) -> TemplateCall {
        let position = peek().position
        let name = try templateName("template clause")
        guard peek().kind != .close else {
            _ = take()
            return TemplateCall(position: position, name: name, argument: nil)
        }
        let argument = try pipeline("template clause", until: .close)
        return TemplateCall(position: position, name: name, argument: argument)
    }

    /// `{{block "name" pipeline}} … {{end}}` defines and calls.
    private mutating func block() throws(TemplateError) -> TemplateCall {
        let position = peek().position
        let name = try templateName("block clause")
        let argument = try pipeline("block clause", until: .close)
        try body(of: name)
        return TemplateCall(position: position, name: name, argument: argument)
    }

    private mutating func define() throws(TemplateError) {
        let name = try templateName("define clause")
        try expectClose("define clause")
        try body(of: name)
    }

    private mutating func body(of name: String) throws(TemplateError) {
        try enter()
        defer { depth -= 1 }
        let (outside, outsideLoops) = (variables, loops)
        (variables, loops) = (["$"], 0)
        var nodes: [TemplateNode] = []
        guard try list(into: &nodes) == .end else { throw error("unexpected EOF") }
        (variables, loops) = (outside, outsideLoops)
        definitions[name] = nodes
    }

    private mutating func templateName(_ context: String) throws(TemplateError) -> String {
        let lexeme = take()
        guard case .string(let name) = lexeme.kind else { throw unexpected(lexeme, context) }
        return name
    }
}

/// The cursor over the words.
extension TemplateParser {
    func peek() -> TemplateLexeme { lexemes[next] }
    func peekSecond() -> TemplateLexeme { lexemes[min(next + 1, lexemes.count - 1)] }

    mutating func take() -> TemplateLexeme {
        let lexeme = lexemes[next]
        if next + 1 < lexemes.count { next += 1 }
        return lexeme
    }

    mutating func nested<Value>(
        _ parse: (inout Self) throws(TemplateError) -> Value
    ) throws(TemplateError) -> Value {
        try enter()
        defer { depth -= 1 }
        return try parse(&self)
    }

    private mutating func expectClose(_ context: String) throws(TemplateError) {
        let lexeme = take()
        guard lexeme.kind == .close else { throw unexpected(lexeme, context) }
    }

    func unexpected(_ lexeme: TemplateLexeme, _ context: String) -> TemplateError {
        error("unexpected \(lexeme.shown) in \(context)")
    }

    func error(_ reason: String) -> TemplateError {
        let position = lexemes[max(0, next - 1)].position
        return .parsing(line: 1 + bytes.prefix(position).count { $0 == 0x0A }, reason)
    }
}
