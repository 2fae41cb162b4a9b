// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker image prune`: take away the images that no container stands on.
struct ImagePrune: EngineCommand {
    static let command = Command(
        "image prune", summary: "Remove unused images", arity: .none,
        options: [Option("all", "a", .flag, "Remove those with a name, too")] + Option.pruning,
        examples: [
            Command.Example("image prune", "images without a name"),
            Command.Example("image prune -af --filter until=240h", "all that are old and unused"),
        ])

    let all: Bool
    let force: Bool
    let filters: Filters

    init(arguments: Arguments) throws {
        all = arguments.flag("all")
        force = arguments.flag("force")
        filters = try Filters(parsing: arguments.list("filter"))
    }

    private var warning: String {
        all
            ? "WARNING! This will remove all images without at least one container associated to "
                + "them."
            : "WARNING! This will remove all dangling images."
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        guard force || surroundings.confirm(warning) else { return 0 }
        let report = try engine.pruneImages(all: all, filters)
        surroundings.printRemoved(report, "Deleted Images")
        surroundings.printReclaimed(report.reclaimed)
        return 0
    }
}
