// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker exec`: a further process in a running container.
struct ContainerExec: RunnableCommand {
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

    let arguments: Arguments

    init(arguments: Arguments) { self.arguments = arguments }

    func run(in invocation: Invocation) throws -> Int32 {
        let name = arguments.operands[0]
        let request = try request(invocation.surroundings)
        var options = AttachOptions()
        options.stdin = request.stdin
        options.isTerminal = request.terminal
        options.termination = .first
        options.detachKeys = try DetachKeys(
            chosen: arguments.string("detach-keys"), configured: "")
        if !request.detached {
            try Session.checkTerminal(tty: request.terminal, stdin: request.stdin)
        }
        do {
            let engine = try invocation.engine()
            try engine.protectProgram(for: [name], in: try engine.open())
            let outcome = try engine.execute(request, in: name, options)
            return Session.exitCode(outcome, detachCode: 1, invocation.surroundings)
        } catch EngineError.executionFailed(let reason) {
            // Docker prints this one on standard output.
            invocation.surroundings.print("\(EngineError.executionFailed(reason)): unknown\n")
            let code = StartFailure.exitCode(of: reason)
            return code == 128 ? 126 : code
        } catch let error as UsageError {
            throw error
        } catch {
            invocation.surroundings.complain("\(daemonError(error))\n")
            return 1
        }
    }

    private func request(_ surroundings: Surroundings) throws -> ExecutionRequest {
        var request = ExecutionRequest(command: Array(arguments.operands.dropFirst()))
        do {
            request.environment = try EnvironmentText.variables(
                files: arguments.list("env-file"), given: arguments.list("env"),
                client: .process(surroundings))
        } catch let error as InvalidValue {
            throw UsageError.conflict("\(error)", in: arguments)
        }
        request.user = arguments.string("user")
        request.workingDirectory = arguments.string("workdir")
        request.privileged = arguments.flag("privileged")
        request.terminal = arguments.flag("tty")
        request.detached = arguments.flag("detach")
        request.stdin = arguments.flag("interactive") && !request.detached
        if request.terminal { request.terminalSize = Session.terminalSize }
        return request
    }
}
