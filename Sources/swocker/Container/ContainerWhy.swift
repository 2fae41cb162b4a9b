// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker why`: how a container ended, and why.
struct ContainerWhy: EngineCommand {
    static let command = Command(
        "container why", shortcut: "why", operands: "CONTAINER [CONTAINER...]",
        summary: "Say how a container ended and why", arity: .atLeast(1), completes: .containers,
        examples: [Command.Example("why web", "also of a container that is gone, for a while")])

    let names: [String]

    init(arguments: Arguments) { names = arguments.operands }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        forEach(of: names, in: surroundings) { name in
            surroundings.print("\(try engine.why(name))\n")
        }
    }
}
