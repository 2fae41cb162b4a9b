// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker attach`: a running container's streams.
struct ContainerAttach: RunnableCommand {
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

    let arguments: Arguments

    init(arguments: Arguments) { self.arguments = arguments }

    func run(in invocation: Invocation) throws -> Int32 {
        let name = arguments.operands[0]
        let keys = try DetachKeys(chosen: arguments.string("detach-keys"), configured: "")
        do {
            let engine = try invocation.engine()
            let container = try engine.container(name, in: try engine.open())
            let configuration = container.record.configuration
            var options = AttachOptions()
            options.stdin = !arguments.flag("no-stdin") && configuration.openStdin
            options.isTerminal = configuration.tty
            options.detachKeys = keys
            options.termination = .first
            if engine.state(of: container).pid != nil {
                try Session.checkTerminal(tty: configuration.tty, stdin: options.stdin)
            }
            let outcome = try engine.attach(
                to: name, options,
                passesSignals: arguments.flag("sig-proxy") && !configuration.tty)
            return Session.exitCode(outcome, detachCode: 1, invocation.surroundings)
        } catch let error as UsageError {
            throw error
        } catch {
            // Docker's client says this one without the lead.
            let isOwnWord = (error as? EngineError) == .attachToStopped
            let text = isOwnWord ? "\(error)" : daemonError(error)
            invocation.surroundings.complain("\(text)\n")
            return 1
        }
    }
}
