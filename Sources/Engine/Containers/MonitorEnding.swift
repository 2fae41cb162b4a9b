// SPDX-License-Identifier: Apache-2.0

internal import ContainerRuntime
internal import Glibc
internal import Linux
internal import SQLite

/// What the end of a container's process leads to.
enum Conclusion {
    /// It could not be written down yet.
    case unrecorded
    case stays
    /// The record is gone, and the files follow; these volumes too.
    case forgotten(volumes: [String])
    /// At this time, nanoseconds of `Clock.monotonic`.
    case startsAgain(at: UInt64)
    /// Somebody else has the container in hand.
    case notOurs
}

// From the end of a process to its record, and from there to the next start or to nothing.
extension MonitorBirth {
    /// Writes down how the process ended, under the container's lock.
    /// - Returns: whether it will be started again.
    func conclude(_ termination: Termination) -> Bool {
        lock = try? FileLock.waiting(files.lock, .exclusive)
        portHolders.release()  // who hears of the end may take the ports at once
        do { conclusion = try record(termination) } catch {
            conclusion = .unrecorded
            if (error as? DatabaseError)?.isFull == true, engine.makeRoom() {
                conclusion = (try? record(termination)) ?? .unrecorded
            }
        }
        if case .startsAgain = conclusion { return true }
        return false
    }

    /// An end that could not be written down, because the disk is full, is tried again and again: the
    /// clients know it by now, and nobody is kept from the container meanwhile.
    func insistOnRecord(of termination: Termination, _ monitor: inout Monitor) throws {
        var delay: UInt64 = 100_000_000
        while case .unrecorded = conclusion, exists(files.directory) {
            lock = nil
            try monitor.idle(until: Clock.monotonic + delay) { false }
            monitor.finish(exitCode: termination.exitCode)  // for who has come meanwhile
            delay = min(2 * delay, 5_000_000_000)
            _ = conclude(termination)
        }
    }

    /// What others may see of the end: the record of it, or that there is no container any more. The
    /// rest is nobody's to wait for.
    private func record(_ termination: Termination) throws -> Conclusion {
        let database = try engine.open()
        return try database.transaction { () throws in
            guard let now = try ContainerTable.reread(container, in: database),
                now.status == .running, now.process == identity
            else { return .notOurs }
            var after = backoff
            let delay = after.next(
                after: end(termination, of: now), policy: now.record.hostConfiguration.restartPolicy
            )
            var ending = engine.ending(of: now, termination)
            ending.startsAgainAfter = delay
            if now.record.configuration.healthcheck != nil {
                let health = try HealthTable.health(of: now.id, in: database)
                ending.health = health?.status.rawValue ?? ""
            }
            try EndingTable.insert(ending, of: now, in: database)
            let events = try Event.end(
                of: now, exitCode: termination.exitCode,
                outOfMemory: termination.exitCode != 0 && ending.outOfMemory, at: .now,
                in: database)
            // Who restarts a container with --rm wants to keep it.
            if now.removesItself, delay == nil, now.endRequest?.verb != .restart {
                return .forgotten(
                    volumes: try engine.forgetInTransaction(
                        now, volumes: true, after: events, in: database))
            }
            engine.takeDown(try engine.heldNetwork(of: now, in: database))
            try ContainerTable.recordExit(
                of: now.id, process: identity, code: termination.exitCode,
                outOfMemory: ending.outOfMemory, at: .now, isStartedAgain: delay != nil,
                in: database)
            try EventTable.add(events, in: database)
            backoff = after
            return delay.map { .startsAgain(at: Clock.monotonic + $0) } ?? .stays
        }
    }

    private func end(_ termination: Termination, of now: Container) -> RestartBackoff.End {
        RestartBackoff.End(
            exitCode: termination.exitCode, ranFor: Clock.monotonic - startedAt,
            byHand: now.wasStoppedByHand, isFinal: now.endRequest?.isFinal ?? false,
            isWanted: now.endRequest?.wantsStart ?? false)
    }

    /// What is to be launched again, unless the record says that it is no longer this monitor's.
    func requestAgain() throws -> LaunchRequest? {
        let database = try engine.open()
        guard let now = try ContainerTable.reread(container, in: database) else {
            conclusion = .notOurs
            return nil
        }
        guard now.status == .restarting, now.monitor == .current else {
            conclusion = now.status == .exited ? .stays : .notOurs
            return nil
        }
        container = now
        do {
            try engine.refuseUnprotected(now)
            portHolders.release()
            let prepared = try engine.prepareLaunch(of: now, in: database)
            portHolders = prepared.portHolders
            return prepared.request
        } catch {
            recordFailedStart("\(error)")
            conclusion = .stays
            return nil
        }
    }

    /// The container's record and the list of endings say why it did not start.
    func recordFailedStart(_ reason: String) {
        guard let database = try? engine.open() else { return }
        let code = StartFailure.exitCode(of: reason)
        var ending = Ending(of: container, exitCode: code)
        ending.started = nil
        ending.error = reason
        if reason.contains("exec format error") {
            ending.foreignMachine = engine.foreignMachine(of: container, in: database)
        }
        try? EndingTable.insert(ending, of: container, in: database)
        engine.releaseNetwork(of: container, in: database)
        if container.status == .restarting { container.status = .exited }
        try? ContainerTable.recordFailedStart(
            of: container, code: code, error: "\(EngineError.startFailed(reason))", in: database)
    }

    /// The monitor itself failed: the container may not run on unwatched.
    func recordLostExit(_ reason: String) {
        if let pidfd = try? identity.open() {
            try? pidfd.send(signal: SIGKILL)
            _ = try? pidfd.isReadable(within: 10_000)
        }
        conclusion = .stays
        guard let database = try? engine.open() else { return }
        try? engine.recordExit(
            of: container, process: identity, code: 255, outOfMemory: false,
            error: "the monitor failed: \(reason)", in: database)
    }

    /// Removes what the container had for its run, and with `--rm` all of it.
    func cleanUp() {
        switch conclusion {
        case .notOurs: return
        case .stays, .unrecorded, .startsAgain:
            try? engine.cgroup(of: container)?.remove(emptyParents: false)
            try? removeTree(files.runtime)
        case .forgotten(let volumes):
            try? engine.cgroup(of: container)?.remove(emptyParents: false)
            try? engine.removeFiles(of: container.id)
            engine.removeRetired(volumes)
            engine.tidyCgroups()
        }
        lock = nil
        engine.retireNetworksSoon(after: container)
    }
}

extension Engine {
    /// The facts of an end, while the container's control group is still there.
    func ending(of container: Container, _ termination: Termination) -> Ending {
        var ending = Ending(of: container, exitCode: termination.exitCode)
        if case .signaled(let signal, let coreDumped) = termination {
            (ending.signal, ending.coreDumped) = (signal, coreDumped)
        }
        guard let cgroup = try? cgroup(of: container) else { return ending }
        ending.outOfMemory = ((try? cgroup.oomKillCount()) ?? 0) > 0
        if ending.outOfMemory {
            ending.memoryLimit = cgroup.statistics().memoryLimit
            ending.memoryPeak = cgroup.memoryPeak()
        }
        return ending
    }
}
