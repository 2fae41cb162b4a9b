// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker start`: run created or ended containers.
struct ContainerStart: RunnableCommand {
    static let command = Command(
        "container start", shortcut: "start", operands: "CONTAINER [CONTAINER...]",
        summary: "Start one or more stopped containers", arity: .atLeast(1),
        completes: .startableContainers,
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

    let arguments: Arguments

    init(arguments: Arguments) { self.arguments = arguments }

    func run(in invocation: Invocation) throws -> Int32 {
        let isAttached = arguments.flag("attach") || arguments.flag("interactive")
        guard isAttached else { return try startAll(invocation) }
        guard arguments.operands.count == 1, let name = arguments.operands.first else {
            throw UsageError("you cannot start and attach multiple containers at once")
        }
        let keys = try DetachKeys(chosen: arguments.string("detach-keys"), configured: "")
        do { return try attach(name, keys, invocation) } catch let error as UsageError {
            throw error
        } catch {
            invocation.surroundings.complain(
                "\(daemonError(error))\nError: failed to start containers: \(name)\n")
            return 1
        }
    }

    private func startAll(_ invocation: Invocation) throws -> Int32 {
        let engine = try invocation.engine()
        do { try engine.protectProgram(for: arguments.operands, in: try engine.open()) } catch {
            invocation.surroundings.complain("\(daemonError(error))\n")
            return 1
        }
        var failed: [String] = []
        for name in arguments.operands {
            do {
                _ = try engine.start(name, in: try engine.open())
                invocation.surroundings.print("\(name)\n")
            } catch {
                invocation.surroundings.complain("\(daemonError(error))\n")
                failed.append(name)
            }
        }
        if failed.isEmpty { return 0 }
        invocation.surroundings.complain(
            "Error: failed to start containers: \(failed.joined(separator: ", "))\n")
        return 1
    }

    private func attach(
        _ name: String, _ keys: DetachKeys, _ invocation: Invocation
    ) throws -> Int32 {
        let engine = try invocation.engine()
        try engine.protectProgram(for: [name], in: try engine.open())
        let configuration = try engine.container(name, in: try engine.open()).record.configuration
        var options = AttachOptions()
        options.stdin = arguments.flag("interactive") && configuration.openStdin
        options.isTerminal = configuration.tty
        options.detachKeys = keys
        options.termination = .first
        try Session.checkTerminal(tty: configuration.tty, stdin: options.stdin)
        var start = StartOptions()
        start.foreground = true
        if configuration.tty { start.terminalSize = Session.terminalSize }
        guard let started = try engine.start(name, start, in: try engine.open()) else {
            let outcome = try engine.attach(
                to: name, options, passesSignals: !configuration.tty)
            return Session.exitCode(outcome, detachCode: 1, invocation.surroundings)
        }
        let outcome = try started.attach(options, passesSignals: !configuration.tty)
        return Session.exitCode(outcome, detachCode: 1, invocation.surroundings)
    }
}
