// SPDX-License-Identifier: Apache-2.0

/// `swocker start`: run created or ended containers.
struct ContainerStart {
    static let command = Command(
        "container start", shortcut: "start", operands: "CONTAINER [CONTAINER...]",
        summary: "Start one or more stopped containers", arity: .atLeast(1), completes: .containers,
        options: [
            Option("attach", "a", .flag, "Attach to the output and pass signals on"),
            Option(
                "detach-keys", .string, "Keys that leave the container running (ctrl-p,ctrl-q)"),
            Option("interactive", "i", .flag, "Attach to standard input"),
        ],
        examples: [
            Command.Example("start web db", "two containers"),
            Command.Example("start -ai sh", "a container's shell, attached"),
        ])
}
