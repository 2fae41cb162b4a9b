// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker pause`: stop containers' processes where they are.
struct ContainerPause: EngineCommand {
    static let command = Command(
        "container pause", shortcut: "pause", operands: "CONTAINER [CONTAINER...]",
        summary: "Pause all processes within one or more containers", arity: .atLeast(1),
        completes: .runningContainers,
        examples: [Command.Example("pause web", "its processes stop where they are")])

    let names: [String]

    init(arguments: Arguments) { names = arguments.operands }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        forEach(of: names, in: surroundings) { name in
            try engine.pause(name)
            surroundings.print("\(name)\n")
        }
    }
}

/// `swocker unpause`: let them go on.
struct ContainerUnpause: EngineCommand {
    static let command = Command(
        "container unpause", shortcut: "unpause", operands: "CONTAINER [CONTAINER...]",
        summary: "Unpause all processes within one or more containers", arity: .atLeast(1),
        completes: .runningContainers,
        examples: [Command.Example("unpause web", "its processes go on")])

    let names: [String]

    init(arguments: Arguments) { names = arguments.operands }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        forEach(of: names, in: surroundings) { name in
            try engine.unpause(name)
            surroundings.print("\(name)\n")
        }
    }
}
