// SPDX-License-Identifier: Apache-2.0

/// Pipelines, commands and operands.
extension TemplateParser {
    /// Parses a pipeline and the word that ends it: `.close` or `.rightParenthesis`.
    /// - Parameter context: what the pipeline belongs to, for error messages.
    mutating func pipeline(
        _ context: String, until end: TemplateLexeme.Kind
    ) throws(TemplateError) -> TemplatePipeline {
        var pipeline = TemplatePipeline(position: peek().position)
        try declaration(of: &pipeline, context)
        while true {
            let lexeme = peek()
            switch lexeme.kind {
            case end:
                _ = take()
                try check(pipeline, context)
                return pipeline
            case .bool, .string, .integer, .float, .dot, .field, .identifier, .variable,
                .leftParenthesis, .keyword(.nil):
                pipeline.commands.append(try command())
            default:
                _ = take()
                throw unexpected(lexeme, context)
            }
        }
    }

    /// `$x :=`, `$x =` and, for range, `$i, $e :=`.
    private mutating func declaration(
        of pipeline: inout TemplatePipeline, _ context: String
    ) throws(TemplateError) {
        guard case .variable(let first) = peek().kind else { return }
        var names = [first]
        switch peekSecond().kind {
        case .declare, .assign: _ = take()
        case .comma:
            guard context == "range" else { throw error("too many declarations in \(context)") }
            _ = take()
            _ = take()
            let second = take()
            guard case .variable(let name) = second.kind else {
                throw error("range can only initialize variables")
            }
            names.append(name)
        default: return
        }
        let sign = take()
        guard sign.kind == .declare || sign.kind == .assign else { throw unexpected(sign, context) }
        pipeline.assigns = sign.kind == .assign
        pipeline.variables = names
        guard !pipeline.assigns else {
            for name in names where !variables.contains(name) {
                throw error("undefined variable \(goQuoted(name))")
            }
            return
        }
        variables += names
    }

    private func check(_ pipeline: TemplatePipeline, _ context: String) throws(TemplateError) {
        guard !pipeline.commands.isEmpty else { throw error("missing value for \(context)") }
        for (stage, command) in pipeline.commands.enumerated().dropFirst() {
            switch command.operands[0].kind {
            case .bool, .dot, .nothing, .integer, .float, .string:
                throw error("non executable command in pipeline stage \(stage + 1)")
            default: break
            }
        }
    }

    /// Operands up to a pipe, consumed, or the end of the pipeline.
    private mutating func command() throws(TemplateError) -> TemplateCommand {
        var command = TemplateCommand(position: peek().position)
        while true {
            let operand = try self.operand()
            command.operands.append(operand)
            let lexeme = peek()
            if lexeme.spaced, lexeme.kind != .pipe, !ends(lexeme) { continue }
            switch lexeme.kind {
            case .close, .rightParenthesis: return command
            case .pipe:
                _ = take()
                return command
            default:
                _ = take()
                throw unexpected(lexeme, "operand")
            }
        }
    }

    private func ends(_ lexeme: TemplateLexeme) -> Bool {
        lexeme.kind == .close || lexeme.kind == .rightParenthesis
    }

    /// A term and the fields written onto it without a blank.
    private mutating func operand() throws(TemplateError) -> TemplateOperand {
        let start = peek().position
        let term = try term()
        var fields: [String] = []
        var position = start
        while case .field(let name) = peek().kind, !peek().spaced {
            if fields.isEmpty { position = peek().position }
            fields.append(name)
            _ = take()
        }
        guard !fields.isEmpty else { return term }
        let kind: TemplateOperand.Kind =
            switch term.kind {
            case .fields(let first): .fields(first + fields)
            case .variable(let name, _): .variable(name, fields)
            case .pipeline(let pipeline, _): .pipeline(pipeline, fields)
            case .bool, .string, .integer, .float, .nothing, .dot:
                throw error("unexpected . after term \(goQuoted(term.source))")
            default: .chain(term, fields)
            }
        let source = term.source + fields.map { "." + $0 }.joined()
        return TemplateOperand(position: position, kind: kind, source: source)
    }

    private mutating func term() throws(TemplateError) -> TemplateOperand {
        let lexeme = take()
        let kind: TemplateOperand.Kind
        switch lexeme.kind {
        case .dot: kind = .dot
        case .keyword(.nil): kind = .nothing
        case .bool(let value): kind = .bool(value)
        case .string(let text): kind = .string(text)
        case .integer(let value): kind = .integer(value)
        case .float(let value): kind = .float(value)
        case .field(let name): kind = .fields([name])
        case .variable(let name):
            guard variables.contains(name) else {
                throw error("undefined variable \(goQuoted(name))")
            }
            kind = .variable(name, [])
        case .identifier(let name):
            guard TemplateFunction(rawValue: name) != nil else {
                throw error("function \(goQuoted(name)) not defined")
            }
            kind = .function(name)
        case .leftParenthesis: return try parenthesized(from: lexeme.position)
        default: throw unexpected(lexeme, "operand")
        }
        return TemplateOperand(position: lexeme.position, kind: kind, source: lexeme.source)
    }

    private mutating func parenthesized(
        from start: Int
    ) throws(TemplateError) -> TemplateOperand {
        let pipeline = try nested { (parser: inout Self) throws(TemplateError) in
            try parser.pipeline("parenthesized pipeline", until: .rightParenthesis)
        }
        return TemplateOperand(
            position: start, kind: .pipeline(pipeline, []), source: "(\(pipeline))")
    }
}
