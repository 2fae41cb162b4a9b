// SPDX-License-Identifier: Apache-2.0

/// `swocker stop`: ask containers to end, then end them.
struct ContainerStop {
    static let command = Command(
        "container stop", shortcut: "stop", operands: "CONTAINER [CONTAINER...]",
        summary: "Stop one or more running containers", arity: .atLeast(1),
        completes: .runningContainers,
        options: [
            Option("signal", "s", .string, "Signal to send first"),
            Option("time", .integer, "", .deprecated(use: "timeout")),
            Option("timeout", "t", .integer, "Seconds to wait before KILL, -1 to wait for ever"),
        ],
        examples: [
            Command.Example("stop web", "a friendly end within 10 seconds"),
            Command.Example("stop -t 0 web db", "at once"),
        ])
}
