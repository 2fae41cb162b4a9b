// SPDX-License-Identifier: Apache-2.0

internal import OCI

extension Dockerfile {
    /// Reads a Dockerfile. What instructions mean is not looked at, but that each is one.
    public init(parsing text: String) throws(DockerfileFailure) {
        var parser = DockerfileParser(text)
        try parser.run()
        guard !parser.instructions.isEmpty else {
            throw DockerfileFailure("file with no instructions", at: nil)
        }
        directives = parser.directives
        instructions = parser.instructions
        remarks = parser.remarks
    }

    static let keywords = [
        "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL",
        "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
    ]
}

/// Lines become instructions: comments go, continuations join, heredocs are taken out.
private struct DockerfileParser {
    private let lines: [Substring]
    private var next = 0
    var directives = ParserDirectives()
    var instructions: [Instruction] = []
    var remarks: [Dockerfile.Remark] = []

    init(_ text: String) {
        let start = text.hasPrefix("\u{FEFF}") ? text.dropFirst() : text[...]
        lines = start.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    }

    mutating func run() throws(DockerfileFailure) {
        try readDirectives()
        while next < lines.count { try readInstruction() }
    }

    // MARK: Directives

    /// They end with the first line that is none.
    private mutating func readDirectives() throws(DockerfileFailure) {
        var seen: Set<String> = []
        while next < lines.count, let (name, value) = Self.directive(lines[next]) {
            let place = next + 1...next + 1
            guard seen.insert(name).inserted else {
                throw DockerfileFailure("only one \(name) parser directive can be used", at: place)
            }
            switch name {
            case "syntax": directives.syntax = value
            case "check": directives.check = value
            default:
                guard let character = value.first, value.count == 1, "\\`".contains(character)
                else {
                    throw DockerfileFailure(
                        "invalid escape token '\(value)' does not match ` or \\", at: place)
                }
                directives.escape = character
            }
            next += 1
        }
    }

    /// `# name=value`, of the names that there are.
    private static func directive(_ line: Substring) -> (name: String, value: String)? {
        let line = line.drop(while: \.isBlank)
        guard line.first == "#", let equals = line.firstIndex(of: "=") else { return nil }
        let name = line[..<equals].dropFirst().withoutBlanks.lowercased()
        guard ["syntax", "escape", "check"].contains(name) else { return nil }
        return (name, String(line[line.index(after: equals)...].withoutBlanks))
    }

    // MARK: Instructions

    private static func isComment(_ line: Substring) -> Bool {
        line.first { !$0.isBlank } == "#"
    }

    private mutating func readInstruction() throws(DockerfileFailure) {
        let first = next + 1
        if Self.isComment(lines[next]) {
            next += 1
            return
        }
        var (text, isEnd) = withoutContinuation(lines[next].drop(while: \.isBlank))
        next += 1
        var emptyLine: Int?
        while !isEnd, next < lines.count {
            let line = lines[next]
            next += 1
            if Self.isComment(line) { continue }
            if line.allSatisfy(\.isBlank) {
                emptyLine = emptyLine ?? next
                continue
            }
            let (piece, isLast) = withoutContinuation(line)
            text += piece
            isEnd = isLast
        }
        guard text.contains(where: { !$0.isBlank }) else { return }
        if let emptyLine {
            remarks.append(
                .init(
                    rule: "NoEmptyContinuation", line: emptyLine,
                    text: "Empty continuation line found in: \(text.withoutBlanks)"))
        }
        try take(text, from: first)
    }

    /// A line without its escape at the end, and whether it had none.
    private func withoutContinuation(_ line: Substring) -> (Substring, isEnd: Bool) {
        let trimmed = line.withoutBlanksAtEnd
        guard trimmed.last == directives.escape else { return (line, true) }
        let rest = trimmed.dropLast()
        // Two of them are one that is meant.
        return rest.last == directives.escape ? (line, true) : (rest, false)
    }

    private mutating func take(_ text: Substring, from first: Int) throws(DockerfileFailure) {
        let text = text.withoutBlanks
        let name = text.prefix { !$0.isBlank }
        let keyword = name.uppercased()
        guard Dockerfile.keywords.contains(keyword) else {
            throw DockerfileFailure("unknown instruction: \(name)", at: first...next)
        }
        let (flags, arguments) = try Self.flags(
            text.dropFirst(name.count).withoutBlanks, escape: directives.escape, at: first...next)
        if name != name.uppercased()[...], name != name.lowercased()[...] {
            remarks.append(
                .init(
                    rule: "ConsistentInstructionCasing", line: first,
                    text: "Command '\(name)' should be consistently cased"))
        }
        let heredocs = try heredocs(of: keyword, arguments, from: first)
        instructions.append(
            Instruction(
                keyword: keyword, flags: flags, arguments: String(arguments), heredocs: heredocs,
                lines: first...max(first, next)))
    }

    /// The words in front that begin with two dashes.
    static func flags(
        _ text: Substring, escape: Character, at lines: ClosedRange<Int>
    ) throws(DockerfileFailure) -> ([Instruction.Flag], Substring) {
        var flags: [Instruction.Flag] = []
        var rest = text
        while rest.hasPrefix("--") {
            let (word, after) = word(rest, escape: escape)
            rest = after.drop(while: \.isBlank)
            if word == "--" { break }
            let parts = word.dropFirst(2).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts.first.map(String.init) ?? ""
            flags.append(.init(name: name, value: parts.count == 2 ? String(parts[1]) : nil))
        }
        return (flags, rest)
    }

    /// The first word, without its quotes and escapes, and what follows it.
    private static func word(_ text: Substring, escape: Character) -> (String, Substring) {
        var word = ""
        var quote: Character?
        var rest = text
        while let character = rest.first {
            if quote == nil, character.isBlank { break }
            rest.removeFirst()
            if character == escape, let next = rest.popFirst() {
                word.append(next)
            } else if character == quote {
                quote = nil
            } else if quote == nil, character == "\"" || character == "'" {
                quote = character
            } else {
                word.append(character)
            }
        }
        return (word, rest)
    }

    // MARK: Heredocs

    private mutating func heredocs(
        of keyword: String, _ arguments: Substring, from first: Int
    ) throws(DockerfileFailure) -> [Instruction.Heredoc] {
        let trigger =
            keyword == "ONBUILD"
            ? arguments.prefix { !$0.isBlank }.uppercased() : keyword
        guard ["RUN", "COPY", "ADD"].contains(trigger), arguments.contains("<<"),
            DockerfileWords.json(String(arguments)) == nil
        else { return [] }
        var documents: [Instruction.Heredoc] = []
        for word in DockerfileWords.split(String(arguments), escape: directives.escape) {
            guard let head = HeredocHead(word) else { continue }
            documents.append(try document(head, from: first))
        }
        return documents
    }

    private mutating func document(
        _ head: HeredocHead, from first: Int
    ) throws(DockerfileFailure) -> Instruction.Heredoc {
        var content = ""
        while next < lines.count {
            let line = head.stripsTabs ? lines[next].drop { $0 == "\t" } : lines[next]
            next += 1
            if line == head.name {
                return .init(
                    name: head.name, expands: head.expands, stripsTabs: head.stripsTabs,
                    descriptor: head.descriptor, content: content)
            }
            content += line + "\n"
        }
        throw DockerfileFailure("unterminated heredoc", at: first...first)
    }
}

/// `<<NAME`, `<<-NAME`, `3<<"NAME"`: the word that announces a heredoc.
struct HeredocHead: Equatable {
    let name: String
    let expands: Bool
    let stripsTabs: Bool
    let descriptor: String

    init?(_ word: String) {
        let digits = word.prefix { $0.isASCII && $0.isNumber }
        var rest = word.dropFirst(digits.count)
        guard rest.hasPrefix("<<") else { return nil }
        rest = rest.dropFirst(2)
        stripsTabs = rest.first == "-"
        if stripsTabs { rest = rest.dropFirst() }
        guard !rest.contains("<"), !rest.isEmpty else { return nil }
        let bare = rest.filter { $0 != "\"" && $0 != "'" }
        guard !bare.isEmpty else { return nil }
        (name, expands, descriptor) = (bare, bare.count == rest.count, String(digits))
    }
}

extension Character {
    /// What parts words.
    var isBlank: Bool { self == " " || self == "\t" || self == "\r" || self == "\u{B}" }
}

extension Substring {
    var withoutBlanksAtEnd: Substring {
        guard let last = lastIndex(where: { !$0.isBlank }) else { return self[endIndex...] }
        return self[...last]
    }

    var withoutBlanks: Substring { drop(while: \.isBlank).withoutBlanksAtEnd }
}

extension Instruction {
    /// The instruction of an ONBUILD trigger, which stands in one line.
    init(trigger text: String) throws(DockerfileFailure) {
        let file = try Dockerfile(parsing: text)
        guard let first = file.instructions.first, file.instructions.count == 1 else {
            throw DockerfileFailure("invalid ONBUILD trigger: \(text)", at: nil)
        }
        self = first
    }
}
