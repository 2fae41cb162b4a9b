// SPDX-License-Identifier: Apache-2.0

/// `swocker wait`: exit codes, when they are known.
struct ContainerWait {
    static let command = Command(
        "container wait", shortcut: "wait", operands: "CONTAINER [CONTAINER...]",
        summary: "Block until one or more containers stop, then print their exit codes",
        arity: .atLeast(1), completes: .containers,
        examples: [Command.Example("wait job", "the exit code of a container")])
}
