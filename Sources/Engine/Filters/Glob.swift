// SPDX-License-Identifier: Apache-2.0

/// A pattern of Go's path.Match: `*` for any characters and `?` for one, neither for `/`;
/// `[a-z]` and `[^a-z]`; `\` takes the next character as it is.
public struct Glob: Sendable {
    private enum Part: Sendable {
        case one(Unicode.Scalar)
        case anyOne
        case any
        case set([ClosedRange<Unicode.Scalar>], excluded: Bool)
    }
    private var parts: [Part] = []

    /// nil when `pattern` is malformed.
    public init?(_ pattern: String) {
        var rest = Substring(pattern).unicodeScalars
        while let scalar = rest.popFirst() {
            switch scalar {
            case "*": parts.append(.any)
            case "?": parts.append(.anyOne)
            case "\\":
                guard let escaped = rest.popFirst() else { return nil }
                parts.append(.one(escaped))
            case "[":
                guard let set = Self.set(&rest) else { return nil }
                parts.append(set)
            default: parts.append(.one(scalar))
            }
        }
    }

    private static func set(_ rest: inout Substring.UnicodeScalarView) -> Part? {
        let excluded = rest.first == "^"
        if excluded { rest.removeFirst() }
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        while rest.first != "]" || ranges.isEmpty {
            guard let low = bound(&rest) else { return nil }
            var high = low
            if rest.first == "-" {
                rest.removeFirst()
                guard let bound = bound(&rest) else { return nil }
                high = bound
            }
            if low <= high { ranges.append(low...high) } else { return nil }
        }
        rest.removeFirst()
        return .set(ranges, excluded: excluded)
    }

    private static func bound(_ rest: inout Substring.UnicodeScalarView) -> Unicode.Scalar? {
        guard let scalar = rest.popFirst(), scalar != "-", scalar != "]" else { return nil }
        return scalar == "\\" ? rest.popFirst() : scalar
    }

    /// Whether the whole of `text` fits.
    public func matches(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        var (part, position) = (0, 0)
        // Where the last star stands and how far it reaches; a later star makes it final.
        var star: (part: Int, position: Int)?
        while position < scalars.count || part < parts.count {
            if part < parts.count, case .any = parts[part] {
                star = (part, position)
                part += 1
            } else if part < parts.count, position < scalars.count,
                fits(parts[part], scalars[position])
            {
                (part, position) = (part + 1, position + 1)
            } else if let last = star, last.position < scalars.count, scalars[last.position] != "/"
            {
                star = (last.part, last.position + 1)
                (part, position) = (last.part + 1, last.position + 1)
            } else {
                return false
            }
        }
        return true
    }

    private func fits(_ part: Part, _ scalar: Unicode.Scalar) -> Bool {
        switch part {
        case .one(let expected): scalar == expected
        case .anyOne: scalar != "/"
        case .set(let ranges, let excluded):
            scalar != "/" && ranges.contains { $0.contains(scalar) } != excluded
        case .any: false
        }
    }
}
