// SPDX-License-Identifier: Apache-2.0

/// `swocker ps`: the containers there are.
struct ContainerList {
    static let command = Command(
        "container ls", shortcut: "ps", aliases: ["container list", "container ps"],
        summary: "List containers", arity: .none,
        options: [
            Option("all", "a", .flag, "Show all containers, not only the running ones"),
            Option("filter", "f", .filter, "Show only what meets a condition (status=exited)"),
            Option(
                "format", .string,
                "'table', 'table TEMPLATE', 'json', or a Go template for each row"),
            Option(
                "last", "n", .integer, default: "-1", "Show the last N containers in any state"),
            Option("latest", "l", .flag, "Show the newest container in any state"),
            Option("no-trunc", .flag, "Show IDs and commands in full"),
            Option("quiet", "q", .flag, "Show IDs only"),
            Option("size", "s", .flag, "Show file sizes"),
        ],
        examples: [
            Command.Example("ps -a", "all containers, the newest first"),
            Command.Example("ps -q --filter label=app=web", "IDs by label"),
            Command.Example("ps --format '{{.Names}}={{.Status}}'", "a list of one's own"),
        ])
}
