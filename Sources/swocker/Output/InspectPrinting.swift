// SPDX-License-Identifier: Apache-2.0

import OCI

/// Prints what `inspect` found: an array of documents, or one line each from a template.
struct InspectOutput {
    private enum Format {
        case indented, compact
        case template(Template)
    }

    private let format: Format
    private let isTerminal: Bool
    private var objects: [JSONValue] = []
    private var lines = ""

    /// - Parameters:
    ///   - format: the value of `--format`: nothing, `json` or a template.
    ///   - isTerminal: whether a terminal reads the output; controls in values are then made
    ///     visible.
    /// - Throws: `TemplateError` when the template does not parse: exit code 64, the line led by
    ///   `InspectOutput.errorPrefix`.
    init(format: String?, isTerminal: Bool = false) throws(TemplateError) {
        self.isTerminal = isTerminal
        self.format =
            switch format ?? "" {
            case "": .indented
            case "json": .compact
            case let template: .template(try Template(parsing: template))
            }
    }

    /// What stands before every `TemplateError` of `inspect`.
    static let errorPrefix = "template parsing error: "

    /// Adds one object.
    /// - Parameter types: what Docker's types know about it.
    /// - Throws: `TemplateError` when the template does not fit: exit code 1 when all are done.
    mutating func add(_ object: JSONValue, types: GoTypes) throws(TemplateError) {
        guard case .template(let template) = format else { return objects.append(object) }
        let line: String
        do throws(TemplateError) {
            line = try template.text(
                over: .json(object, GoPath(types: types, path: "")), isInert: isTerminal)
        } catch {
            // As in Docker, a template that Go's types refuse gets a second chance with the
            // document as it is, and the second error is the one that is told.
            line = try template.text(
                over: .json(object, nil), missingKey: .error, isInert: isTerminal)
        }
        lines += line + "\n"
    }

    /// Everything to print on stdout, also when nothing was found: `[]`, or one empty line.
    var text: String {
        switch format {
        case .indented: JSONValue.array(objects).text(.inspect) + "\n"
        case .compact: JSONValue.array(objects).text() + "\n"
        case .template: lines.isEmpty ? "\n" : lines
        }
    }
}
