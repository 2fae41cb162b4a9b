// SPDX-License-Identifier: Apache-2.0

/// `swocker logs`: what containers have printed.
struct ContainerLogs {
    static let command = Command(
        "container logs", shortcut: "logs", operands: "CONTAINER",
        summary: "Fetch the logs of a container", arity: .exactly(1), completes: .containers,
        options: [
            Option("details", .flag, "Show the attributes given with --log-opt"),
            Option("follow", "f", .flag, "Go on as long as the container runs"),
            Option(
                "since", .string, "Begin here: a time (2013-01-02T13:23:37Z) or so long ago (42m)"),
            Option("tail", "n", .string, default: "all", "Number of lines from the end"),
            Option("timestamps", "t", .flag, "Show when each line was printed"),
            Option(
                "until", .string, "End here: a time (2013-01-02T13:23:37Z) or so long ago (42m)"),
        ],
        examples: [
            Command.Example("logs -f --tail 10 web", "the last lines and all that follow"),
            Command.Example("logs -t --since 10m web", "the last ten minutes, with times"),
        ])
}
