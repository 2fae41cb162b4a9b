// SPDX-License-Identifier: Apache-2.0

import OCI

/// A template in the language of Go's text/template as `--format` takes it
/// (https://pkg.go.dev/text/template, https://docs.docker.com/engine/cli/formatting/).
struct Template {
    let nodes: [TemplateNode]
    let definitions: [String: [TemplateNode]]
    let source: String

    init(parsing source: String) throws(TemplateError) {
        var parser = try TemplateParser(source)
        nodes = try parser.document()
        definitions = parser.definitions
        self.source = source
    }

    /// What an absent key of a map yields.
    enum MissingKey { case noValue, error }

    /// The text that the template makes of `value`.
    /// - Parameters:
    ///   - headers: whether column titles are printed, which text functions leave alone.
    ///   - isInert: whether controls in values are made visible, because a terminal would obey
    ///     them; what the template itself says stays.
    func text(
        over value: TemplateValue, missingKey: MissingKey = .noValue, headers: Bool = false,
        isInert: Bool = false
    ) throws(TemplateError) -> String {
        var evaluator = TemplateEvaluator(
            template: self, root: value, missingKey: missingKey, headers: headers,
            isInert: isInert)
        try evaluator.run()
        return evaluator.output
    }

    /// Whether `.name` is mentioned anywhere, as first field of something.
    func mentions(_ name: String) -> Bool {
        guard let lexemes = try? TemplateLexer.lexemes(of: source) else { return false }
        return lexemes.contains { $0.kind == .field(name) }
    }
}
