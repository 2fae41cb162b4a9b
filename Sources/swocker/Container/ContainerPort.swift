// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker port`: where a container's ports are reached on the host.
struct ContainerPort: EngineCommand {
    static let command = Command(
        "container port", shortcut: "port", operands: "CONTAINER [PRIVATE_PORT[/PROTO]]",
        summary: "List port mappings or a specific mapping for the container",
        arity: .between(1, 2), completes: .runningContainers,
        examples: [Command.Example("port web 80", "where port 80 is published")])

    let name: String
    /// As it was typed; nil for all ports.
    let wanted: String?

    init(arguments: Arguments) {
        name = arguments.operands[0]
        wanted = arguments.operands.dropFirst().first
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        let published = try engine.publishedPorts(of: name)
        guard let wanted else {
            for entry in published {
                surroundings.print("\(entry.port) -> \(entry.address):\(entry.hostPort)\n")
            }
            return 0
        }
        guard let port = Port(parsing: wanted) else {
            throw UsageError("Error: invalid port '\(wanted)'")
        }
        let found = published.filter { $0.port == port }
        guard !found.isEmpty else {
            throw UsageError("Error: No public port '\(wanted)' published for \(name)")
        }
        for entry in found { surroundings.print("\(entry.address):\(entry.hostPort)\n") }
        return 0
    }
}
