// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker network rm`: take networks away.
struct NetworkRemove: EngineCommand {
    static let command = Command(
        "network rm", aliases: ["network remove"], operands: "NETWORK [NETWORK...]",
        summary: "Remove one or more networks", arity: .atLeast(1), completes: .networks,
        options: [Option("force", "f", .flag, "Say nothing of what is missing")],
        examples: [Command.Example("network rm backend", "a network that no container runs in")])

    let names: [String]
    let force: Bool

    init(arguments: Arguments) {
        names = arguments.operands
        force = arguments.flag("force")
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        forEach(of: names, in: surroundings) { name in
            do { try engine.removeNetwork(name) } catch
                where force && engine.isMissingNetwork(error)
            { return }
            surroundings.print("\(name)\n")
        }
    }
}

/// `swocker network prune`: take away the networks that no container belongs to.
struct NetworkPrune: EngineCommand {
    static let command = Command(
        "network prune", summary: "Remove all unused networks", arity: .none,
        options: Option.pruning,
        examples: [Command.Example("network prune -f", "without asking")])

    static let warning =
        "WARNING! This will remove all custom networks not used by at least one container."

    let force: Bool
    let filters: Filters

    init(arguments: Arguments) throws {
        force = arguments.flag("force")
        filters = try Filters(parsing: arguments.list("filter"))
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        guard force || surroundings.confirm(Self.warning) else { return 0 }
        surroundings.printRemoved(try engine.pruneNetworks(filters), "Deleted Networks")
        return 0
    }
}

/// `swocker network inspect`: all that is known of networks.
struct NetworkInspect: EngineCommand {
    static let command = Command(
        "network inspect", operands: "NETWORK [NETWORK...]",
        summary: "Display detailed information on one or more networks", arity: .atLeast(1),
        completes: .networks,
        options: [
            Option("format", "f", .string, "'json', or a Go template for each object"),
            Option("verbose", "v", .flag, "Accepted for scripts: there is no more to say"),
        ],
        examples: [
            Command.Example("network inspect bridge", "everything, as JSON"),
            Command.Example(
                "network inspect -f '{{(index .IPAM.Config 0).Subnet}}' bridge", "its addresses"),
        ])

    let names: [String]
    let format: String

    init(arguments: Arguments) throws {
        names = arguments.operands
        format = arguments.text("format")
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        try inspect(names, format: format, in: surroundings) {
            (try engine.inspectNetwork($0), .network)
        }
    }
}
