// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
public import SQLite

/// What a container is doing, by the kernel's word.
public enum ContainerState: Equatable, Sendable {
    case created
    case running(pid: Int32)
    case paused(pid: Int32)
    case exited
    /// It has ended, and its monitor will start it again.
    case restarting

    public var pid: Int32? {
        switch self {
        case .running(let pid), .paused(let pid): pid
        case .created, .exited, .restarting: nil
        }
    }

    /// What lists and messages call it.
    public var summary: ContainerSummary.State {
        switch self {
        case .created: .created
        case .running: .running
        case .paused: .paused
        case .exited: .exited
        case .restarting: .restarting
        }
    }
}

extension ProcessIdentity {
    /// This process.
    static var current: ProcessIdentity { ProcessIdentity(of: getpid()) }

    init(of pid: Int32) { self.init(pid: pid, started: ProcessStatus(of: pid)?.started ?? 0) }

    /// Whether the very process still runs: another one may bear its pid by now.
    var isAlive: Bool {
        guard pid > 0, boot == Boot.current, let status = ProcessStatus(of: pid) else {
            return false
        }
        return status.started == started && status.isAlive
    }

    /// Sends a signal to the very process, if it still is.
    func receive(signal: Int32) { try? open()?.send(signal: signal) }

    /// A pidfd of the very process; nil when it has ended. The descriptor is opened first and the
    /// identity checked then, so that it cannot stand for a stranger.
    func open() throws(Errno) -> OwnedFD? {
        guard pid > 0, boot == Boot.current else { return nil }
        let pidfd: OwnedFD
        do throws(Errno) { pidfd = try OwnedFD.pidfd(of: pid) } catch {
            guard error == .noProcess || error == .invalid else { throw error }
            return nil
        }
        guard ProcessStatus(of: pid)?.started == started else { return nil }
        return pidfd
    }
}

extension Engine {
    /// The container that a name, an id or the beginning of one means, its record repaired where the
    /// kernel disagrees with it.
    public func container(
        _ text: String, in database: borrowing Database
    ) throws -> Container {
        try repaired(try ContainerTable.find(text, in: database), in: database)
    }

    /// All containers, the newest first, repaired.
    public func containers(in database: borrowing Database) throws -> [Container] {
        try ContainerTable.all(in: database).map { try repaired($0, in: database) }
    }

    /// What the container is doing. Ask for the container anew when time has passed.
    public func state(of container: Container) -> ContainerState {
        switch container.status {
        case .created: return .created
        case .exited: return .exited
        case .restarting: return .restarting
        case .running:
            let isFrozen = (try? cgroup(of: container)?.isFrozen()) ?? false
            return isFrozen == true
                ? .paused(pid: container.process.pid) : .running(pid: container.process.pid)
        }
    }

    /// A container that is on record as running and does not run, and whose monitor cannot tell any
    /// more, has ended in a way that nobody saw: a reboot, or the monitor was killed. The record is
    /// corrected, and what the monitor would have removed is removed.
    private func repaired(
        _ container: Container, in database: borrowing Database
    ) throws -> Container {
        if container.status == .restarting, !container.monitor.isAlive {
            let reason = "its monitor was gone before it could start the container again"
            _ = try ContainerTable.cancelRestart(
                of: container, byHand: false, error: reason, in: database)
            return try ContainerTable.reread(container, in: database) ?? container
        }
        guard container.status == .running else { return try cleared(container, in: database) }
        guard !container.process.isAlive, !container.monitor.isAlive else { return container }
        // The monitor may have written its last words just now.
        guard let now = try ContainerTable.reread(container, in: database),
            now.status == .running, now.process == container.process
        else {
            return try ContainerTable.reread(container, in: database) ?? container
        }
        try? clearRemains(of: container)
        var ending = Ending(of: container, exitCode: 255)
        ending.error =
            container.process.boot == Boot.current
            ? "the container's end was not observed: its monitor was gone"
            : "the machine was started anew while the container ran"
        try recordExit(
            of: container, process: container.process, code: 255, outOfMemory: false,
            error: ending.error, ending: ending, in: database)
        let ended = try ContainerTable.reread(container, in: database) ?? container
        if ended.removesItself { try? discard(ended, volumes: true) }
        return ended
    }

    /// A monitor that was killed between the start of the process and its record has left the state
    /// directory, and perhaps a process that no row knows. Nobody is at work on the container: its lock
    /// is free.
    private func cleared(
        _ container: Container, in database: borrowing Database
    ) throws -> Container {
        let files = location.container(container.id)
        guard exists(files.runtime), let lock = try? FileLock.ifFree(files.lock, .exclusive) else {
            return container
        }
        defer { withExtendedLifetime(lock) {} }
        let now = try ContainerTable.reread(container, in: database) ?? container
        if now.status == .created || now.status == .exited { try? clearRemains(of: now) }
        return now
    }

    /// The container's control group; nil when the host has none.
    func cgroup(of container: Container) throws -> Cgroup? {
        cgroup(of: container, on: try CgroupHierarchies.discover())
    }

    /// The same, where the hierarchies are known.
    func cgroup(of container: Container, on hierarchies: CgroupHierarchies) -> Cgroup {
        let parent = container.record.hostConfiguration.cgroupParent
        return Cgroup("\(parent.isEmpty ? "swocker" : parent)/\(container.id)", on: hierarchies)
    }
}
