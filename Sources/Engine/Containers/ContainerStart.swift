// SPDX-License-Identifier: Apache-2.0

public import ContainerRuntime
internal import Glibc
public import Linux
public import SQLite
internal import OCI

/// How a container is to be started.
public struct StartOptions: Sendable {
    /// Whether the caller takes part in the container's session from its first byte on.
    public var foreground = false
    /// Rows and columns of the caller's terminal.
    public var terminalSize: WindowSize?
    /// Called with the plan before it is run; what it returns collects the steps' times.
    public var observe: (@Sendable (Plan) -> StepTimings?)?

    public init() {}
}

/// A container that runs now.
public struct StartedContainer: ~Copyable {
    public let container: Container
    public let pid: Int32
    let process: ProcessIdentity
    fileprivate let engine: Engine
    /// The connection to the monitor of who started it in the foreground.
    fileprivate var connection: OwnedFD?

    /// Takes part in the container's session until it ends or the user leaves. Once.
    /// - Parameter passesSignals: whether signals to this process go to the container's.
    public consuming func attach(
        _ options: AttachOptions, passesSignals: Bool
    ) throws -> AttachOutcome {
        guard let connection else { return .disconnected }
        var options = options
        if passesSignals { options.forward = process.receive }
        var session = try AttachSession(connection, options)
        let outcome = try session.run()
        if outcome == .detached { engine.record(Event(container, "detach")) }
        return outcome
    }
}

extension Engine {
    /// Starts a container that was created before; nil when it runs already.
    ///
    /// This process forks the monitor, the monitor starts the container's process, and its word comes
    /// back through a pipe. Whatever happens to this process afterwards, the container goes on.
    /// - Parameter database: closed before the fork: a connection must not be carried across.
    public func start(
        _ text: String, _ options: StartOptions = StartOptions(),
        in database: consuming Database
    ) throws -> StartedContainer? {
        let container = try container(text, in: database)
        if case .paused = state(of: container) { throw EngineError.startOfPaused }
        if [.running, .restarting].contains(container.status) { return nil }
        return try start(container, options, in: database)
    }

    /// Starts a container that the caller has just created.
    public func start(
        _ created: CreatedContainer, _ options: StartOptions = StartOptions(),
        in database: consuming Database
    ) throws -> StartedContainer? {
        try start(created.container, options, in: database)
    }

    private func start(
        _ container: Container, _ options: StartOptions, in database: consuming Database
    ) throws -> StartedContainer? {
        do { return try startLocked(container, options, in: database) } catch {
            // The monitor's to do, but the monitor may have been killed.
            if container.removesItself {
                try? remove(container.id, force: true, volumes: true)
                try? discard(container, volumes: true)
            }
            throw error
        }
    }

    private func startLocked(
        _ container: Container, _ options: StartOptions, in database: consuming Database
    ) throws -> StartedContainer? {
        let lock = try FileLock.waiting(location.container(container.id).lock, .exclusive)
        defer { withExtendedLifetime(lock) {} }
        // Nobody else starts it now; but somebody may have been first.
        guard let now = try ContainerTable.processState(of: container.id, in: database) else {
            throw EngineError.noSuchContainer(container.name)
        }
        if now.status == .running, now.process.isAlive { return nil }
        if now.status == .restarting { return nil }
        try refuseUnprotected(container)
        var prepared = try prepareLaunch(of: container, in: database)
        _ = consume database
        if let size = options.terminalSize {
            prepared.request.spec.process?.consoleSize = .init(
                height: size.rows, width: size.columns)
        }
        do { return try launch(container, prepared, options) } catch {
            if let database = try? open() { releaseNetwork(of: container, in: database) }
            throw error
        }
    }

    private func launch(
        _ container: Container, _ prepared: PreparedLaunch, _ options: StartOptions
    ) throws -> StartedContainer {
        let plan = try Plan(prepared.request)
        let files = location.container(container.id)
        if !exists(location.state) { try makeDirectories(location.state, mode: 0o700) }
        // What an attempt has left whose monitor was killed.
        if exists(files.runtime) { try clearRemains(of: container) }
        try makeDirectory(files.runtime, mode: 0o700)
        let configuration = container.record.configuration
        let birth = MonitorBirth(
            engine: self, container: container, isAttached: options.foreground, plan: plan,
            timings: options.observe?(plan))
        birth.portHolders = prepared.portHolders
        let streams = try BirthStreams(
            terminal: configuration.tty, stdin: configuration.openStdin)
        let listener = try UnixSocket.listen(ContainerFiles.attachSocket, in: files.runtime)
        let report = try DescriptorPair.pipe()
        let connection = try Connection(options.foreground)
        guard let monitor = try cloneProcess() else {
            birth.run(
                streams, listener: listener, report: report.takeSecond(),
                connection: connection.takeMonitorSide())
        }
        // The monitor's alone: a terminal that will never come is told by the end of its socket.
        _ = consume streams
        _ = consume listener
        let pid = try MonitorReport.read(from: report.takeFirst(), of: container, monitor)
        return StartedContainer(
            container: container, pid: pid, process: ProcessIdentity(of: pid), engine: self,
            connection: connection.takeClientSide())
    }
}

/// The socket pair between the client in the foreground and the monitor, if there is one.
private struct Connection: ~Copyable {
    private var pair: DescriptorPair?

    init(_ exists: Bool) throws(Errno) {
        pair = exists ? try DescriptorPair.sockets() : nil
    }

    consuming func takeClientSide() -> OwnedFD? {
        switch consume pair {
        case .some(let pair): pair.takeFirst()
        case nil: nil
        }
    }

    consuming func takeMonitorSide() -> OwnedFD? {
        switch consume pair {
        case .some(let pair): pair.takeSecond()
        case nil: nil
        }
    }
}

/// What the monitor tells who forked it: the container's pid, or why there is none.
enum MonitorReport {
    static func started(_ pid: Int32) -> [UInt8] { Array("+\(pid)".utf8) }
    static func failed(_ reason: String) -> [UInt8] { Array("-\(reason)".utf8) }

    static func read(
        from pipe: consuming OwnedFD, of container: Container, _ monitor: consuming ClonedProcess
    ) throws -> Int32 {
        let words = String(decoding: try pipe.readAll(limit: 1 << 16), as: UTF8.self)
        if words.hasPrefix("+"), let pid = Int32(words.dropFirst()) { return pid }
        _ = try? monitor.pidfd.reap()
        guard words.hasPrefix("-") else { throw EngineError.monitorDied(id: container.id) }
        throw EngineError.startFailed(String(words.dropFirst()))
    }
}
