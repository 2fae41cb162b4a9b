// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker wait`: exit codes, when they are known.
struct ContainerWait: EngineCommand {
    static let command = Command(
        "container wait", shortcut: "wait", operands: "CONTAINER [CONTAINER...]",
        summary: "Block until one or more containers stop, then print their exit codes",
        arity: .atLeast(1), completes: .containers,
        examples: [Command.Example("wait job", "the exit code of a container")])

    let names: [String]

    init(arguments: Arguments) { names = arguments.operands }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        forEach(of: names, in: surroundings) { name in
            surroundings.print("\(try engine.wait(for: name))\n")
        }
    }
}
