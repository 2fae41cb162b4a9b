// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker system restore`: start what should run, after a boot.
struct SystemRestore: EngineCommand {
    static let command = Command(
        "system restore", summary: "Start the containers that their restart policy wants to run",
        arity: .none,
        examples: [Command.Example("system restore", "what the unit swocker.service does at boot")])

    init(arguments: Arguments) {}

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        try engine.protectProgram(for: try engine.wantedContainers(), in: try engine.open())
        let failed = try engine.restore(workers: 4) { name, error in
            if let error {
                surroundings.complain("\(name): \(daemonError(error))\n")
            } else {
                surroundings.print("\(name)\n")
            }
        }
        return failed == 0 ? 0 : 1
    }
}

/// `swocker system shutdown`: end all containers, so that `system restore` can start them again.
struct SystemShutdown: EngineCommand {
    static let command = Command(
        "system shutdown",
        summary: "Stop all containers; 'system restore' starts those again that should run",
        arity: .none,
        examples: [
            Command.Example("system shutdown", "what the unit swocker.service does at the end")
        ])

    init(arguments: Arguments) {}

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        let errors = try engine.shutDown()
        for (name, error) in errors {
            surroundings.complain("\(name): \(daemonError(error))\n")
        }
        return errors.isEmpty ? 0 : 1
    }
}
