// SPDX-License-Identifier: Apache-2.0

import Engine
import Linux

/// `swocker kill`: send containers a signal.
struct ContainerKill: EngineCommand {
    static let command = Command(
        "container kill", shortcut: "kill", operands: "CONTAINER [CONTAINER...]",
        summary: "Kill one or more running containers", arity: .atLeast(1),
        completes: .runningContainers,
        options: [Option("signal", "s", .string, "Signal to send (KILL)")],
        examples: [
            Command.Example("kill web", "end it without asking"),
            Command.Example("kill -s HUP web", "have a server read its configuration again"),
        ])

    let names: [String]
    let signal: String

    init(arguments: Arguments) {
        names = arguments.operands
        signal = arguments.text("signal")
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        let signal = try Signal.number(of: signal.isEmpty ? "KILL" : signal)
        return forEach(of: names, in: surroundings) { name in
            try engine.kill(name, signal: signal)
            surroundings.print("\(name)\n")
        }
    }
}
