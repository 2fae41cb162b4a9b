// SPDX-License-Identifier: Apache-2.0

import Engine
import Linux

/// `swocker stop`: ask containers to end, then end them.
struct ContainerStop: EngineCommand {
    static let command = Command(
        "container stop", shortcut: "stop", operands: "CONTAINER [CONTAINER...]",
        summary: "Stop one or more running containers", arity: .atLeast(1),
        completes: .runningContainers,
        options: [
            Option("signal", "s", .string, "Signal to send first"),
            Option("time", .integer, "", .deprecated(use: "timeout")),
            Option("timeout", "t", .integer, "Seconds to wait before KILL, -1 to wait for ever"),
        ],
        examples: [
            Command.Example("stop web", "a friendly end within 10 seconds"),
            Command.Example("stop -t 0 web db", "at once"),
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

    /// All are asked first, then awaited one after the other: together they take no longer than the
    /// slowest.
    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        let signal = try signal.isEmpty ? nil : Signal.number(of: signal)
        let asked = names.map { name in
            (name, Result { try engine.askToEnd(name, signal: signal, timeout: timeout) })
        }
        let code = forEach(of: asked, in: surroundings) { name, ending in
            if let ending = try ending.get() { try engine.finish(ending) }
            surroundings.print("\(name)\n")
        }
        return code
    }
}
