// SPDX-License-Identifier: Apache-2.0

/// A parsed template: text and actions in order.
enum TemplateNode {
    case text(String)
    case action(TemplatePipeline)
    case conditional(TemplatePipeline, then: [TemplateNode], otherwise: [TemplateNode])
    case with(TemplatePipeline, then: [TemplateNode], otherwise: [TemplateNode])
    case range(TemplatePipeline, body: [TemplateNode], otherwise: [TemplateNode])
    case call(TemplateCall)
    case breakLoop
    case continueLoop
}

/// `{{template "name" pipeline}}`.
struct TemplateCall {
    let position: Int
    let name: String
    let argument: TemplatePipeline?
}

/// Commands joined by `|`; the value of one is the last argument of the next.
struct TemplatePipeline {
    let position: Int
    /// `$x` of `$x := …`, or two for range; empty without a declaration.
    var variables: [String] = []
    /// `=` rather than `:=`.
    var assigns = false
    var commands: [TemplateCommand] = []
}

/// An operand, or a function or method and its arguments.
struct TemplateCommand {
    let position: Int
    var operands: [TemplateOperand] = []
}

struct TemplateOperand {
    indirect enum Kind {
        case dot
        case nothing
        case bool(Bool)
        case string(String)
        case integer(Int64)
        case float(Double)
        case function(String)
        case fields([String])
        case variable(String, [String])
        case pipeline(TemplatePipeline, [String])
        /// Fields of something else, such as `"x".Name`: parsed, and refused when executed.
        case chain(TemplateOperand, [String])
    }

    let position: Int
    let kind: Kind
    /// What was written, for error messages.
    let source: String
}

extension TemplatePipeline: CustomStringConvertible {
    var description: String {
        let declaration =
            variables.isEmpty ? "" : variables.joined(separator: ", ") + (assigns ? " = " : " := ")
        return declaration + commands.map(\.description).joined(separator: " | ")
    }
}

extension TemplateCommand: CustomStringConvertible {
    var description: String { operands.map(\.source).joined(separator: " ") }
}
