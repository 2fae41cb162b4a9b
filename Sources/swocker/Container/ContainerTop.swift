// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker top`: the processes of a container.
struct ContainerTop: EngineCommand {
    static let command = Command(
        "container top", shortcut: "top", operands: "CONTAINER [ps OPTIONS]",
        summary: "Display the running processes of a container", arity: .atLeast(1),
        operandsEndOptions: true, completes: .runningContainers,
        examples: [
            Command.Example("top web", "users, times and commands"),
            Command.Example("top web -o pid,rss,comm", "these columns"),
        ])

    let name: String
    /// Of ps(1).
    let options: [String]

    init(arguments: Arguments) {
        name = arguments.operands[0]
        // As in Docker, ps gets words, however they were quoted.
        options = arguments.operands.dropFirst().joined(separator: " ").split(separator: " ")
            .map(String.init)
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        let processes = try engine.processes(of: name, options: options)
        var table = Table(minimumWidth: 20, gap: 3)
        table.add(processes.titles)
        for row in processes.rows { table.add(row) }
        surroundings.print(table.text)
        return 0
    }
}
