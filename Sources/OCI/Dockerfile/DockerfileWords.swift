// SPDX-License-Identifier: Apache-2.0

/// A line of a Dockerfile that says something wrong, in Docker's words.
public struct DockerfileError: Error, Equatable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// The grammar of what stands behind a Dockerfile's instruction.
///
/// https://docs.docker.com/reference/dockerfile/
public enum DockerfileWords {
    /// The words of `["a", "b"]`; nil when the text is no JSON list of strings, which means the shell
    /// form.
    public static func json(_ text: String) -> [String]? {
        guard text.first == "[", let list = try? JSONValue(parsing: Array(text.utf8)).arrayValue
        else { return nil }
        let words = list.compactMap(\.stringValue)
        return words.count == list.count ? words : nil
    }

    /// Words parted by blanks; quotes and backslashes keep blanks together and stay where they are.
    public static func split(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var quote: Character?
        var isEscaped = false
        for character in text {
            if quote == nil, !isEscaped, character == " " || character == "\t" {
                if !word.isEmpty { words.append(word) }
                word = ""
                continue
            }
            word.append(character)
            if isEscaped {
                isEscaped = false
            } else if character == "\\", quote != "'" {
                isEscaped = true
            } else if character == quote {
                quote = nil
            } else if quote == nil, character == "'" || character == "\"" {
                quote = character
            }
        }
        return word.isEmpty ? words : words + [word]
    }

    /// `KEY=VALUE KEY="VAL UE"`, or the old `KEY VALUE AND MORE`.
    static func pairs(
        _ text: String, of instruction: String, _ environment: [String]
    ) throws(DockerfileError) -> [(key: String, value: String)] {
        let words = split(text)
        guard let first = words.first else {
            throw DockerfileError("\(instruction) requires at least one argument")
        }
        guard first.contains("=") else {
            guard words.count > 1 else {
                throw DockerfileError("\(instruction) must have two arguments")
            }
            let value = text.drop { $0 != " " && $0 != "\t" }.drop { $0 == " " || $0 == "\t" }
            return [(first, try expand(String(value), environment))]
        }
        var pairs: [(key: String, value: String)] = []
        for word in words {
            guard let equals = word.firstIndex(of: "=") else {
                throw DockerfileError(
                    "Syntax error - can't find = in \"\(word)\". Must be of the form: name=value")
            }
            let key = try expand(String(word[..<equals]), environment)
            guard !key.isEmpty else {
                throw DockerfileError("\(instruction) names can not be blank")
            }
            pairs.append((key, try expand(String(word[word.index(after: equals)...]), environment)))
        }
        return pairs
    }

    /// A word without its quotes and backslashes, with `$NAME`, `${NAME}`, `${NAME:-OTHER}` and
    /// `${NAME:+OTHER}` replaced, but not between single quotes.
    /// - Parameter environment: `K=V`.
    public static func expand(
        _ word: String, _ environment: [String]
    ) throws(DockerfileError) -> String {
        var expansion = Expansion(rest: Array(word)[...], environment: environment)
        return try expansion.run(until: nil)
    }
}

/// One word on its way through.
private struct Expansion {
    var rest: ArraySlice<Character>
    let environment: [String]

    mutating func run(until end: Character?) throws(DockerfileError) -> String {
        var result = ""
        while let character = rest.popFirst() {
            switch character {
            case end: return result
            case "\\": result.append(rest.popFirst() ?? "\\")
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
            case "\\":
                let next = rest.popFirst() ?? "\\"
                // As in a shell, a backslash counts before these only.
                result += ["\"", "$", "\\"].contains(next) ? "\(next)" : "\\\(next)"
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
        let value = value(of: name)
        switch (name.isEmpty, rest.popFirst(), rest.first) {
        case (false, "}", _): return value ?? ""
        case (false, ":", "-"):
            rest.removeFirst()
            let other = try run(until: "}")
            return value.flatMap { $0.isEmpty ? nil : $0 } ?? other
        case (false, ":", "+"):
            rest.removeFirst()
            let other = try run(until: "}")
            return value?.isEmpty == false ? other : ""
        default: throw DockerfileError("unsupported modifier in a substitution of ${\(name)")
        }
    }

    private mutating func takeName() -> String {
        let name = rest.prefix { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) }
        rest = rest.dropFirst(name.count)
        return String(name)
    }

    private func value(of name: String) -> String? {
        environment.first { $0.hasPrefix("\(name)=") }.map { String($0.dropFirst(name.count + 1)) }
    }
}
