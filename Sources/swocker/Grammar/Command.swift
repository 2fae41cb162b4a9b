// SPDX-License-Identifier: Apache-2.0

/// One command, as data.
struct Command: Sendable {
    /// The words that call it, such as `container run`.
    let path: String
    /// The one-word form, such as `run`, when there is one.
    let shortcut: String?
    /// Further words that call it, such as `container list`.
    let aliases: [String]
    /// What follows the path, without `[OPTIONS]`: `IMAGE [COMMAND] [ARG...]`.
    let operands: String
    let summary: String
    let arity: Arity
    /// Whether everything behind the first operand belongs to the container.
    let operandsEndOptions: Bool
    let options: [Option]
    let examples: [Example]
    /// What the shell offers for operands.
    let completes: Subject

    init(
        _ path: String, shortcut: String? = nil, aliases: [String] = [], operands: String = "",
        summary: String, arity: Arity, operandsEndOptions: Bool = false,
        completes: Subject = .nothing,
        options: [Option] = [], examples: [Example]
    ) {
        self.path = path
        self.shortcut = shortcut
        self.aliases = aliases
        self.operands = operands
        self.summary = summary
        self.arity = arity
        self.operandsEndOptions = operandsEndOptions
        self.completes = completes
        self.options = options
        self.examples = examples
    }

    /// The command's last word, as lists of commands show it.
    var word: String { path.split(separator: " ").last.map(String.init) ?? path }

    /// How messages name the command when it was called as `typed`.
    func name(typedAs typed: String) -> String { typed == shortcut ? typed : path }
}

extension Command {
    /// How many operands a command takes.
    enum Arity: Equatable, Sendable {
        case none
        case exactly(Int)
        case atLeast(Int)
        case atMost(Int)
        case between(Int, Int)
    }

    /// A command line and what it does.
    struct Example: Equatable, Sendable {
        /// Without the program's name.
        let line: String
        let meaning: String

        init(_ line: String, _ meaning: String) {
            self.line = line
            self.meaning = meaning
        }
    }

    /// What operands name.
    enum Subject: Sendable {
        case nothing, containers, runningContainers, startableContainers, stoppedContainers
        case images, volumes, networks, objects, commands, shells
    }
}
