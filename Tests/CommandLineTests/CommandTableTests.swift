// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import swocker

struct CommandTableTests {
    static let commands = CommandTable.paths.compactMap { CommandTable.entry($0)?.command }

    @Test func everyWordCallsSomething() {
        #expect(Self.commands.count == CommandTable.paths.count)
        for command in Self.commands {
            for path in [command.path] + command.aliases + [command.shortcut].compactMap({ $0 }) {
                #expect(CommandTable.entry(path)?.command.path == command.path, "\(path)")
            }
        }
    }

    @Test(arguments: commands.map(\.path))
    func rowsAreSound(_ path: String) throws {
        let command = try #require(CommandTable.entry(path)?.command)
        let names = command.options.map(\.name)
        let letters = command.options.map(\.short).filter { !$0.isEmpty }
        #expect(Set(names).count == names.count)
        #expect(Set(letters).count == letters.count)
        #expect((1...3).contains(command.examples.count))
        for option in command.options {
            #expect(names.contains(option.canonicalName), "\(option.name) stands for nothing")
            #expect(option.standing != .shown || !option.help.isEmpty, "\(option.name)")
            if !option.fallback.isEmpty { try option.kind.check(option.fallback) }
        }
    }

    /// Every example must be a command line that parses.
    @Test(arguments: commands.flatMap(\.examples).map(\.line))
    func examplesParse(_ line: String) throws {
        let before = line.split(separator: " ").prefix { !["|", ">", "<"].contains($0) }
        let words = before.map { String($0).replacing("'", with: "") }
        let typed = CommandTable.group(words[0]) == nil ? 1 : 2
        let path = words[..<typed].joined(separator: " ")
        let command = try #require(CommandTable.entry(path)?.command, "\(path)")
        let arguments = try OptionParser.parse(words[typed...], for: command, name: path)
        try arguments.checkOperands()
    }

    @Test func helpNamesEveryOption() throws {
        let command = ContainerRun.command
        let text = HelpText.text(of: command, name: "run")
        for option in command.options where option.standing == .shown {
            #expect(text.contains("--\(option.name)"))
        }
        #expect(!text.contains("--net "))
        for line in text.split(separator: "\n").prefix(while: { $0 != "Examples:" }) {
            #expect(line.count <= 80)
        }
    }

    @Test func optionsAlign() {
        let rows = [
            Option("all", "a", .flag, "Everything"),
            Option("last", "n", .integer, default: "-1", "The last ones"),
            Option("pull", .string, default: "missing", "When"),
        ]
        #expect(
            HelpText.options(rows) == """
                  -a, --all           Everything
                  -n, --last int      The last ones (default -1)
                      --pull string   When (default "missing")

                """)
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func completionKnowsEveryCommand(_ shell: String) throws {
        let (output, _, code) = RootTests.call("completion", shell)
        #expect(code == 0)
        for path in CommandTable.paths { #expect(output.contains(path)) }
        #expect(output.contains("swocker __complete running"))
    }
}
