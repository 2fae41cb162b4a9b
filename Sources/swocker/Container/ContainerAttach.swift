// SPDX-License-Identifier: Apache-2.0

/// `swocker attach`: a running container's streams.
struct ContainerAttach {
    static let command = Command(
        "container attach", shortcut: "attach", operands: "CONTAINER",
        summary: "Attach local standard input, output, and error streams to a running container",
        arity: .exactly(1), completes: .runningContainers,
        options: [
            Option(
                "detach-keys", .string, "Keys that leave the container running (ctrl-p,ctrl-q)"),
            Option("no-stdin", .flag, "Leave standard input alone"),
            Option(
                "sig-proxy", .flag, default: "true", "Pass signals on to the container's process"),
        ],
        examples: [
            Command.Example("attach sh", "back to a container's shell"),
            Command.Example("attach --no-stdin web", "look on"),
        ])
}
