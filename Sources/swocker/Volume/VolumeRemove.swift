// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker volume rm`: take volumes away, with all that is in them.
struct VolumeRemove: EngineCommand {
    static let command = Command(
        "volume rm", aliases: ["volume remove"], operands: "VOLUME [VOLUME...]",
        summary: "Remove one or more volumes", arity: .atLeast(1), completes: .volumes,
        options: [Option("force", "f", .flag, "Say nothing of what is missing")],
        examples: [Command.Example("volume rm data", "a volume that no container uses")])

    let names: [String]
    let force: Bool

    init(arguments: Arguments) {
        names = arguments.operands
        force = arguments.flag("force")
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        forEach(of: names, in: surroundings) { name in
            do { try engine.removeVolume(name) } catch
                where force && engine.isMissingVolume(error)
            {}
            surroundings.print("\(name)\n")
        }
    }
}
