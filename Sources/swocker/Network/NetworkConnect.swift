// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker network connect`: one more network for a container.
struct NetworkConnect: EngineCommand {
    static let command = Command(
        "network connect", operands: "NETWORK CONTAINER",
        summary: "Connect a container to a network",
        arity: .exactly(2),
        options: [
            Option("alias", .list, "Another name of the container on this network"),
            Option("ip", .string, "IPv4 address (172.28.0.5)"),
            Option("ip6", .string, "IPv6 address (fd00::5)"),
            Option(
                "link", .list("list", check: LinkText.check), "What it calls another (db:store)"),
            Option("gw-priority", .string, "The highest provides the way out"),
        ],
        examples: [Command.Example("network connect backend web", "at once, if it runs")])

    let container: String
    let settings: NetworkAttachment

    init(arguments: Arguments) throws {
        container = arguments.operands[1]
        var settings = NetworkAttachment(network: arguments.operands[0])
        settings.aliases = arguments.list("alias")
        settings.links = arguments.list("link")
        settings.ipv4Address = arguments.string("ip")
        settings.ipv6Address = arguments.string("ip6")
        if let text = arguments.string("gw-priority") {
            guard let priority = Int(text) else {
                throw UsageError("invalid argument \"\(inert(text))\" for \"--gw-priority\" flag")
            }
            settings.gatewayPriority = priority
        }
        self.settings = settings
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        try engine.connect(container, settings)
        return 0
    }
}

/// `swocker network disconnect`: one network less for a container.
struct NetworkDisconnect: EngineCommand {
    static let command = Command(
        "network disconnect", operands: "NETWORK CONTAINER",
        summary: "Disconnect a container from a network", arity: .exactly(2),
        options: [Option("force", "f", .flag, "Accepted for scripts")],
        examples: [Command.Example("network disconnect backend web", "at once, if it runs")])

    let network: String
    let container: String
    let force: Bool

    init(arguments: Arguments) {
        network = arguments.operands[0]
        container = arguments.operands[1]
        force = arguments.flag("force")
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        try engine.disconnect(network, container, force: force)
        return 0
    }
}
