// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Linux
import OCI

/// `state`: what the specification wants to be told, and what runc tells besides.
enum StateCommand {
    static let entry = Entry(
        command: Command("state", "<container-id>", count: 1...1, "print a container's state")
    ) { arguments, context in
        let container = try context.root.container(arguments.id)
        show(try container.description().text(JSONStyle(indent: 2)) + "\n")
        return 0
    }
}

extension RuntimeContainer {
    /// runc's members in runc's order.
    func description() throws -> JSONValue {
        let state = try state()
        var members: [(String, JSONValue)] = [
            ("ociVersion", .string(state.ociVersion)), ("id", .string(id)),
            ("pid", .integer(Int64(state.pid))), ("status", .string(state.status.rawValue)),
            ("bundle", .string(state.bundle)), ("rootfs", .string(record.rootfs)),
            ("created", .string(record.created)),
        ]
        if !state.annotations.isEmpty, let annotations = state.json["annotations"] {
            members.append(("annotations", annotations))
        }
        members.append(("owner", .string(record.owner == 0 ? "" : "\(record.owner)")))
        return .object(JSONObject(members))
    }
}

/// `kill`: a signal for the first process, or for all.
enum KillCommand {
    static let entry = Entry(
        command: Command(
            "kill", "<container-id> [signal]", count: 1...2,
            "send a signal (default: SIGTERM) to a container's first process",
            [Option("all", "a", .flag, "send it to all processes")])
    ) { arguments, context in
        let signal = try Signal.number(of: arguments.operands.dropFirst().first ?? "SIGTERM")
        try context.root.container(arguments.id).kill(signal, all: arguments.flag("all"))
        return 0
    }
}

/// `delete`: the end of a container.
enum DeleteCommand {
    static let entry = Entry(
        command: Command(
            "delete", "<container-id>", count: 1...1, "remove what a container has",
            [Option("force", "f", .flag, "also one that runs: kill it first")])
    ) { arguments, context in
        let force = arguments.flag("force")
        if force, try context.root.removeRemains(of: arguments.id) { return 0 }
        do {
            for failure in try context.root.container(arguments.id).delete(force: force) {
                context.log.warn(failure)
            }
        } catch LifecycleError.noSuchContainer where force {
            // What is not there need not be removed.
        }
        return 0
    }
}

/// `pause` and `resume`.
enum PauseCommand {
    static let entry = Entry(
        command: Command(
            "pause", "<container-id>", count: 1...1, "stop all processes where they are")
    ) { arguments, context in
        try context.root.container(arguments.id).pause()
        return 0
    }

    static let resumption = Entry(
        command: Command(
            "resume", "<container-id>", count: 1...1, "let paused processes go on")
    ) { arguments, context in
        try context.root.container(arguments.id).resume()
        return 0
    }
}

/// What runc can do and this program cannot.
enum UnsupportedCommand {
    static let checkpoint = entry("checkpoint", "save a running container (not supported)")
    static let restore = entry("restore", "run a saved container (not supported)")

    private static func entry(_ name: String, _ summary: String) -> Entry {
        Entry(
            command: Command(
                name, "<container-id>", count: 0...Int.max, summary, operandsEndOptions: true)
        ) { _, _ in throw UsageError("\(name) is not supported") }
    }
}
