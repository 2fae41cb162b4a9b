// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker rm`: take containers away.
struct ContainerRemove: EngineCommand {
    static let command = Command(
        "container rm", shortcut: "rm", aliases: ["container remove"],
        operands: "CONTAINER [CONTAINER...]", summary: "Remove one or more containers",
        arity: .atLeast(1), completes: .containers,
        options: [
            Option("force", "f", .flag, "Kill what runs; say nothing of what is missing"),
            Option("link", "l", .flag, "Remove a link, not a container"),
            Option("volumes", "v", .flag, "Remove anonymous volumes too"),
        ],
        examples: [
            Command.Example("rm job", "a stopped container"),
            Command.Example("rm -fv web", "a running one, with its anonymous volumes"),
        ])

    let names: [String]
    let force: Bool
    let volumes: Bool

    init(arguments: Arguments) throws {
        guard !arguments.flag("link") else {
            throw UsageError("swocker: --link is not supported yet")
        }
        names = arguments.operands
        force = arguments.flag("force")
        volumes = arguments.flag("volumes")
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        let code = forEach(of: names, in: surroundings) { name in
            do {
                try engine.remove(name, force: force, volumes: volumes)
                surroundings.print("\(name)\n")
            } catch let error as EngineError where force && error == .noSuchContainer(name) {
                // As in Docker: said, but no failure.
                surroundings.complain("\(daemonError(error))\n")
            }
        }
        try engine.collectGarbage()
        return code
    }
}
