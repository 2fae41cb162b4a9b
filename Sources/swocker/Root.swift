// SPDX-License-Identifier: Apache-2.0

import Linux

/// The program: global options, then a command found by its words, then that command alone. No
/// other command's table is touched.
struct Root {
    let surroundings: Surroundings

    /// Obeys a command line and returns the exit code.
    func run(_ words: ArraySlice<String>) -> Int32 {
        do {
            return try obey(words)
        } catch let error as UsageError {
            surroundings.complain(error.text)
            return error.exitCode
        } catch {
            surroundings.complain("\(error)\n")
            return 1
        }
    }

    private func obey(_ words: ArraySlice<String>) throws -> Int32 {
        let global = try OptionParser.parse(words, for: GlobalOptions.command, name: "")
        remark(global)
        if global.flag("help") { return help(global.operands) }
        if global.flag("version") {
            surroundings.print(Version.line)
            return 0
        }
        guard let first = global.operands.first else {
            surroundings.complain(RootHelp.text)
            return 0
        }
        let options = GlobalOptions(global, environment: surroundings.environment)
        return try dispatch(first, global.operands.dropFirst(), options)
    }

    private func dispatch(
        _ first: String, _ rest: ArraySlice<String>, _ options: GlobalOptions
    ) throws -> Int32 {
        if let entry = CommandTable.entry(first) {
            return try invoke(entry, typed: first, rest, options)
        }
        guard let group = CommandTable.group(first) else {
            return try unknown(first, rest, in: nil)
        }
        let words = try OptionParser.parse(rest, for: group.command, name: first)
        remark(words)
        guard let second = words.operands.first, !words.flag("help") else {
            let print = words.flag("help") ? surroundings.print : surroundings.complain
            print(RootHelp.text(of: group))
            return 0
        }
        let path = "\(group.path) \(second)"
        guard let entry = CommandTable.entry(path) else {
            return try unknown(second, words.operands.dropFirst(), in: group)
        }
        return try invoke(entry, typed: path, words.operands.dropFirst(), options)
    }

    private func invoke(
        _ entry: CommandTable.Entry, typed: String, _ words: ArraySlice<String>,
        _ options: GlobalOptions
    ) throws -> Int32 {
        let name = entry.command.name(typedAs: typed)
        var arguments = try OptionParser.parse(words, for: entry.command, name: name)
        remark(arguments)
        if arguments.flag("help") {
            surroundings.print(HelpText.text(of: entry.command, name: name))
            return 0
        }
        try arguments.checkOperands()
        guard let run = entry.run else {
            throw UsageError("swocker: the command '\(name)' is not supported yet")
        }
        let invocation = Invocation(options: options, surroundings: surroundings)
        try invocation.clientConfiguration().complete(&arguments)
        let began = Clock.monotonic
        defer {
            if options.debug {
                let microseconds = (Clock.monotonic - began) / 1000
                surroundings.complain(
                    "swocker: debug: \(name) took \(microseconds) µs with root \(options.root) and state "
                        + "\(options.state)\n")
            }
        }
        return try run(arguments, invocation)
    }

    /// `swocker foo --help` is answered with help, whatever foo is.
    private func unknown(
        _ word: String, _ rest: ArraySlice<String>, in group: CommandTable.Group?
    ) throws -> Int32 {
        if rest.contains("--help") {
            surroundings.print(group.map(RootHelp.text(of:)) ?? RootHelp.text)
            return 0
        }
        let path = (group.map { "\($0.path) " } ?? "") + word
        var text = "swocker: unknown command: swocker \(path)\n\n"
        if let group { text += "Usage:  swocker \(group.path) COMMAND\n\n" }
        let guesses = Spelling.suggestions(
            for: word, among: group?.words ?? CommandTable.firstWords)
        if !guesses.isEmpty {
            text += "Did you mean \(guesses.map { "'\($0)'" }.joined(separator: " or "))?\n\n"
        }
        let call = group.map { "swocker \($0.path)" } ?? "swocker"
        throw UsageError(text + "Run '\(call) --help' for more information")
    }

    private func help(_ topic: [String]) -> Int32 {
        surroundings.print(RootHelp.text(on: topic) ?? RootHelp.text)
        return 0
    }

    private func remark(_ arguments: Arguments) {
        for line in arguments.remarks { surroundings.complain(line + "\n") }
    }
}

/// What a running command knows besides its own arguments.
struct Invocation {
    let options: GlobalOptions
    let surroundings: Surroundings
}

/// A command: its row of the table, and what it does.
protocol RunnableCommand {
    static var command: Command { get }
    init(arguments: Arguments) throws
    /// Does it and returns the exit code.
    func run(in invocation: Invocation) throws -> Int32
}
