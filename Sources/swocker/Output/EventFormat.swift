// SPDX-License-Identifier: Apache-2.0

import Engine
import OCI

/// How `events` prints one.
enum EventFormat {
    case text
    case json
    case template(Template)

    /// - Parameter format: the value of `--format`.
    /// - Throws: `UsageError` with Docker's exit code for a template that does not parse.
    init(_ format: String) throws {
        switch format {
        case "": self = .text
        case "json", "{{json .}}": self = .json
        default:
            do { self = .template(try Template(parsing: expandingEscapes(format))) } catch {
                throw Self.refusal(error)
            }
        }
    }

    private static func refusal(_ error: any Error) -> UsageError {
        UsageError("Error parsing format: \(error)", exitCode: 64)
    }

    /// One event with its newline.
    /// - Parameter isTerminal: whether a terminal reads it; controls in names and labels are then
    ///   made visible.
    func line(_ event: Event, isTerminal: Bool) throws -> String {
        switch self {
        case .json: return event.document.text() + "\n"
        case .text: return (isTerminal ? inert(event.text) : event.text) + "\n"
        case .template(let template):
            do {
                return try template.text(
                    over: .json(event.document, GoPath(types: .event, path: "")),
                    isInert: isTerminal) + "\n"
            } catch { throw Self.refusal(error) }
        }
    }
}

extension Event {
    /// Docker's line: time, kind, action, actor, and the attributes in brackets.
    fileprivate var text: String {
        let details = sortedAttributes.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
        let head = "\(time.localRFC3339NanoFixed) \(kind.rawValue) \(action) \(actor)"
        return details.isEmpty ? head : "\(head) (\(details))"
    }
}
