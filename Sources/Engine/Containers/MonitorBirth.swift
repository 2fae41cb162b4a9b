// SPDX-License-Identifier: Apache-2.0

internal import ContainerRuntime
internal import Glibc
internal import Linux

/// The monitor's process: starts the container's, watches it, records its end, and cleans up. It is a
/// fork of the command that started the container and shares nothing with it afterwards.
struct MonitorBirth {
    let engine: Engine
    let container: Container
    let plan: Plan
    let timings: StepTimings?

    private var files: ContainerFiles { engine.location.container(container.id) }

    /// Never returns: this process ends here.
    func run(
        _ streams: consuming BirthStreams, listener: consuming OwnedFD, report: consuming OwnedFD,
        connection: consuming OwnedFD?
    ) -> Never {
        leaveCaller()
        do {
            let process = try Launch(plan, lending: streams.lent, timings: timings).run()
            let identity = ProcessIdentity(of: process.pid)
            try recordStart(identity)
            try report.writeAll(MonitorReport.started(process.pid))
            watch(
                process.takePidfd(), identity, try streams.takeMonitorSide(), listener: listener,
                connection: connection, report: report)
        } catch {
            abandon("\(error)", report)
        }
    }

    /// A session of its own, no terminal, no working directory that keeps a file system busy.
    private func leaveCaller() {
        setsid()
        chdir("/")
        umask(0o022)
        try? ThisProcess.setName("swocker-mon")
        ThisProcess.resetSignals()
        signal(SIGPIPE, SIG_IGN)
    }

    private func recordStart(_ process: ProcessIdentity) throws {
        try ContainerTable.recordStart(
            of: container.id, process: process, monitor: .current, at: .now,
            in: try engine.open())
    }

    /// The container did not start: its record says why, and nothing else of the attempt is left.
    private func abandon(_ reason: String, _ report: consuming OwnedFD) -> Never {
        ThisProcess.closeAll(from: 3, keeping: [report.raw])  // the command's lock above all
        try? engine.cgroup(of: container)?.remove()
        try? removeTree(files.runtime)
        if let database = try? engine.open() {
            try? ContainerTable.recordFailedStart(
                of: container.id, code: StartFailure.exitCode(of: reason),
                error: "\(EngineError.startFailed(reason))", in: database)
        }
        do { try report.writeAll(MonitorReport.failed(reason)) } catch {
            // The command is gone: what it would remove now is ours to remove.
            if container.removesItself { try? engine.discard(container.id, volumes: true) }
        }
        _exit(1)
    }

    private func watch(
        _ process: consuming OwnedFD, _ identity: ProcessIdentity,
        _ streams: consuming MonitorStreams, listener: consuming OwnedFD,
        connection: consuming OwnedFD?, report: consuming OwnedFD
    ) -> Never {
        _ = consume report  // its end tells the command that all is well
        loseStandardStreams()
        // Whatever else the command had open, its lock on the container above all, is not ours.
        ThisProcess.closeAll(
            from: 3,
            keeping: streams.descriptors + [process.raw, listener.raw]
                + connection.descriptors)
        var code: Int32 = 255
        do {
            var monitor = try Monitor(
                process: process, streams: streams, log: try openLog(), listener: listener,
                foreground: connection,
                stdinOnce: container.record.configuration.stdinOnce)
            monitor.onExit = { recordExit($0, identity) }
            code = try monitor.run().exitCode
            cleanUp()
            monitor.finish(exitCode: code)
        } catch {}
        _exit(0)
    }

    private func loseStandardStreams() {
        guard let null = try? OwnedFD.open("/dev/null", O_RDWR) else { return }
        for number in CInt(0)...2 { dup2(null.raw, number) }
    }

    private func openLog() throws -> LogWriter? {
        let log = container.record.hostConfiguration.logConfig
        guard log.type != "none" else { return nil }
        return try LogWriter(directory: files.logs, limits: try LogLimits(options: log.config))
    }

    private func recordExit(_ termination: Termination, _ process: ProcessIdentity) {
        let cgroup = try? engine.cgroup(of: container)
        let outOfMemory = ((try? cgroup?.oomKillCount()) ?? 0) > 0
        try? cgroup?.remove()
        guard !container.removesItself, let database = try? engine.open() else { return }
        try? ContainerTable.recordExit(
            of: container.id, process: process, code: termination.exitCode,
            outOfMemory: outOfMemory, at: .now, in: database)
    }

    private func cleanUp() {
        if container.removesItself {
            try? engine.discard(container.id, volumes: true)
        } else {
            try? removeTree(files.runtime)
        }
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
