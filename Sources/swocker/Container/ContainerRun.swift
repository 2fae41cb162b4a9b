// SPDX-License-Identifier: Apache-2.0

import Engine
import SQLite

/// `swocker run`: create a container and start it.
struct ContainerRun: RunnableCommand {
    static let command = Command(
        "container run", shortcut: "run", operands: "IMAGE [COMMAND] [ARG...]",
        summary: "Create and run a new container from an image", arity: .atLeast(1),
        operandsEndOptions: true, completes: .images,
        options: (RunOptionTable.client + RunOptionTable.container).sorted { $0.name < $1.name },
        examples: [
            Command.Example("run --rm -it busybox sh", "a shell in a container that goes with it"),
            Command.Example(
                "run -d --name web -v ./site:/site:ro busybox httpd -f -h /site", "a server"),
            Command.Example("run --rm --explain busybox true", "what a start does to the kernel"),
        ])

    let arguments: Arguments

    init(arguments: Arguments) { self.arguments = arguments }

    func run(in invocation: Invocation) throws -> Int32 {
        let surroundings = invocation.surroundings
        let options = try RunOptions(arguments, client: .process(surroundings))
        let configuration = options.request.configuration
        if !options.detach {
            try Session.checkTerminal(tty: configuration.tty, stdin: configuration.attachStdin)
        }
        do {
            let engine = try invocation.engine()
            try options.request.hostConfiguration.protectProgram()
            let database = try engine.open()
            let created = try CreateClient(engine: engine, surroundings: surroundings)
                .create(options.request, in: database)
            if options.detach { surroundings.print("\(created.container.id)\n") }
            let explanation = options.explain.map { StepReport(format: $0) }
            defer { explanation?.print(to: surroundings) }
            return try start(created, in: database, options, explanation, engine, surroundings)
        } catch let error as UsageError {
            throw error
        } catch {
            let text = daemonError(error)
            let line = text.hasPrefix("swocker: ") ? text : "swocker: \(text)"
            surroundings.complain(
                "\(line)\n\nRun 'swocker run --help' for more information\n")
            return exitCode(of: error, text)
        }
    }

    private func start(
        _ created: CreatedContainer, in database: consuming Database, _ options: RunOptions,
        _ explanation: StepReport?, _ engine: Engine, _ surroundings: Surroundings
    ) throws -> Int32 {
        let configuration = options.request.configuration
        var start = StartOptions()
        start.foreground = !options.detach
        if configuration.tty { start.terminalSize = Session.terminalSize }
        start.observe = explanation?.observe
        guard let started = try engine.start(created, start, in: database) else { return 0 }
        if options.detach { return 0 }
        var attach = AttachOptions()
        attach.stdin = configuration.attachStdin
        attach.stdout = configuration.attachStdout
        attach.stderr = configuration.attachStderr
        attach.isTerminal = configuration.tty
        attach.detachKeys = options.detachKeys
        let outcome = try started.attach(attach, passesSignals: options.sigProxy)
        if outcome == .disconnected, let code = endOnRecord(created.container, engine) {
            return code
        }
        return Session.exitCode(outcome, detachCode: 0, surroundings)
    }

    /// When the monitor was killed, the record says what is known.
    private func endOnRecord(_ container: Container, _ engine: Engine) -> Int32? {
        guard let database = try? engine.open(),
            let now = try? engine.container(container.id, in: database), now.status == .exited
        else { return nil }
        return now.exitCode
    }

    /// Docker's codes go by the words of a start's failure; everything else of the engine is 125.
    private func exitCode(of error: any Error, _ text: String) -> Int32 {
        switch error {
        // What only the start finds out, such as a device that is not there, counts as its failure.
        case EngineError.startFailed, is ConfigurationError: break
        default: return 125
        }
        let code = StartFailure.exitCode(of: text)
        return code == 128 ? 125 : code
    }
}
