// SPDX-License-Identifier: Apache-2.0

/// `swocker exec`: a further process in a running container.
struct ContainerExec {
    static let command = Command(
        "container exec", shortcut: "exec", operands: "CONTAINER COMMAND [ARG...]",
        summary: "Execute a command in a running container", arity: .atLeast(2),
        operandsEndOptions: true, completes: .runningContainers,
        options: [
            Option("detach", "d", .flag, "Run in the background"),
            Option(
                "detach-keys", .string, "Keys that leave the command running (ctrl-p,ctrl-q)"),
            Option(
                "env", "e", .list("list", check: EnvironmentText.check),
                "Set environment variables (K=V, or K to pass yours on)"),
            Option("env-file", .list, "Read environment variables from a file"),
            Option("interactive", "i", .flag, "Keep standard input open"),
            Option("privileged", .flag, "All capabilities for the command"),
            Option("tty", "t", .flag, "Give the command a terminal"),
            Option("user", "u", .string, "User (name|uid[:group|gid])"),
            Option("workdir", "w", .string, "Working directory in the container"),
        ],
        examples: [
            Command.Example("exec -it web sh", "a shell beside the container's process"),
            Command.Example("exec -u nobody web id", "a command as another user"),
        ])
}
