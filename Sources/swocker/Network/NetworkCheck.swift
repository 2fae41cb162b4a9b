// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker network check`: whether the host lets containers' packets pass, and who does not.
struct NetworkCheck: EngineCommand {
    static let command = Command(
        "network check", aliases: ["net check"],
        summary: "Say whether this host's firewall lets containers' packets pass",
        arity: .none,
        examples: [
            Command.Example("network check", "which rule of which table drops them, if one does")
        ])

    init(arguments: Arguments) {}

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        var table = Table(minimumWidth: 8, gap: 2)
        let findings = try engine.checkNetworks()
        for finding in findings { table.add([finding.kind.rawValue, finding.text]) }
        surroundings.print(table.text)
        return findings.contains { $0.kind == .fault } ? 1 : 0
    }
}

/// `swocker network why`: where the way from one container to a port of another fails.
struct NetworkWhy: EngineCommand {
    static let command = Command(
        "network why", aliases: ["net why"], operands: "CONTAINER CONTAINER:PORT[/PROTO]",
        summary: "Say where the way from one container to a port of another fails",
        arity: .exactly(2), completes: .runningContainers,
        examples: [
            Command.Example("net why web db:5432", "name, route, bridge, rules, listening socket")
        ])

    let source: String
    let target: String
    let port: Port

    init(arguments: Arguments) throws {
        source = arguments.operands[0]
        let (name, wanted) = splitOnce(arguments.operands[1], at: ":")
        guard let wanted, !name.isEmpty, let port = Port(parsing: wanted), port.number > 0 else {
            throw UsageError(
                "swocker: which port is meant? say CONTAINER:PORT, such as db:5432, instead of "
                    + "\(inert(arguments.operands[1]))")
        }
        guard port.transport != .sctp else {
            throw UsageError("swocker: network why with sctp is not supported yet")
        }
        target = name
        self.port = port
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        let (isFine, text) = try engine.whyNot(from: source, to: target, port)
        surroundings.print("\(inert(text))\n")
        return isFine ? 0 : 1
    }
}
