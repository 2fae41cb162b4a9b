// SPDX-License-Identifier: Apache-2.0

import OCI

/// How `info` and `version` print the one thing that they have to tell.
enum FactFormat {
    /// Lines for people; the command's own matter.
    case text
    case json
    case template(Template)

    /// - Parameter format: the value of `--format`.
    /// - Throws: `UsageError` with Docker's exit code for a template that does not parse.
    init(_ format: String) throws {
        switch format {
        case "": self = .text
        case "json": self = .json
        default:
            do { self = .template(try Template(parsing: format)) } catch {
                throw UsageError(InspectOutput.errorPrefix + "\(error)", exitCode: 64)
            }
        }
    }

    /// `document` in this form, with its newline.
    func text(of document: JSONValue) throws -> String {
        guard case .template(let template) = self else { return document.text() + "\n" }
        do {
            return try template.text(
                over: .json(document, GoPath(types: .plain, path: "")),
                isInert: Terminal.output.isTerminal) + "\n"
        } catch { throw UsageError(InspectOutput.errorPrefix + "\(error)") }
    }
}
