// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker completion`: a script that teaches a shell the command line.
struct Completion: RunnableCommand {
    static let command = Command(
        "completion", operands: "bash|zsh|fish",
        summary: "Print a script that completes commands in a shell", arity: .exactly(1),
        completes: .shells,
        examples: [
            Command.Example("completion bash > /etc/bash_completion.d/swocker", "for everybody"),
            Command.Example("completion fish | source", "for this shell"),
        ])

    let shell: String

    init(arguments: Arguments) { shell = arguments.operands.first ?? "" }

    func run(in invocation: Invocation) throws -> Int32 {
        let rows = CompletionRow.all()
        switch shell {
        case "bash": invocation.surroundings.print(BashCompletion.script(rows))
        case "zsh": invocation.surroundings.print(ZshCompletion.script(rows))
        case "fish": invocation.surroundings.print(FishCompletion.script(rows))
        default:
            throw UsageError("swocker: unknown shell: \(shell): it must be bash, zsh or fish")
        }
        return 0
    }
}

/// One way to call a command, as completion sees it.
struct CompletionRow {
    /// `ps`, `container ls`.
    let words: String
    let command: Command

    var options: [Option] {
        let shown = command.options.filter { $0.standing == .shown }
        return shown.contains { $0.name == "help" } ? shown : shown + [.helpFlag]
    }

    /// Every command by all words that call it.
    static func all() -> [CompletionRow] {
        var rows: [CompletionRow] = []
        for path in CommandTable.paths {
            guard let command = CommandTable.entry(path)?.command else { continue }
            let aliases = path == command.path ? command.aliases : []
            rows += ([path] + aliases).map { CompletionRow(words: $0, command: command) }
        }
        return rows
    }
}

extension Command.Subject {
    /// The command line that prints the candidates, one a line; nil when there are none.
    var listing: String? {
        func names(_ subjects: CompletionSubject...) -> String {
            let words = subjects.map(\.rawValue).joined(separator: " ")
            return "swocker __complete \(words) 2>/dev/null"
        }
        switch self {
        case .nothing: return nil
        case .containers: return names(.containers)
        case .runningContainers: return names(.running)
        case .startableContainers: return names(.startable)
        case .stoppedContainers: return names(.stopped)
        case .images: return names(.images)
        case .volumes: return names(.volumes)
        case .networks: return names(.networks)
        case .objects: return names(.containers, .images, .volumes, .networks)
        case .commands: return "printf '%s\\n' \(CommandTable.firstWords.joined(separator: " "))"
        case .shells: return "printf '%s\\n' bash zsh fish"
        }
    }
}
