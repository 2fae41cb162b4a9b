// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker container prune`: remove all containers that do not run.
struct ContainerPrune: EngineCommand {
    static let command = Command(
        "container prune", summary: "Remove all stopped containers", arity: .none,
        options: Option.pruning,
        examples: [
            Command.Example("container prune -f --filter until=24h", "those of yesterday")
        ])

    let filters: Filters
    let force: Bool

    init(arguments: Arguments) throws {
        filters = try Filters(parsing: arguments.list("filter"))
        force = arguments.flag("force")
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        let warning = "WARNING! This will remove all stopped containers."
        guard force || surroundings.confirm(warning) else { return 0 }
        let report = try engine.pruneContainers(filters)
        surroundings.printRemoved(report, "Deleted Containers")
        surroundings.printReclaimed(report.reclaimed)
        return 0
    }
}
