// SPDX-License-Identifier: Apache-2.0

/// `swocker container inspect`: all that is known of containers.
struct ContainerInspect {
    static let command = Command(
        "container inspect", operands: "CONTAINER [CONTAINER...]",
        summary: "Display detailed information on one or more containers", arity: .atLeast(1),
        completes: .containers,
        options: [
            Option("format", "f", .string, "'json', or a Go template for each object"),
            Option("size", "s", .flag, "Show file sizes"),
        ],
        examples: [
            Command.Example("container inspect web", "everything, as JSON"),
            Command.Example("container inspect -f '{{.State.Pid}}' web", "one fact"),
        ])
}
