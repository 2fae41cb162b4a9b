// SPDX-License-Identifier: Apache-2.0

/// The help of commands, laid out as Docker's.
enum HelpText {
    /// Docker wraps at this width when it cannot ask a terminal.
    private static let width = 80

    /// `swocker run [OPTIONS] IMAGE [COMMAND] [ARG...]`.
    static func usage(of command: Command, name: String) -> String {
        var words = ["swocker"]
        if !name.isEmpty { words.append(name) }
        if command.options.contains(where: { $0.standing == .shown }) { words.append("[OPTIONS]") }
        if !command.operands.isEmpty { words.append(command.operands) }
        return words.joined(separator: " ")
    }

    static func text(of command: Command, name: String) -> String {
        var text = "Usage:  \(usage(of: command, name: name))\n\n\(command.summary)\n"
        let names = [command.path] + command.aliases + (command.shortcut.map { [$0] } ?? [])
        if names.count > 1 {
            text += "\nAliases:\n  "
            text += names.map { "swocker \($0)" }.joined(separator: ", ") + "\n"
        }
        let rows = options(command.options)
        if !rows.isEmpty { text += "\nOptions:\n\(rows)" }
        return text + examples(command.examples)
    }

    /// The rows of `options`, help texts in one column.
    static func options(_ options: [Option]) -> String {
        let shown = options.filter { $0.standing == .shown }.sorted { $0.name < $1.name }
        let labels = shown.map(label)
        let column = (labels.map(\.count).max() ?? 0) + 3
        var text = ""
        for (option, label) in zip(shown, labels) {
            let lines = wrap(meaning(option), to: width - column)
            let gap = String(repeating: " ", count: column - label.count)
            let margin = "\n" + String(repeating: " ", count: column)
            text += label + gap + lines.joined(separator: margin) + "\n"
        }
        return text
    }

    static func examples(_ examples: [Command.Example]) -> String {
        guard !examples.isEmpty else { return "" }
        let lines = examples.map { "  swocker \($0.line)" }
        let column = (lines.map(\.count).filter { $0 <= 44 }.max() ?? 0) + 3
        var text = "\nExamples:\n"
        for (example, line) in zip(examples, lines) {
            let gap = String(repeating: " ", count: max(column - line.count, 3))
            text += "\(line)\(gap)# \(example.meaning)\n"
        }
        return text
    }

    /// Commands and what they are for, in two columns.
    static func list(_ commands: [(word: String, summary: String)]) -> String {
        let column = (commands.map(\.word.count).max() ?? 0) + 2
        return commands.map { word, summary in
            "  \(word)\(String(repeating: " ", count: column - word.count))\(summary)\n"
        }.joined()
    }

    private static func label(_ option: Option) -> String {
        let short = option.short.isEmpty ? "    " : "-\(option.short), "
        let placeholder = option.kind.placeholder
        let gap = placeholder.isEmpty || placeholder.hasPrefix("[") ? "" : " "
        return "  \(short)--\(option.name)\(gap)\(placeholder)"
    }

    private static func meaning(_ option: Option) -> String {
        if option.fallback.isEmpty { return option.help }
        switch option.kind {
        case .value("string", _): return "\(option.help) (default \"\(option.fallback)\")"
        default: return "\(option.help) (default \(option.fallback))"
        }
    }

    /// Breaks at blanks so that no line is longer than `limit`, if the words allow it.
    private static func wrap(_ text: String, to limit: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > limit {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? "\(word)" : " \(word)"
        }
        return lines + [line]
    }
}
