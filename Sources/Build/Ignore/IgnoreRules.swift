// SPDX-License-Identifier: Apache-2.0

/// Which files of a tree are left out: a `.dockerignore`, or the patterns of `--exclude`. Patterns are
/// anchored at the top; the last that fits decides; what fits takes all below it along.
public struct IgnoreRules: Equatable, Sendable {
    private struct Rule: Equatable, Sendable {
        let pattern: PathPattern
        let readmits: Bool
    }
    private var rules: [Rule] = []

    /// Leaves nothing out.
    public init() {}

    /// - Parameter lines: a pattern each, cleaned.
    public init(patterns lines: [String]) throws(DockerfileFailure) {
        for line in lines {
            var text = line[...].withoutBlanks
            guard !text.isEmpty else { continue }
            let readmits = text.first == "!"
            if readmits { text = text.dropFirst().withoutBlanks }
            let cleaned = Self.cleaned(text)
            guard !text.isEmpty, let pattern = PathPattern(cleaned) else {
                throw DockerfileFailure("illegal exclusion pattern: \"\(line)\"", at: nil)
            }
            rules.append(Rule(pattern: pattern, readmits: readmits))
        }
    }

    /// A `.dockerignore`.
    public init(parsing text: String) throws(DockerfileFailure) {
        let start = text.hasPrefix("\u{FEFF}") ? text.dropFirst() : text[...]
        let lines = start.split { $0 == "\n" || $0 == "\r\n" }
        try self.init(patterns: lines.filter { $0.first != "#" }.map(String.init))
    }

    /// As Go's filepath.Clean has it, without a slash in front.
    private static func cleaned(_ text: Substring) -> String {
        var names: [Substring] = []
        for name in text.split(separator: "/") where name != "." {
            if name == "..", let last = names.last, last != ".." {
                names.removeLast()
            } else if name != ".." || !text.hasPrefix("/") {
                names.append(name)
            }
        }
        return names.isEmpty ? "." : names.joined(separator: "/")
    }

    public var isEmpty: Bool { rules.isEmpty }

    /// Whether something below a directory that is left out may come back in.
    public var hasExceptions: Bool { rules.contains(where: \.readmits) }

    /// Whether a path is left out.
    /// - Parameter path: below the top, without a slash in front.
    public func leavesOut(_ path: [UInt8]) -> Bool {
        guard !rules.isEmpty, !path.isEmpty else { return false }
        var isOut = false
        let slash = UInt8(ascii: "/")
        let parents = path.indices.filter { path[$0] == slash }.map { path[..<$0] } + [path[...]]
        for rule in rules where rule.readmits == isOut {
            if parents.contains(where: { rule.pattern.fits($0) }) { isOut = !rule.readmits }
        }
        return isOut
    }
}
