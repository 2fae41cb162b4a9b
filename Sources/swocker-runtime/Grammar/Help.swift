// SPDX-License-Identifier: Apache-2.0

/// The help texts.
enum Help {
    static func text(of command: Command) -> String {
        "USAGE:\n   \(Root.name) \(command.name) [command options] \(command.operands)\n\n"
            + "\(command.summary).\n"
            + (command.options.isEmpty ? "" : "\nOPTIONS:\n\(rows(command.options))")
    }

    static var text: String {
        let width = Root.commands.map(\.command.name.count).max() ?? 0
        let commands = Root.commands.map { entry in
            let gap = String(repeating: " ", count: width - entry.command.name.count + 2)
            return "   \(entry.command.name)\(gap)\(entry.command.summary)\n"
        }
        return
            "USAGE:\n   \(Root.name) [global options] command [command options] [arguments...]\n\n"
            + "An OCI runtime: it makes containers of bundles, and is driven as runc is.\n\n"
            + "COMMANDS:\n\(commands.joined())\nGLOBAL OPTIONS:\n\(rows(Root.options.options))"
    }

    private static func rows(_ options: [Option]) -> String {
        let labels = options.map { option in
            var label = "--\(option.name)"
            if case .flag = option.kind {} else { label += " value" }
            return option.letter.isEmpty ? label : "\(label), -\(option.letter)"
        }
        let width = labels.map(\.count).max() ?? 0
        return zip(options, labels).map { option, label in
            "   \(label)\(String(repeating: " ", count: width - label.count + 2))\(option.help)\n"
        }.joined()
    }
}
