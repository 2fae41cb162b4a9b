// SPDX-License-Identifier: Apache-2.0

/// Why a template was refused or stopped, in the words of Go's text/template: scripts match them.
struct TemplateError: Error, Equatable, CustomStringConvertible {
    enum Phase { case parsing, execution }

    let phase: Phase
    /// The whole line, from `template: :1:2: …` on.
    let description: String

    static func parsing(line: Int, _ reason: String) -> TemplateError {
        TemplateError(phase: .parsing, description: "template: :\(line): \(reason)")
    }

    /// - Parameter place: line and column as `1:2`.
    static func execution(
        at place: String, template: String, context: String, _ reason: String
    ) -> TemplateError {
        TemplateError(
            phase: .execution,
            description: "template: :\(place): executing \(goQuoted(template)) at <\(context)>: "
                + reason)
    }
}
