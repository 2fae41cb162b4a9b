// SPDX-License-Identifier: Apache-2.0

/// A value that an option does not take; the parser adds which option and which value.
struct InvalidValue: Error, Equatable, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// A command line that cannot be obeyed, with all that Docker prints about it.
struct UsageError: Error, Equatable {
    enum Kind: Equatable {
        /// An option that does not parse: 125, with the usage.
        case option
        /// The wrong number of operands: 1, with the usage.
        case operands
        /// Options that parse, but not together or not here: 125, with a pointer to the help.
        case conflict
        /// One line and this exit code.
        case line(Int32)
    }

    let kind: Kind
    let message: String
    /// How the command was called; empty for the program itself.
    let name: String
    /// The line behind `Usage:`, without the program.
    let usage: String

    init(_ kind: Kind, _ message: String, command: Command, name: String) {
        self.kind = kind
        self.message = message
        self.name = name
        usage = HelpText.usage(of: command, name: name)
    }

    /// One line, exactly `message`, and an exit code.
    init(_ message: String, exitCode: Int32 = 1) {
        kind = .line(exitCode)
        self.message = message
        name = ""
        usage = ""
    }

    /// A fault of options taken together, found after parsing.
    static func conflict(_ message: String, in arguments: Arguments) -> UsageError {
        UsageError(.conflict, message, command: arguments.command, name: arguments.name)
    }

    var exitCode: Int32 {
        switch kind {
        case .option, .conflict: 125
        case .operands: 1
        case .line(let code): code
        }
    }

    /// The whole text for standard error, with its last newline.
    var text: String {
        let call = name.isEmpty ? "swocker" : "swocker \(name)"
        switch kind {
        case .line: return "\(message)\n"
        case .conflict:
            return "swocker: \(message)\n\nRun '\(call) --help' for more information\n"
        case .option:
            return "\(message)\n\nUsage:  \(usage)\n\nRun '\(call) --help' for more information\n"
        case .operands:
            // Docker says "See" for this one form only.
            let verb = message.hasSuffix("argument") || message.hasSuffix("arguments")
            let lead =
                verb && message.contains("at least") && !message.contains("at most") ? "See" : "Run"
            return "swocker: \(message)\n\nUsage:  \(usage)\n\n"
                + "\(lead) '\(call) --help' for more information\n"
        }
    }
}

extension Arguments {
    /// Refuses a wrong number of operands in Docker's words.
    func checkOperands() throws {
        let wish: String
        switch command.arity {
        case .none where !operands.isEmpty: wish = "accepts no arguments"
        case .exactly(let count) where operands.count != count:
            wish = "requires \(Self.counted(count))"
        case .atLeast(let count) where operands.count < count:
            wish = "requires at least \(Self.counted(count))"
        case .atMost(let count) where operands.count > count:
            wish = "requires at most \(Self.counted(count))"
        case .between(let least, let most) where !(least...most).contains(operands.count):
            wish = "requires at least \(least) and at most \(Self.counted(most))"
        default: return
        }
        throw UsageError(.operands, "'swocker \(name)' \(wish)", command: command, name: name)
    }

    private static func counted(_ count: Int) -> String {
        count == 1 ? "1 argument" : "\(count) arguments"
    }
}
