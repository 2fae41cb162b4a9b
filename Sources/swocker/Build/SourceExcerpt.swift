// SPDX-License-Identifier: Apache-2.0

import Build
import Engine
import OCI

/// Why a build failed, as BuildKit's client prints it: what the step said last, where the step stands,
/// and the reason.
struct SourceExcerpt {
    let text: String

    init(_ error: any Error, of source: BuildSource?) {
        var text = ""
        var lines: ClosedRange<Int>?
        switch error {
        case let failure as BuildFailure:
            lines = failure.lines
            if let step = failure.step {
                let output = failure.output.split(
                    omittingEmptySubsequences: false, whereSeparator: \.isNewline
                ).suffix(11).map { inert(String($0), keepingLines: true) }.joined(separator: "\n")
                text += "------\n > \(inert(step)):\n\(output)\n------\n"
            }
        case let failure as DockerfileFailure: lines = failure.lines
        default: break
        }
        if let lines, let source {
            text += Self.lines(lines, of: source.text, name: source.name)
        }
        let isContext = "\(error)".hasPrefix("unable to prepare context")
        let lead = isContext ? "" : "failed to build: failed to solve: "
        self.text = text + "ERROR: \(lead)\(inert("\(error)"))\n"
    }

    /// Lines of a Dockerfile with those around them.
    static func lines(_ marked: ClosedRange<Int>, of text: String, name: String) -> String {
        let all = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let first = max(1, marked.lowerBound - 2)
        let last = min(all.count, marked.upperBound + 2)
        guard first <= last else { return "" }
        let rule = String(repeating: "-", count: 20)
        var excerpt = "\(inert(name)):\(marked.lowerBound)\n\(rule)\n"
        for number in first...last {
            let padding = String(repeating: " ", count: max(0, 4 - "\(number)".count))
            let mark = marked.contains(number) ? ">>>" : "   "
            excerpt +=
                "\(padding)\(number) | \(mark) \(inert(String(all[number - 1]), keepingLines: true))\n"
        }
        return excerpt + "\(rule)\n"
    }
}
