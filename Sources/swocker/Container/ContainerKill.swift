// SPDX-License-Identifier: Apache-2.0

/// `swocker kill`: send containers a signal.
struct ContainerKill {
    static let command = Command(
        "container kill", shortcut: "kill", operands: "CONTAINER [CONTAINER...]",
        summary: "Kill one or more running containers", arity: .atLeast(1),
        completes: .runningContainers,
        options: [Option("signal", "s", .string, "Signal to send (KILL)")],
        examples: [
            Command.Example("kill web", "end it without asking"),
            Command.Example("kill -s HUP web", "have a server read its configuration again"),
        ])
}
