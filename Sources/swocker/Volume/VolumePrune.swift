// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker volume prune`: take away the volumes that no container uses.
struct VolumePrune: EngineCommand {
    static let command = Command(
        "volume prune", summary: "Remove unused local volumes", arity: .none,
        options: [Option("all", "a", .flag, "Remove those with a name, too")] + Option.pruning,
        examples: [
            Command.Example("volume prune", "anonymous ones"),
            Command.Example("volume prune -af --filter label=scratch", "all with a label"),
        ])

    let all: Bool
    let force: Bool
    let filters: Filters

    init(arguments: Arguments) throws {
        all = arguments.flag("all")
        force = arguments.flag("force")
        filters = try Filters(parsing: arguments.list("filter"))
        if all, filters["all"] != nil {
            throw UsageError(
                "conflicting options: cannot specify both --all and --filter all=1")
        }
    }

    /// Docker's words.
    static func warning(all: Bool) -> String {
        let kind = all ? "all" : "anonymous"
        return "WARNING! This will remove \(kind) local volumes not used by at least one container."
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        let meansAll = try filters.bool("all") ?? all
        guard force || surroundings.confirm(Self.warning(all: meansAll)) else { return 0 }
        let report = try engine.pruneVolumes(all: all, filters)
        surroundings.printRemoved(report, "Deleted Volumes")
        surroundings.printReclaimed(report.reclaimed)
        return 0
    }
}
