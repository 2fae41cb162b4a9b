// SPDX-License-Identifier: Apache-2.0

import Engine
import Linux

/// `swocker restart`: end containers, then start them.
struct ContainerRestart: EngineCommand {
    static let command = Command(
        "container restart", shortcut: "restart", operands: "CONTAINER [CONTAINER...]",
        summary: "Restart one or more containers", arity: .atLeast(1), completes: .containers,
        options: [
            Option("signal", "s", .string, "Signal to send first"),
            Option("time", .integer, "", .deprecated(use: "timeout")),
            Option("timeout", "t", .integer, "Seconds to wait before KILL, -1 to wait for ever"),
        ],
        examples: [
            Command.Example("restart web", "a friendly end within 10 seconds, and a new start"),
            Command.Example("restart -t 0 web db", "without waiting"),
        ])

    let names: [String]
    let signal: String
    /// Seconds; nil for the container's own.
    let timeout: Int?

    init(arguments: Arguments) {
        names = arguments.operands
        signal = arguments.text("signal")
        timeout = arguments.integer("timeout").map(Int.init)
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        let signal = try signal.isEmpty ? nil : Signal.number(of: signal)
        try engine.protectProgram(for: names, in: try engine.open())
        return forEach(of: names, in: surroundings) { name in
            try engine.restart(name, signal: signal, timeout: timeout)
            surroundings.print("\(name)\n")
        }
    }
}
