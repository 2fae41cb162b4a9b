// SPDX-License-Identifier: Apache-2.0

internal import ContainerRuntime
internal import Glibc
internal import Linux
internal import SQLite

/// The monitor's process: starts the container's, watches it, records its end, starts it again where
/// its policy says so, and cleans up. It is a fork of the command that started the container and
/// shares nothing with it afterwards.
final class MonitorBirth {
    let engine: Engine
    /// As it was on record when it was started last.
    var container: Container
    private var plan: Plan
    private let timings: StepTimings?
    /// Whether who starts it takes part in its session.
    private let isAttached: Bool
    /// Held from the end of the process until the monitor has cleaned up, and while it starts the
    /// container again.
    var lock: FileLock?
    /// What keeps the container's host ports from others.
    var portHolders = PortHolders()
    private var log: (any LogDriver)?
    /// The container's mount namespace, held so that its unmounting, which takes milliseconds, does
    /// not delay the news of its process's end.
    private var mounts: OwnedFD?
    /// The process that is watched.
    private(set) var identity = ProcessIdentity.none
    /// When it was started, nanoseconds of `Clock.monotonic`.
    private(set) var startedAt: UInt64 = 0
    private var health: HealthCheck?
    var backoff = RestartBackoff()
    /// What its last end leads to.
    var conclusion = Conclusion.unrecorded

    init(
        engine: Engine, container: Container, isAttached: Bool, plan: Plan, timings: StepTimings?
    ) {
        self.engine = engine
        self.container = container
        self.isAttached = isAttached
        self.plan = plan
        self.timings = timings
    }

    var files: ContainerFiles { engine.location.container(container.id) }

    /// Never returns: this process ends here.
    func run(
        _ streams: consuming BirthStreams, listener: consuming OwnedFD, report: consuming OwnedFD,
        connection: consuming OwnedFD?
    ) -> Never {
        leaveCaller()
        let begun: Begun
        let wake: SignalQueue
        do {
            // Before there is a record that tells others whom to wake.
            wake = try SignalQueue([Engine.wakeSignal])
            begun = try begin(streams)
        } catch { abandon("\(error)", report) }
        try? report.writeAll(MonitorReport.started(identity.pid))
        _ = consume report  // its end lets the command go on
        watch(begun, wake, listener: listener, connection: connection)
    }

    /// A container's process that runs and is on record.
    private struct Begun: ~Copyable {
        let process: OwnedFD
        let streams: MonitorStreams
    }

    private func begin(_ streams: consuming BirthStreams) throws -> Begun {
        var failure: (any Error)?
        let process = try Launch(plan, lending: streams.lent, timings: timings).run { pid in
            identity = ProcessIdentity(of: pid)
            startedAt = Clock.monotonic
            mounts = try? OwnedFD.open("/proc/\(pid)/ns/mnt")
            do {
                try engine.recordStart(
                    of: container, process: identity,
                    isAttached: isAttached && backoff.count == 0, restartCount: backoff.count)
                if backoff.count == 0 { log = try openLog() }
                try beginHealthCheck()
            } catch { failure = error }
        }
        do {
            if let failure { throw failure }
            return Begun(process: process.takePidfd(), streams: try streams.takeMonitorSide())
        } catch {
            try? identity.open()?.send(signal: SIGKILL)  // what has no record may not run
            throw error
        }
    }

    /// A session of its own, no terminal, no working directory that keeps a file system busy.
    private func leaveCaller() {
        setsid()
        chdir("/")
        umask(0o022)
        try? ThisProcess.setName("swocker-mon")
        ThisProcess.forgetArguments()  // of `-e TOKEN=…`, which /proc shows to everybody
        ThisProcess.resetSignals()
        signal(SIGPIPE, SIG_IGN)
    }

    /// The container did not start: its record says why, and nothing else of the attempt is left.
    private func abandon(_ reason: String, _ report: consuming OwnedFD) -> Never {
        ThisProcess.closeAll(from: 3, keeping: [report.raw])  // the command's lock above all
        try? engine.clearRemains(of: container)
        recordFailedStart(reason)
        do { try report.writeAll(MonitorReport.failed(reason)) } catch {
            // The command is gone: what it would remove now is ours to remove.
            if container.removesItself { try? engine.discard(container, volumes: true) }
        }
        engine.retireNetworksSoon(after: container)
        _exit(1)
    }

    private func watch(
        _ begun: consuming Begun, _ wake: consuming SignalQueue, listener: consuming OwnedFD,
        connection: consuming OwnedFD?
    ) -> Never {
        // A shutdown or a careless pkill means the container, whose end is the monitor's.
        for number in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] { signal(number, SIG_IGN) }
        loseStandardStreams()
        // Whatever else the command had open, its lock on the container above all, is not ours.
        ThisProcess.closeAll(
            from: 3,
            keeping: begun.streams.descriptors + [begun.process.raw, listener.raw]
                + log.descriptors + connection.descriptors + mounts.descriptors
                + portHolders.descriptors + [wake.raw])
        rest()
        do {
            var monitor = try Monitor(
                process: begun.process, streams: begun.streams, log: log,
                listener: listener, foreground: connection,
                stdinOnce: container.record.configuration.stdinOnce)
            monitor.onExit = { [self] in
                health?.stop()
                return conclude($0)
            }
            try live(&monitor, wake)
        } catch {
            recordLostExit("\(error)")
        }
        cleanUp()
        engine.foldLog()
        _exit(0)
    }

    /// Watches one process after the other, until none follows.
    private func live(
        _ monitor: inout Monitor, _ wake: borrowing SignalQueue
    ) throws {
        while true {
            watchBeside(&monitor, wake.raw)
            let termination = try monitor.run()
            monitor.finish(exitCode: termination.exitCode)
            mounts = nil
            try insistOnRecord(of: termination, &monitor)
            guard case .startsAgain(let due) = conclusion else { return }
            try? engine.cgroup(of: container)?.remove(emptyParents: false)
            lock = nil
            monitor.timers = []
            var isWoken = false
            let signals = wake.raw
            monitor.watches = [
                MonitorWatch({ signals }, events: POLLIN) { _ in
                    isWoken = true
                    return false
                }
            ]
            try monitor.idle(until: due) { isWoken }
            guard let begun = try startAgain() else { return }
            monitor.restart(process: begun.process, streams: begun.streams)
        }
    }

    /// Starts the container once more, if it is still this monitor's to start.
    private func startAgain() throws -> Begun? {
        lock = try? FileLock.waiting(files.lock, .exclusive)
        guard let request = try requestAgain() else { return nil }
        do {
            plan = try Plan(request)
            let configuration = container.record.configuration
            let begun = try begin(
                try BirthStreams(terminal: configuration.tty, stdin: configuration.openStdin))
            rest()
            lock = nil
            return begun
        } catch {
            recordFailedStart("\(error)")
            conclusion = .stays
            return nil
        }
    }

    private func beginHealthCheck() throws {
        container.process = identity
        health = HealthCheck(of: container, by: engine)
        if health != nil {
            try HealthTable.record(Health(), of: container.id, in: try engine.open())
        }
    }

    /// What else the monitor does: probes, and the host's ports.
    private func watchBeside(_ monitor: inout Monitor, _ wake: CInt) {
        try? portHolders.serve()
        let woken = MonitorWatch({ wake }, events: POLLIN) { [self] _ in
            SignalQueue.drain(wake)
            keepPorts()
            return true
        }
        monitor.watches = [woken, portHolders.watch] + (health.map { [$0.watch] } ?? [])
        monitor.timers = [portHolders.timer] + (health.map { [$0.timer] } ?? [])
    }

    /// Somebody has published ports, or taken some back: the records say which.
    private func keepPorts() {
        // In a transaction, because whoever woke us may not have committed his own yet.
        guard let database = try? engine.open() else { return }
        let ports = try? database.transaction { () throws -> [KeptPort]? in
            let held = try engine.heldNetwork(of: container, in: database)
            return held.leases.isEmpty ? nil : held.kept
        }
        if let ports { portHolders.change(to: ports) }
    }

    /// The start is over: what it needed goes back to the kernel.
    private func rest() {
        plan = Plan()
        releaseInheritedMemory()
    }

    private func loseStandardStreams() {
        guard let null = try? OwnedFD.open("/dev/null", O_RDWR) else { return }
        for number in CInt(0)...2 { dup2(null.raw, number) }
    }

    private func openLog() throws -> (any LogDriver)? {
        try files.openLog(
            try LogSettings(container.record.hostConfiguration.logConfig),
            container.logAttributes)
    }
}
