// SPDX-License-Identifier: Apache-2.0

/// The words that are not names.
enum TemplateKeyword: String {
    case `if`, `else`, end, range, with, define, block, template, `break`, `continue`, `nil`
}

/// One word of a template with its place.
struct TemplateLexeme {
    enum Kind: Equatable {
        case text(String)
        case open, close
        case keyword(TemplateKeyword)
        case identifier(String)
        /// `.Name`, without its dot.
        case field(String)
        /// `$` or `$name`, with its dollar sign.
        case variable(String)
        case dot
        case bool(Bool)
        case string(String)
        case integer(Int64)
        case float(Double)
        case declare, assign, pipe, comma, leftParenthesis, rightParenthesis
        /// Any other mark of ASCII, which no action has a use for.
        case mark
        case endOfInput
    }

    let kind: Kind
    /// What was written, for error messages.
    let source: String
    /// Bytes from the beginning of the template.
    let position: Int
    /// Whether blanks stand before it: `.A .B` are two operands, `.A.B` is one.
    let spaced: Bool

    /// How an error calls it: keywords in angle brackets, long words cut.
    var shown: String {
        switch kind {
        case .endOfInput: "EOF"
        case .keyword, .dot: "<\(source)>"
        case .close: goQuoted("}}")
        default:
            source.utf8.count > 10 ? goQuoted(String(source.prefix(10))) + "..." : goQuoted(source)
        }
    }
}
