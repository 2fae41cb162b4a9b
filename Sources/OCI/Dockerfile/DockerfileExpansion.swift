// SPDX-License-Identifier: Apache-2.0

/// One word of a Dockerfile on its way through: quotes and escapes go, variables become their values.
///
/// https://docs.docker.com/reference/dockerfile/#environment-replacement
struct DockerfileExpansion {
    var rest: ArraySlice<Character>
    let environment: [String]
    let escape: Character

    init(_ word: String, _ environment: [String], escape: Character) {
        rest = Array(word)[...]
        self.environment = environment
        self.escape = escape
    }

    /// - Parameter end: where it ends; nil for the word's end.
    mutating func run(until end: Character?) throws(DockerfileError) -> String {
        var result = ""
        while let character = rest.popFirst() {
            switch character {
            case end: return result
            case escape: result.append(rest.popFirst() ?? escape)
            case "'": result += try single()
            case "\"": result += try double()
            case "$": result += try variable()
            default: result.append(character)
            }
        }
        if let end {
            throw DockerfileError("unexpected end of statement while looking for '\(end)'")
        }
        return result
    }

    /// Only variables: quotes stay, as in the lines of a heredoc.
    mutating func runKeepingQuotes() throws(DockerfileError) -> String {
        var result = ""
        while let character = rest.popFirst() {
            switch character {
            case escape where rest.first == "$" || rest.first == escape:
                result.append(rest.removeFirst())
            case "$": result += try variable()
            default: result.append(character)
            }
        }
        return result
    }

    private mutating func single() throws(DockerfileError) -> String {
        guard let end = rest.firstIndex(of: "'") else {
            throw DockerfileError(
                "unexpected end of statement while looking for matching single-quote")
        }
        defer { rest = rest[(end + 1)...] }
        return String(rest[..<end])
    }

    private mutating func double() throws(DockerfileError) -> String {
        var result = ""
        while let character = rest.popFirst() {
            switch character {
            case "\"": return result
            case "$": result += try variable()
            case escape:
                let next = rest.popFirst() ?? escape
                // As in a shell, it counts before these only.
                result += ["\"", "$", escape].contains(next) ? "\(next)" : "\(escape)\(next)"
            default: result.append(character)
            }
        }
        throw DockerfileError("unexpected end of statement while looking for matching double-quote")
    }

    private mutating func variable() throws(DockerfileError) -> String {
        guard rest.first == "{" else {
            let name = takeName()
            return name.isEmpty ? "$" : value(of: name) ?? ""
        }
        rest.removeFirst()
        let name = takeName()
        guard !name.isEmpty, let modifier = rest.popFirst() else {
            throw DockerfileError("syntax error: bad substitution in ${\(name)")
        }
        let value = value(of: name)
        switch modifier {
        case "}": return value ?? ""
        case ":":
            guard let second = rest.popFirst(), "-+?".contains(second) else {
                throw unsupported(name)
            }
            return try alternative(second, name, value, isThere: value?.isEmpty == false)
        case "-", "+", "?":
            return try alternative(modifier, name, value, isThere: value != nil)
        case "#", "%": return try cut(modifier, value ?? "")
        case "/": return try replaced(value ?? "")
        default: throw unsupported(name)
        }
    }

    private func unsupported(_ name: String) -> DockerfileError {
        DockerfileError("unsupported modifier in a substitution of ${\(name)")
    }

    /// `-`, `+` and `?`, with or without a colon before.
    private mutating func alternative(
        _ modifier: Character, _ name: String, _ value: String?, isThere: Bool
    ) throws(DockerfileError) -> String {
        let other = try run(until: "}")
        switch modifier {
        case "-": return isThere ? value ?? "" : other
        case "+": return isThere ? other : ""
        default:
            guard isThere else {
                let lack =
                    value == nil ? "is not allowed to be unset" : "is not allowed to be empty"
                throw DockerfileError("\(name): \(other.isEmpty ? lack : other)")
            }
            return value ?? ""
        }
    }

    /// `#`, `##`, `%` and `%%`: without the shortest or longest beginning or end that fits a pattern.
    private mutating func cut(
        _ side: Character, _ value: String
    ) throws(DockerfileError) -> String {
        let isLongest = rest.first == side
        if isLongest { rest.removeFirst() }
        let pattern = ShellPattern(try pattern(until: ["}"]))
        rest.removeFirst()
        let text = Array(value)
        let counts = isLongest ? Array((0...text.count).reversed()) : Array(0...text.count)
        for count in counts {
            let piece = side == "#" ? text.prefix(count) : text.suffix(count)
            guard pattern.fits(piece) else { continue }
            return String(side == "#" ? text.dropFirst(count) : text.dropLast(count))
        }
        return value
    }

    /// `/` for the first and `//` for every place that fits, the longest from the left.
    private mutating func replaced(_ value: String) throws(DockerfileError) -> String {
        let isEvery = rest.first == "/"
        if isEvery { rest.removeFirst() }
        let pattern = ShellPattern(try pattern(until: ["/", "}"]))
        var other = ""
        if rest.removeFirst() == "/" { other = try run(until: "}") }
        let text = Array(value)
        var result = ""
        var place = 0
        var isDone = false
        while place < text.count {
            let end = (place + 1..<text.count + 1).reversed().first {
                pattern.fits(text[place..<$0])
            }
            if !isDone, let end {
                result += other
                place = end
                isDone = !isEvery
            } else {
                result.append(text[place])
                place += 1
            }
        }
        return result
    }

    /// A pattern up to one of `ends`, which stays; variables in it have their values.
    private mutating func pattern(until ends: Set<Character>) throws(DockerfileError) -> String {
        var pattern = ""
        while let character = rest.first {
            if ends.contains(character) { return pattern }
            rest.removeFirst()
            switch character {
            case escape:
                guard let next = rest.popFirst() else { continue }
                pattern += "\\\(next)"
            case "'": pattern += ShellPattern.literal(try single())
            case "\"": pattern += ShellPattern.literal(try double())
            case "$": pattern += try variable()
            default: pattern.append(character)
            }
        }
        throw DockerfileError("unexpected end of statement while looking for '}'")
    }

    private mutating func takeName() -> String {
        if let first = rest.first, "@*#?-$!0".contains(first) || first.isASCII && first.isNumber {
            rest.removeFirst()  // the shell's own, which no build has
            return String(first)
        }
        let name = rest.prefix { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) }
        rest = rest.dropFirst(name.count)
        return String(name)
    }

    private func value(of name: String) -> String? {
        let bytes = name.utf8
        for entry in environment {
            let text = entry.utf8
            guard text.count > bytes.count, text.starts(with: bytes) else { continue }
            let end = text.index(text.startIndex, offsetBy: bytes.count)
            if text[end] == UInt8(ascii: "=") { return String(entry[text.index(after: end)...]) }
        }
        return nil
    }
}

/// A pattern of the shell's: `*`, `?`, and a backslash before what stands for itself.
private struct ShellPattern {
    private enum Part { case any, one, exactly(Character) }
    private var parts: [Part] = []

    init(_ text: String) {
        var isEscaped = false
        for character in text {
            switch character {
            case "\\" where !isEscaped: isEscaped = true
            case "*" where !isEscaped: parts.append(.any)
            case "?" where !isEscaped: parts.append(.one)
            default:
                parts.append(.exactly(character))
                isEscaped = false
            }
        }
    }

    static func literal(_ text: String) -> String { text.map { "\\\($0)" }.joined() }

    /// Whether all of `text` fits.
    func fits(_ text: ArraySlice<Character>) -> Bool {
        // Which beginnings of the pattern fit what has been read: no pattern makes it slow.
        var open: Set<Int> = Self.passing(0, parts)
        for character in text {
            var next: Set<Int> = []
            for place in open where place < parts.count {
                switch parts[place] {
                case .any: next.formUnion(Self.passing(place, parts))
                case .one: next.formUnion(Self.passing(place + 1, parts))
                case .exactly(character): next.formUnion(Self.passing(place + 1, parts))
                case .exactly: break
                }
            }
            open = next
        }
        return open.contains(parts.count)
    }

    /// `place`, and those behind it that nothing needs to be read for.
    private static func passing(_ place: Int, _ parts: [Part]) -> Set<Int> {
        var places: Set<Int> = [place]
        var place = place
        while place < parts.count, case .any = parts[place] {
            place += 1
            places.insert(place)
        }
        return places
    }
}
