// SPDX-License-Identifier: Apache-2.0

internal import ContainerRuntime
internal import Glibc
internal import Linux

/// The monitor's process: starts the container's, watches it, records its end, and cleans up. It is a
/// fork of the command that started the container and shares nothing with it afterwards.
final class MonitorBirth {
    let engine: Engine
    let container: Container
    private var plan: Plan
    let timings: StepTimings?
    /// Volumes that went with the container's record; their files follow.
    private var anonymousVolumes: [String] = []
    /// Whether who starts it takes part in its session.
    private let isAttached: Bool
    /// Whether the record is gone, and the files follow.
    private var isForgotten = false
    /// What keeps the container's host ports from others.
    var portHolders: [OwnedFDBox] = []
    private var lock: FileLock?
    private var log: LogWriter?
    /// The container's mount namespace, held so that its unmounting, which takes milliseconds, does
    /// not delay the news of its process's end.
    private var mounts: OwnedFD?

    init(
        engine: Engine, container: Container, isAttached: Bool, plan: Plan, timings: StepTimings?
    ) {
        self.engine = engine
        self.container = container
        self.isAttached = isAttached
        self.plan = plan
        self.timings = timings
    }

    private var files: ContainerFiles { engine.location.container(container.id) }

    /// Never returns: this process ends here.
    func run(
        _ streams: consuming BirthStreams, listener: consuming OwnedFD, report: consuming OwnedFD,
        connection: consuming OwnedFD?
    ) -> Never {
        leaveCaller()
        let begun: Begun
        do { begun = try begin(streams) } catch { abandon("\(error)", report) }
        try? report.writeAll(MonitorReport.started(begun.identity.pid))
        _ = consume report  // its end lets the command go on
        watch(begun, listener: listener, connection: connection)
    }

    /// A container's process that runs and is on record.
    private struct Begun: ~Copyable {
        let process: OwnedFD
        let identity: ProcessIdentity
        let streams: MonitorStreams
    }

    private func begin(_ streams: consuming BirthStreams) throws -> Begun {
        var identity = ProcessIdentity.none
        var failure: (any Error)?
        let process = try Launch(plan, lending: streams.lent, timings: timings).run { pid in
            identity = ProcessIdentity(of: pid)
            mounts = try? OwnedFD.open("/proc/\(pid)/ns/mnt")
            do {
                try engine.recordStart(
                    of: container, process: identity, isAttached: isAttached)
                log = try openLog()
            } catch { failure = error }
        }
        do {
            if let failure { throw failure }
            return Begun(
                process: process.takePidfd(), identity: identity,
                streams: try streams.takeMonitorSide())
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
        try? engine.cgroup(of: container)?.remove()
        try? removeTree(files.runtime)
        if let database = try? engine.open() {
            engine.releaseNetwork(of: container, in: database)
            try? ContainerTable.recordFailedStart(
                of: container, code: StartFailure.exitCode(of: reason),
                error: "\(EngineError.startFailed(reason))", in: database)
        }
        do { try report.writeAll(MonitorReport.failed(reason)) } catch {
            // The command is gone: what it would remove now is ours to remove.
            if container.removesItself { try? engine.discard(container, volumes: true) }
        }
        _exit(1)
    }

    private func watch(
        _ begun: consuming Begun, listener: consuming OwnedFD, connection: consuming OwnedFD?
    ) -> Never {
        let identity = begun.identity
        // A shutdown or a careless pkill means the container, whose end is the monitor's.
        for number in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] { signal(number, SIG_IGN) }
        loseStandardStreams()
        // Whatever else the command had open, its lock on the container above all, is not ours.
        ThisProcess.closeAll(
            from: 3,
            keeping: begun.streams.descriptors + [begun.process.raw, listener.raw]
                + log.descriptors + connection.descriptors + mounts.descriptors
                + portHolders.map { $0.fd.raw })
        plan = Plan()
        releaseInheritedMemory()
        do {
            var monitor = try Monitor(
                process: begun.process, streams: begun.streams, log: takeLog(),
                listener: listener, foreground: connection,
                stdinOnce: container.record.configuration.stdinOnce)
            monitor.onExit = { [self] in
                // Until this process ends: nobody may start or remove the container meanwhile.
                lock = try? FileLock.waiting(files.lock, .exclusive)
                recordExit($0, identity)
            }
            let code = try monitor.run().exitCode
            monitor.finish(exitCode: code)
            mounts = nil
            cleanUp()
        } catch {
            recordLostExit(identity, "\(error)")
            cleanUp()
        }
        engine.foldLog()
        _exit(0)
    }

    /// The monitor itself failed: the container may not run on unwatched.
    private func recordLostExit(_ process: ProcessIdentity, _ reason: String) {
        if let pidfd = try? process.open() {
            try? pidfd.send(signal: SIGKILL)
            _ = try? pidfd.isReadable(within: 10_000)
        }
        try? engine.cgroup(of: container)?.remove()
        if let database = try? engine.open() {
            try? engine.recordExit(
                of: container, process: process, code: 255, outOfMemory: false,
                error: "the monitor failed: \(reason)", in: database)
        }
        cleanUp()
    }

    private func loseStandardStreams() {
        guard let null = try? OwnedFD.open("/dev/null", O_RDWR) else { return }
        for number in CInt(0)...2 { dup2(null.raw, number) }
    }

    private func takeLog() -> LogWriter? {
        var taken: LogWriter?
        swap(&taken, &log)
        return taken
    }

    private func openLog() throws -> LogWriter? {
        let log = container.record.hostConfiguration.logConfig
        guard log.type != "none" else { return nil }
        return try LogWriter(directory: files.logs, limits: try LogLimits(options: log.config))
    }

    /// What others may see of the end: the record of it, or that there is no container any more. The
    /// rest is nobody's to wait for.
    private func recordExit(_ termination: Termination, _ process: ProcessIdentity) {
        guard let database = try? engine.open() else { return }
        // Who restarts a container with --rm wants to keep it.
        let now = try? ContainerTable.container(id: container.id, in: database)
        if container.removesItself, now?.endRequest?.verb != .restart {
            let end = Event.end(
                of: now ?? container, exitCode: termination.exitCode,
                outOfMemory: termination.exitCode != 0 && ranOutOfMemory, at: .now)
            anonymousVolumes =
                (try? engine.forget(container, volumes: true, after: end, in: database)) ?? []
            isForgotten = true
            return
        }
        try? engine.recordExit(
            of: container, process: process, code: termination.exitCode,
            outOfMemory: ranOutOfMemory, in: database)
    }

    private var ranOutOfMemory: Bool {
        ((try? engine.cgroup(of: container)?.oomKillCount()) ?? 0) > 0
    }

    private func cleanUp() {
        try? engine.cgroup(of: container)?.remove(emptyParents: false)
        guard isForgotten else {
            try? removeTree(files.runtime)
            return
        }
        try? engine.removeFiles(of: container.id)
        engine.removeVolumeFiles(anonymousVolumes)
        engine.tidyCgroups()
    }
}

/// Docker's exit codes for containers that did not start, which go by the words of the failure.
public enum StartFailure {
    /// 127 for a program that is not there, 126 for one that cannot be executed, else 128.
    public static func exitCode(of reason: String) -> Int32 {
        func has(_ words: String) -> Bool { reason.contains(words) }
        if has("executable file not found") || has("no such file or directory") { return 127 }
        if has("permission denied") || has("is a directory") || has("exec format error") {
            return 126
        }
        return 128
    }
}
