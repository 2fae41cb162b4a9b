// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker builder prune`: take away what builds have left behind.
struct BuilderPrune: EngineCommand {
    static let command = Command(
        "builder prune", summary: "Remove the build cache", arity: .none,
        options: [
            Option("all", "a", .flag, "Remove what images have too, and caches of RUN steps"),
            Option("keep-storage", .bytes, "Keep this much, what was used last"),
        ] + Option.pruning,
        examples: [
            Command.Example("builder prune", "steps that no image stands on"),
            Command.Example("builder prune -af", "everything"),
        ])

    let all: Bool
    let force: Bool
    let kept: Int64
    let filters: Filters

    init(arguments: Arguments) throws {
        all = arguments.flag("all")
        force = arguments.flag("force")
        kept = arguments.bytes("keep-storage") ?? 0
        filters = try Filters(parsing: arguments.list("filter"))
    }

    private var warning: String {
        all
            ? "WARNING! This will remove all build cache."
            : "WARNING! This will remove all dangling build cache."
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        guard force || surroundings.confirm(warning) else { return 0 }
        let report = try engine.pruneBuildCache(all: all, keeping: kept, filters)
        if !report.removed.isEmpty {
            surroundings.print("ID\n" + report.removed.map { "\($0)\n" }.joined())
        }
        surroundings.print("Total:\t\(humanSize(report.reclaimed))\n")
        return 0
    }
}
