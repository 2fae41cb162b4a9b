// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker system prune`: take away all that nothing uses.
struct SystemPrune: EngineCommand {
    static let command = Command(
        "system prune", summary: "Remove unused data", arity: .none,
        options: [
            Option("all", "a", .flag, "Remove all unused images, not only those without a name")
        ] + Option.pruning + [
            Option("volumes", .flag, "Remove anonymous volumes, too")
        ],
        examples: [
            Command.Example("system prune", "stopped containers, images without a name"),
            Command.Example("system prune -af --volumes", "all that nothing uses"),
        ])

    let all: Bool
    let force: Bool
    let volumes: Bool
    let filters: Filters
    /// As they were given.
    let filterTexts: [String]

    init(arguments: Arguments) throws {
        all = arguments.flag("all")
        force = arguments.flag("force")
        volumes = arguments.flag("volumes")
        filterTexts = arguments.list("filter")
        filters = try Filters(parsing: filterTexts)
        if volumes, filters["until"] != nil {
            throw UsageError("ERROR: The \"until\" filter is not supported with \"--volumes\"")
        }
    }

    /// Docker's words, for what there is here.
    var warning: String {
        var kinds = ["all stopped containers", "all networks not used by at least one container"]
        if volumes { kinds.append("all anonymous volumes not used by at least one container") }
        kinds.append(
            all
                ? "all images without at least one container associated to them"
                : "all dangling images")
        var text = "WARNING! This will remove:\n" + kinds.map { "  - \($0)\n" }.joined()
        if !filterTexts.isEmpty {
            text += "\n  Items to be pruned will be filtered with:\n"
            text += filterTexts.map { "  - \(inert($0))\n" }.joined()
        }
        return text
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        guard force || surroundings.confirm(warning) else { return 0 }
        var total: Int64 = 0
        func tell(_ report: PruneReport, _ title: String) {
            surroundings.printRemoved(report, title)
            total += report.reclaimed
        }
        tell(try engine.pruneContainers(filters), "Deleted Containers")
        tell(try engine.pruneNetworks(filters), "Deleted Networks")
        if volumes { tell(try engine.pruneVolumes(all: false, filters), "Deleted Volumes") }
        tell(try engine.pruneImages(all: all, filters), "Deleted Images")
        surroundings.printReclaimed(total)
        return 0
    }
}
