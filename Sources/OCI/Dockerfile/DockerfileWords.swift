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
    public static func split(_ text: String, escape: Character = "\\") -> [String] {
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
            } else if character == escape, quote != "'" {
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
        _ text: String, of instruction: String, _ environment: [String],
        escape: Character = "\\"
    ) throws(DockerfileError) -> [(key: String, value: String)] {
        let words = try assignments(text, of: instruction, escape: escape)
        if words == [text], !text.hasPrefixWithEquals {
            let name = text.prefix { $0 != " " && $0 != "\t" }
            let value = text.dropFirst(name.count).drop { $0 == " " || $0 == "\t" }
            return [
                (String(name), try expand(String(value), environment, escape: escape))
            ]
        }
        var pairs: [(key: String, value: String)] = []
        for word in words {
            let parts = word.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let key = try expand(String(parts[0]), environment, escape: escape)
            guard !key.isEmpty else {
                throw DockerfileError("\(instruction) names can not be blank")
            }
            pairs.append((key, try expand(String(parts[1]), environment, escape: escape)))
        }
        return pairs
    }

    /// What ENV and LABEL assign, their variables not yet replaced: whether it can be read at all.
    public static func assignments(
        _ text: String, of instruction: String, escape: Character
    ) throws(DockerfileError) -> [String] {
        let words = split(text, escape: escape)
        guard let first = words.first else {
            throw DockerfileError("\(instruction) requires at least one argument")
        }
        guard first.contains("=") else {
            guard words.count > 1 else {
                throw DockerfileError("\(instruction) must have two arguments")
            }
            return [text]
        }
        for word in words {
            guard let equals = word.firstIndex(of: "=") else {
                throw DockerfileError(
                    "Syntax error - can't find = in \"\(word)\". Must be of the form: name=value")
            }
            guard equals > word.startIndex else {
                throw DockerfileError("\(instruction) names can not be blank")
            }
        }
        return words
    }

    /// A word without its quotes and backslashes, with its variables replaced, but not between single
    /// quotes.
    /// - Parameters:
    ///   - environment: `K=V`.
    ///   - escape: what stands for a backslash.
    public static func expand(
        _ word: String, _ environment: [String], escape: Character = "\\"
    ) throws(DockerfileError) -> String {
        var expansion = DockerfileExpansion(word, environment, escape: escape)
        return try expansion.run(until: nil)
    }

    /// A text in which variables alone are replaced: quotes stay.
    public static func expandText(
        _ text: String, _ environment: [String], escape: Character = "\\"
    ) throws(DockerfileError) -> String {
        guard text.contains(where: { $0 == "$" || $0 == escape }) else { return text }
        var expansion = DockerfileExpansion(text, environment, escape: escape)
        return try expansion.runKeepingQuotes()
    }
}

extension String {
    /// Whether the first word assigns something.
    fileprivate var hasPrefixWithEquals: Bool {
        DockerfileWords.split(self).first?.contains("=") ?? false
    }
}
