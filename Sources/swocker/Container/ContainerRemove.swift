// SPDX-License-Identifier: Apache-2.0

/// `swocker rm`: take containers away.
struct ContainerRemove {
    static let command = Command(
        "container rm", shortcut: "rm", aliases: ["container remove"],
        operands: "CONTAINER [CONTAINER...]", summary: "Remove one or more containers",
        arity: .atLeast(1), completes: .containers,
        options: [
            Option("force", "f", .flag, "Kill what runs; say nothing of what is missing"),
            Option("link", "l", .flag, "Remove a link, not a container"),
            Option("volumes", "v", .flag, "Remove anonymous volumes too"),
        ],
        examples: [
            Command.Example("rm job", "a stopped container"),
            Command.Example("rm -fv web", "a running one, with its anonymous volumes"),
        ])
}
