// SPDX-License-Identifier: Apache-2.0

public import Glibc
internal import Linux
internal import SQLite

extension Engine {
    /// Asks a container to end, and insists after a while.
    /// - Parameters:
    ///   - signal: nil for the container's own stop signal.
    ///   - timeout: seconds before SIGKILL; negative for ever, nil for the container's own.
    public func stop(_ text: String, signal: Int32? = nil, timeout: Int? = nil) throws {
        if let ending = try askToEnd(text, signal: signal, timeout: timeout) { try finish(ending) }
    }

    /// Sends a container its stop signal; `finish` waits. Between the two, others can be asked.
    /// - Returns: nil for one that does not run.
    public func askToEnd(
        _ text: String, signal: Int32? = nil, timeout: Int? = nil
    ) throws -> ContainerEnding? {
        try askToEnd(text, as: .stop, signal: signal, timeout: timeout)
    }

    /// Ends a container, if it runs, and starts it: a container with `--rm` stays for that.
    /// - Parameters: as of `stop`.
    public func restart(_ text: String, signal: Int32? = nil, timeout: Int? = nil) throws {
        if let ending = try askToEnd(text, as: .restart, signal: signal, timeout: timeout) {
            try finish(ending)
        }
        _ = try start(text, in: try open())
        if let container = try? container(text, in: try open()) {
            record(Event(container, "restart"))
        }
    }

    func askToEnd(
        _ text: String, as verb: EndRequest.Verb, signal: Int32? = nil, timeout: Int? = nil
    ) throws -> ContainerEnding? {
        let database = try open()
        var container = try container(text, in: database)
        while container.status == .restarting {
            if try cancelRestart(of: container, byHand: verb != .shutdown, in: database) {
                return nil
            }
            container = try self.container(container.id, in: database)
        }
        guard let process = try container.process.open() else { return nil }
        let configuration = container.record.configuration
        let signal =
            try signal
            ?? configuration.stopSignal.map { try Signal.number(of: $0) } ?? SIGTERM
        let patience = timeout ?? configuration.stopTimeout ?? 10
        try note(EndRequest(verb, signal: signal), by: container, in: database)
        try thaw(container)
        try ignoringEnded { () throws(Errno) in try process.send(signal: signal) }
        return ContainerEnding(
            container: container,
            deadline: patience < 0 ? nil : Clock.monotonic + UInt64(patience) * 1_000_000_000)
    }

    /// Waits for a container that was asked to end, and kills it when its time is up.
    public func finish(_ ending: ContainerEnding) throws {
        try awaitEnd(ending)
        record(Event(ending.container, "stop"))
    }

    private func awaitEnd(_ ending: ContainerEnding) throws {
        guard let process = try ending.container.process.open() else {
            return try awaitMonitor(of: ending.container)
        }
        if try process.isReadable(within: ending.milliseconds) {
            return try awaitMonitor(of: ending.container)
        }
        try end(ending.container, patience: 10, isAsked: true)
    }

    /// Sends a signal to the container's first process. As with Docker, whoever does that takes the
    /// container into his own hands: no policy starts it again, unless it has a stop signal and this
    /// is another one.
    public func kill(_ text: String, signal: Int32 = SIGKILL) throws {
        let database = try open()
        var container = try container(text, in: database)
        while container.status == .restarting {
            if try cancelRestart(of: container, in: database) { return }
            container = try self.container(container.id, in: database)
        }
        guard let process = try container.process.open() else {
            throw EngineError.cannotKill(name: text, id: container.id)
        }
        let own = try container.record.configuration.stopSignal.map { try Signal.number(of: $0) }
        let isFinal = own == nil || signal == SIGKILL || signal == own
        try note(
            EndRequest(.kill, signal: signal, isFinal: isFinal), by: container, in: database)
        try ignoringEnded { () throws(Errno) in try process.send(signal: signal) }
        guard signal == SIGKILL else { return }
        try thaw(container)  // a frozen process dies only then
        // As with Docker, whoever has killed a container may remove it at once.
        if try process.isReadable(within: 10_000) { try awaitMonitor(of: container) }
    }

    /// Writes down who asked a container to end, before it is asked: its monitor reads that at the
    /// end, and a restart policy obeys it.
    private func note(
        _ request: EndRequest, by container: Container, in database: borrowing Database
    ) throws {
        do { try write(request, by: container, in: database) } catch let error as DatabaseError {
            guard error.isFull else { throw error }
            if makeRoom(), (try? write(request, by: container, in: database)) != nil { return }
            // A full disk shall not keep anybody from ending what fills it; a policy would undo it.
            let policy = container.record.hostConfiguration.restartPolicy.name
            guard policy == .no else { throw error }
        }
    }

    private func write(
        _ request: EndRequest, by container: Container, in database: borrowing Database
    ) throws {
        try database.transaction { () throws in
            try ContainerTable.recordRequest(
                request, byHand: ![.restart, .shutdown].contains(request.verb),
                of: container.id, in: database)
            try record(Event(container, "kill", ["signal": "\(request.signal)"]), in: database)
        }
    }

    /// Kills a container and waits until its end is recorded.
    /// - Parameter isAsked: whether the wish is on record already.
    func end(_ given: Container, patience: Int, isAsked: Bool = false) throws {
        let database = try open()
        var container = given
        while container.status == .restarting {
            if try cancelRestart(of: container, in: database) { return }
            container = try self.container(container.id, in: database)
        }
        if !isAsked {
            try note(EndRequest(.remove, signal: SIGKILL), by: container, in: database)
        }
        _ = consume database
        if let process = try container.process.open() {
            try ignoringEnded { () throws(Errno) in try process.send(signal: SIGKILL) }
            try thaw(container)
            guard try process.isReadable(within: Int32(patience * 1000)) else {
                throw EngineError.invalid(
                    "container \(container.id): process \(container.process.pid) does not end")
            }
        }
        guard !isAsked else { return try awaitMonitor(of: container) }
        // It may have ended by itself just before the wish was on record, and be started again.
        if let again = try startedAgain(container) { try end(again, patience: patience) }
    }

    /// Waits until the monitor has gone; gives the container if its policy starts it again instead.
    private func startedAgain(_ container: Container) throws -> Container? {
        guard let monitor = try container.monitor.open() else { return nil }
        for _ in 0..<100 where try !monitor.isReadable(within: 100) {
            if isDiskFull { return nil }
            let now = try ContainerTable.container(id: container.id, in: try open())
            guard let now, [.running, .restarting].contains(now.status) else { continue }
            if now.status == .restarting || now.process != container.process { return now }
        }
        return nil
    }

    /// Waits until the monitor has recorded the end and gone, but not for a monitor that hangs, or that
    /// waits for room on the disk to write its last words.
    func awaitMonitor(of container: Container) throws {
        guard let monitor = try container.monitor.open() else { return }
        for _ in 0..<20 where try !monitor.isReadable(within: 500) {
            if isDiskFull { return }
        }
    }

    private func thaw(_ container: Container) throws {
        if case .paused = state(of: container) { try cgroup(of: container)?.thaw() }
    }

    private func ignoringEnded(_ body: () throws(Errno) -> Void) throws(Errno) {
        do throws(Errno) { try body() } catch { if error != .noProcess { throw error } }
    }

    /// Waits for the end of a container and gives its exit code; at once for one that does not run.
    public func wait(for text: String) throws -> Int32 {
        let container = try container(text, in: try open())
        if container.status != .running, container.status != .restarting {
            return container.exitCode
        }
        if let code = try exitCodeFromMonitor(of: container) { return code }
        // Its monitor may have been killed: the process lives on, and its end alone is to be seen.
        if !container.monitor.isAlive, let process = try container.process.open() {
            _ = try process.isReadable(within: -1)
        }
        try awaitMonitor(of: container)
        return try self.container(container.id, in: try open()).exitCode
    }

    /// The monitor tells whoever is connected how it ended, also of a container that removes itself.
    private func exitCodeFromMonitor(of container: Container) throws -> Int32? {
        guard
            let socket = try? UnixSocket.connect(
                to: ContainerFiles.attachSocket, in: location.container(container.id).runtime)
        else { return nil }
        var options = AttachOptions()
        (options.stdout, options.stderr) = (false, false)
        options.termination = .untouched
        var session = try AttachSession(socket, options)
        guard case .exited(let code) = try session.run() else { return nil }
        return code
    }
}

/// A container that was asked to end.
public struct ContainerEnding: Sendable {
    fileprivate let container: Container
    /// When it is killed, in nanoseconds of CLOCK_MONOTONIC; nil for never.
    fileprivate let deadline: UInt64?

    /// What is left of its time, as poll(2) takes it.
    fileprivate var milliseconds: Int32 {
        guard let deadline else { return -1 }
        let now = Clock.monotonic
        return deadline > now ? Int32(clamping: (deadline - now + 999_999) / 1_000_000) : 0
    }
}
