// SPDX-License-Identifier: Apache-2.0

/// One instruction of a Dockerfile, cut into its parts but not understood yet.
public struct Instruction: Equatable, Sendable {
    /// In capital letters.
    public let keyword: String
    /// `--name=value`, in order.
    public let flags: [Flag]
    /// What follows the flags, in one line.
    public let arguments: String
    public let heredocs: [Heredoc]
    /// Where it stands, counted from 1.
    public let lines: ClosedRange<Int>

    /// An option of an instruction.
    public struct Flag: Equatable, Sendable {
        public let name: String
        /// nil for a flag without `=`.
        public let value: String?
    }

    /// A document that stands below its instruction.
    public struct Heredoc: Equatable, Sendable {
        public let name: String
        /// Whether the builder replaces variables in it: its name had no quotes.
        public let expands: Bool
        /// Whether tabs before its lines go.
        public let stripsTabs: Bool
        /// Empty for the usual one.
        public let descriptor: String
        public let content: String
    }

    /// The instruction in one line, as progress and history show it.
    public var text: String {
        let words = flags.map { "--\($0.name)" + ($0.value.map { "=\($0)" } ?? "") }
        return ([keyword] + words + (arguments.isEmpty ? [] : [arguments]))
            .joined(separator: " ")
    }

    /// Flags and arguments, for instructions that read their flags themselves.
    var flagsAndArguments: String { String(text.dropFirst(keyword.count + 1)) }
}

/// A text that is no Dockerfile, or one that says something impossible.
public struct DockerfileFailure: Error, Equatable, CustomStringConvertible {
    /// Where; nil for the file as a whole.
    public let lines: ClosedRange<Int>?
    public let reason: String

    init(_ reason: String, at lines: ClosedRange<Int>?) {
        self.reason = reason
        self.lines = lines
    }

    /// In BuildKit's words.
    public var description: String {
        guard let lines else { return reason }
        return "dockerfile parse error on line \(lines.lowerBound): \(reason)"
    }
}

/// What the lines on top of a Dockerfile say to its reader.
///
/// https://docs.docker.com/reference/dockerfile/#parser-directives
public struct ParserDirectives: Equatable, Sendable {
    /// The language's version; every one is read as the newest.
    public var syntax: String?
    /// A backslash or a backtick.
    public var escape: Character = "\\"
    /// What `--check` skips, or that its findings are errors.
    public var check: String?
}

/// A Dockerfile as its lines say it.
public struct Dockerfile: Equatable, Sendable {
    public let directives: ParserDirectives
    public let instructions: [Instruction]
    /// What works and is bad habit: where, and what.
    public let remarks: [Remark]

    /// Something that a reader should know.
    public struct Remark: Equatable, Sendable {
        /// As `check=skip=` names it.
        public let rule: String
        public let line: Int
        public let text: String
    }
}
