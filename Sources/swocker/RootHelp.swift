// SPDX-License-Identifier: Apache-2.0

/// The help of the program and of its groups of commands.
enum RootHelp {
    /// The answer to `swocker --help`.
    static var text: String {
        let program = GlobalOptions.command
        return "Usage:  swocker [OPTIONS] COMMAND\n\n\(program.summary)\n"
            + "\nCommon Commands:\n" + HelpText.list(rows(CommandTable.commonWords))
            + "\nManagement Commands:\n"
            + HelpText.list(CommandTable.groups.map { ($0.path, $0.summary) })
            + "\nCommands:\n" + HelpText.list(rows(CommandTable.otherWords))
            + "\nGlobal Options:\n" + HelpText.options(program.options)
            + HelpText.examples(program.examples)
            + "\nRun 'swocker COMMAND --help' for more information on a command.\n"
    }

    /// The answer to `swocker container --help`.
    static func text(of group: CommandTable.Group) -> String {
        "Usage:  swocker \(group.path) COMMAND\n\n\(group.summary)\n\nCommands:\n"
            + HelpText.list(rows(group.words, in: group.path))
            + "\nRun 'swocker \(group.path) COMMAND --help' for more information on a command.\n"
    }

    /// The help on a command or a group; nil when there is no such thing.
    static func text(on topic: [String]) -> String? {
        guard let first = topic.first else { return text }
        if topic.count == 1, let group = CommandTable.group(first) { return text(of: group) }
        let path = topic.joined(separator: " ")
        guard let entry = CommandTable.entry(path) else { return nil }
        return HelpText.text(of: entry.command, name: entry.command.name(typedAs: path))
    }

    private static func rows(
        _ words: [String], in group: String? = nil
    ) -> [(word: String, summary: String)] {
        words.compactMap { word in
            CommandTable.entry(group.map { "\($0) \(word)" } ?? word)
                .map { (word, $0.command.summary) }
        }
    }
}
