// SPDX-License-Identifier: Apache-2.0

internal import ContainerRuntime
internal import Glibc
public import Linux
internal import OCI

/// A further process to run in a container.
public struct ExecutionRequest: Equatable, Sendable {
    public var command: [String]
    /// `K=V`, over the container's own.
    public var environment: [String] = []
    /// `name|uid[:group|gid]`; nil for the container's.
    public var user: String?
    /// Nil for the container's.
    public var workingDirectory: String?
    public var privileged = false
    public var terminal = false
    public var stdin = false
    /// Whether nobody waits for it.
    public var detached = false
    public var terminalSize: WindowSize?

    public init(command: [String]) { self.command = command }
}

extension Engine {
    /// Runs a process in a running container, beside its first.
    ///
    /// No monitor is needed: this process owns the streams and waits. A detached one is left to
    /// the kernel; its output goes nowhere.
    public func execute(
        _ request: ExecutionRequest, in text: String, _ options: AttachOptions
    ) throws -> AttachOutcome {
        let (container, plan) = try executionPlan(request, text)
        let execution = ExecutionEvents(container, request)
        record(execution.created, execution.started)
        let outcome: AttachOutcome
        do { outcome = try run(request, plan, in: container, options) } catch {
            record(execution.ended(exitCode: 126))
            throw error
        }
        switch outcome {
        case .exited(let code) where !request.detached: record(execution.ended(exitCode: code))
        case .detached: record(Event(container, "exec_detach", execution.id))
        default: break
        }
        return outcome
    }

    private func run(
        _ request: ExecutionRequest, _ plan: Plan, in container: Container,
        _ options: AttachOptions
    ) throws -> AttachOutcome {
        guard let first = try container.process.open() else {
            throw EngineError.notRunning(id: container.id)
        }
        var lent: [Slot: CInt] = [.container: first.raw]
        if request.terminal && !request.detached {
            let console = try DescriptorPair.sockets()
            lent[.console] = console.second.raw
            let process = try launch(plan, lent)
            guard let main = try DescriptorPassing.receive(from: console.first.raw) else {
                throw EngineError.invalid("the process sent no terminal")
            }
            var proxy = try LocalProxy(
                process: process.takePidfd(), streams: try MonitorStreams(terminal: main), options)
            let outcome = try proxy.run()
            if outcome == .detached { try proxy.continueInBackground() }
            return outcome
        }
        if request.detached { return try executeDetached(request, plan, lent) }
        let pipes = try StreamPipes(stdin: request.stdin)
        (lent[.input], lent[.output], lent[.error]) = (
            pipes.container.stdin.raw, pipes.container.stdout.raw, pipes.container.stderr.raw
        )
        let process = try launch(plan, lent)
        var proxy = try LocalProxy(
            process: process.takePidfd(), streams: pipes.takeMonitorSide(), options)
        return try proxy.run()
    }

    private func executeDetached(
        _ request: ExecutionRequest, _ plan: Plan, _ lent: [Slot: CInt]
    ) throws -> AttachOutcome {
        let null = try OwnedFD.open("/dev/null", O_RDWR)
        var lent = lent
        (lent[.input], lent[.output], lent[.error]) = (null.raw, null.raw, null.raw)
        _ = try launch(plan, lent)
        return .exited(code: 0)
    }

    private func launch(_ plan: Plan, _ lent: [Slot: CInt]) throws -> StartedProcess {
        do throws(RuntimeError) { return try Launch(plan, lending: lent).run() } catch {
            throw EngineError.executionFailed("\(error)")
        }
    }

    /// The plan of a further process, and the container as it is now.
    func executionPlan(
        _ request: ExecutionRequest, _ text: String
    ) throws -> (Container, Plan) {
        let database = try open()
        let container = try container(text, in: database)
        switch state(of: container) {
        case .created, .exited: throw EngineError.notRunning(id: container.id)
        case .paused: throw EngineError.paused(name: text)
        case .restarting: throw EngineError.restarting(id: container.id)
        case .running: break
        }
        try refuseUnprotected(container)
        let launch = try launchRequest(for: container, in: database)
        guard var process = launch.spec.process else {
            throw EngineError.notRunning(id: container.id)
        }
        process.args = request.command
        process.env = ContainerConfiguration.environment(
            process.env, overriddenBy: request.environment)
        if let directory = request.workingDirectory { process.cwd = directory }
        process.terminal = request.terminal && !request.detached
        process.consoleSize = request.terminalSize.map {
            Spec.ConsoleSize(height: $0.rows, width: $0.columns)
        }
        if request.terminal, !process.env.contains(where: { $0.hasPrefix("TERM=") }) {
            process.env.append("TERM=xterm")
        }
        if request.privileged { process.capabilities = .everything(in: container) }
        let user: UserSelection = request.user.map { .named($0, groups: []) } ?? launch.user
        let pid = container.process.pid
        let execution = ExecRequest(
            process: process, user: user, namespaces: try Namespaces.differing(of: pid),
            rootUID: container.idBase ?? 0, rootGID: container.idBase ?? 0,
            cgroup: try cgroup(of: container)?.joinable(with: pid),
            seccomp: request.privileged ? nil : launch.seccomp,
            terminal: request.terminal && !request.detached)
        return (container, try Plan(execution))
    }
}

extension Spec.Capabilities {
    /// All that the kernel has, or, as the host's root, all that this process has.
    fileprivate static func everything(in container: Container) -> Spec.Capabilities {
        var sets = Spec.Capabilities()
        var all = CapabilitySet.all
        if container.idBase == nil, let own = try? currentCapabilities() {
            all = all.intersection(own.permitted)
        }
        let names = all.names
        (sets.bounding, sets.effective, sets.permitted) = (names, names, names)
        return sets
    }
}
