// SPDX-License-Identifier: Apache-2.0

/// Reads a command line by a command's rows, with the conventions of Docker's parser (pflag):
/// `--name value`, `--name=value`, clusters of letters of which the last may take a value, `--`.
struct OptionParser {
    private(set) var arguments: Arguments
    private var rest: ArraySlice<String>

    private init(_ command: Command, name: String, words: ArraySlice<String>) {
        arguments = Arguments(command: command, name: name)
        rest = words
    }

    /// The arguments in `words`; the number of operands is not looked at yet. Throws `UsageError`.
    static func parse(
        _ words: ArraySlice<String>, for command: Command, name: String
    ) throws -> Arguments {
        var parser = OptionParser(command, name: name, words: words)
        while let word = parser.rest.popFirst() {
            switch dashes(before: word) {
            case 2 where word.utf8.count == 2: parser.takeRest()
            case 2: try parser.long(word)
            case 1 where word.utf8.count > 1: try parser.cluster(word.dropFirst())
            default:
                parser.arguments.operands.append(word)
                if command.operandsEndOptions { parser.takeRest() }
            }
        }
        return parser.arguments
    }

    /// How many dashes a word begins with, up to two.
    private static func dashes(before word: String) -> Int {
        word.utf8.prefix(2).prefix { $0 == UInt8(ascii: "-") }.count
    }

    private mutating func takeRest() {
        arguments.operands += rest
        rest = []
    }

    private mutating func long(_ word: String) throws {
        let body = word.dropFirst(2)
        guard let first = body.utf8.first, first != UInt8(ascii: "="), first != UInt8(ascii: "-")
        else { throw usage("bad flag syntax: \(word)") }
        let equals = body.utf8.firstIndex(of: UInt8(ascii: "="))
        let name = String(body[..<(equals ?? body.endIndex)])
        guard let option = find(name) else { throw usage("unknown flag: --\(name)") }
        if let equals {
            try take(option, String(body[body.index(after: equals)...]))
        } else {
            try take(option, value(for: option, named: "--\(name)"))
        }
    }

    /// `-itp 80:80`: letters up to one that takes a value, which is what is left or the next word.
    private mutating func cluster(_ letters: Substring) throws {
        var left = letters
        while let letter = left.first {
            guard let option = find(letter) else {
                throw usage("unknown shorthand flag: '\(letter)' in -\(left)")
            }
            let behind = left.dropFirst()
            if behind.utf8.first == UInt8(ascii: "="), behind.utf8.count > 1 {
                return try take(option, String(behind.dropFirst()))
            }
            if let bare = option.kind.bareValue {
                if letter == "h", option.short.isEmpty {
                    remark("Flag shorthand -h has been deprecated, use --help")
                }
                try take(option, bare)
                left = behind
            } else if behind.isEmpty {
                return try take(option, value(for: option, named: "'\(letter)' in -\(left)"))
            } else {
                return try take(option, String(behind))
            }
        }
    }

    /// The value of an option that was given without one.
    private mutating func value(for option: Option, named name: String) throws -> String {
        if let bare = option.kind.bareValue { return bare }
        guard let next = rest.popFirst() else { throw usage("flag needs an argument: \(name)") }
        return next
    }

    private mutating func take(_ option: Option, _ value: String) throws {
        do {
            try option.kind.check(value)
        } catch {
            throw usage("invalid argument \"\(value)\" for \"\(option.spelling)\" flag: \(error)")
        }
        if case .deprecated(let successor) = option.standing {
            remark("Flag --\(option.name) has been deprecated, use --\(successor) instead")
        }
        arguments.set(option.canonicalName, to: value)
    }

    private mutating func remark(_ text: String) {
        if !arguments.remarks.contains(text) { arguments.remarks.append(text) }
    }

    private func find(_ name: String) -> Option? {
        arguments.command.options.first { $0.name == name } ?? (name == "help" ? .helpFlag : nil)
    }

    private func find(_ letter: Character) -> Option? {
        let short = String(letter)
        return arguments.command.options.first { $0.short == short }
            ?? (short == "h" ? .helpFlag : nil)
    }

    private func usage(_ message: String) -> UsageError {
        UsageError(.option, message, command: arguments.command, name: arguments.name)
    }
}

extension Option {
    /// What every command has. The letter `h` works too, where it has no other meaning.
    static let helpFlag = Option("help", .flag, "Print this text")
}
