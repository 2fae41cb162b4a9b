// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
public import SQLite

extension Engine {
    /// Removes a container and what is its own.
    /// - Parameters:
    ///   - force: whether a running one is killed first.
    ///   - volumes: whether its anonymous volumes go too.
    public func remove(_ text: String, force: Bool = false, volumes: Bool = false) throws {
        // On a full disk a removal needs room before it makes any.
        for makeRoom in [makeRoom, { try dropLog(of: text) }] {
            do { return try removeEnded(text, force: force, volumes: volumes) } catch let error
                as DatabaseError
            {
                guard error.isFull else { throw error }
                _ = try makeRoom()
            }
        }
        try removeEnded(text, force: force, volumes: volumes)
    }

    /// Makes room on a full disk: the log of a container that is to go may be what fills it.
    /// - Returns: whether there was a log that nobody writes any more.
    private func dropLog(of text: String) throws -> Bool {
        let container = try ContainerTable.find(text, in: try open())
        let files = location.container(container.id)
        guard !container.process.isAlive else { return false }
        if exists(files.jsonLog) {
            try JSONLogFiles.clear(files.jsonLog)
            return true
        }
        guard exists(files.logs) else { return false }
        try removeTree(files.logs)
        return true
    }

    private func removeEnded(_ text: String, force: Bool, volumes: Bool) throws {
        var container = try container(text, in: try open())
        for _ in 0..<10 {
            do {
                return try removeEnded(container, text, force: force, volumes: volumes)
            } catch EngineError.cannotBeRemoved where force {
                // Somebody has started it after it was killed.
                let now = try ContainerTable.container(id: container.id, in: try open())
                guard let now else { return }
                container = now
            }
        }
        try removeEnded(container, text, force: force, volumes: volumes)
    }

    private func removeEnded(
        _ container: Container, _ text: String, force: Bool, volumes: Bool
    ) throws {
        let state = state(of: container).summary
        if state != .created, state != .exited {
            guard force else {
                throw EngineError.cannotBeRemoved(name: text, state: state.rawValue)
            }
            try end(container, patience: 10)
        }
        // The monitor's to remove, but the monitor may have been killed.
        try? clearRemains(of: container)
        try discard(container, volumes: volumes || container.removesItself)
        retireNetworksSoon(after: container)
    }

    /// Ends and removes what a monitor that was killed has left of a run: processes, control group,
    /// socket. For who knows that the container does not run.
    func clearRemains(of container: Container) throws {
        if let cgroup = try cgroup(of: container) {
            if try !cgroup.processes().isEmpty { try cgroup.killAll() }
            try cgroup.remove()
        }
        try removeTree(location.container(container.id).runtime)
    }

    /// Removes the record first, then the thing: a death in between leaves garbage, which `sweep`
    /// finds, never a record without its container.
    func discard(_ container: Container, volumes: Bool) throws {
        let lock = try? FileLock.waiting(location.container(container.id).lock, .exclusive)
        defer { withExtendedLifetime(lock) {} }
        let orphans = try forget(container, volumes: volumes, in: try open())
        try removeFiles(of: container.id)
        removeRetired(orphans)
        tidyCgroups()
    }

    /// Removes the record of a container that does not run, by whoever holds its lock.
    /// - Parameter events: what happened just before.
    /// - Returns: the directories of the anonymous volumes whose records went with it (`removeRetired`).
    func forget(
        _ container: Container, volumes: Bool, after events: [Event] = [],
        in database: borrowing Database
    ) throws -> [String] {
        try database.transaction { () throws in
            try forgetInTransaction(container, volumes: volumes, after: events, in: database)
        }
    }

    /// As `forget`, within a transaction of the caller's.
    func forgetInTransaction(
        _ container: Container, volumes: Bool, after events: [Event],
        in database: borrowing Database
    ) throws -> [String] {
        let id = container.id
        guard let state = try ContainerTable.processState(of: id, in: database) else {
            return []
        }
        // Somebody may have started it since we looked.
        guard state.status != .running || !state.process.isAlive else {
            throw EngineError.cannotBeRemoved(name: id, state: "running")
        }
        takeDown(try heldNetwork(of: container, in: database))
        let last = try ContainerTable.current(container, in: database)
        _ = try ContainerTable.delete(id, in: database)
        try EventTable.add(events + [Event(last, "destroy")], in: database)
        // One that was made without a name, and then given by it, is none of the container's.
        let anonymous = volumes ? container.record.mounts.filter(\.isAnonymous) : []
        return try anonymous.compactMap(\.name).compactMap {
            try retireVolume($0, in: database)
        }
    }

    /// Takes the engine's parent control group away when no container is left in it.
    func tidyCgroups() {
        guard let hierarchies = try? CgroupHierarchies.discover() else { return }
        for mount in hierarchies.mounts { rmdir("\(mount)/swocker") }
    }

    /// Removes everything of a container that has no record.
    func removeFiles(of id: String) throws {
        let files = location.container(id)
        defer { try? removeTree(files.runtime) }  // where there is no such place, nothing is left
        try removeTree(files.directory)
    }

    /// A process that was started by a monitor which died before it could record it.
    private func endUnrecorded(_ id: String) throws {
        let cgroup = Cgroup("swocker/\(id)", on: try CgroupHierarchies.discover())
        guard let directory = cgroup.directories.first, exists(directory) else { return }
        try cgroup.killAll()
        try cgroup.remove(emptyParents: false)
    }

    /// Removes what containers left behind that died between two steps: directories without a record,
    /// unless their maker holds their lock.
    public func sweep(in database: borrowing Database) throws {
        guard let present = try? names(in: location.containers), !present.isEmpty else { return }
        var known: Set<String> = []
        try database.query("SELECT id FROM containers") { known.insert($0.text(0)) }
        for id in present where !known.contains(id) {
            guard let lock = try? FileLock.ifFree(location.container(id).lock, .exclusive) else {
                continue
            }
            defer { withExtendedLifetime(lock) {} }
            if try ContainerTable.processState(of: id, in: database) == nil {
                try endUnrecorded(id)
                try removeFiles(of: id)
            }
        }
    }
}
