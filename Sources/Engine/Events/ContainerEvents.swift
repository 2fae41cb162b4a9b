// SPDX-License-Identifier: Apache-2.0

internal import SQLite

extension Engine {
    /// Records a container's start and tells of it.
    /// - Parameter isAttached: whether who starts it takes part in its session.
    func recordStart(
        of container: Container, process: ProcessIdentity, isAttached: Bool,
        restartCount: Int = 0
    ) throws {
        let now = Timestamp.now
        let database = try open()
        try database.transaction { () throws in
            try ContainerTable.recordStart(
                of: container.id, process: process, monitor: .current, at: now,
                restartCount: restartCount, in: database)
            let attach = isAttached ? [Event(container, "attach", at: now)] : []
            let networks = try Event.networks(of: container, "connect", at: now, in: database)
            let mounts = Event.volumes(of: container, "mount", at: now)
            let start = [Event(container, "start", at: now)]
            try EventTable.add(attach + networks + mounts + start, in: database)
        }
    }

    /// Records a container's end and tells of it, unless the record has gone on to another process.
    /// - Parameter ending: what `why` shall say.
    func recordExit(
        of container: Container, process: ProcessIdentity, code: Int32, outOfMemory: Bool,
        error: String = "", ending: Ending? = nil, in database: borrowing Database
    ) throws {
        let now = Timestamp.now
        try database.transaction { () throws in
            let held = try heldNetwork(of: container, in: database)
            let isRecorded = try ContainerTable.recordExit(
                of: container.id, process: process, code: code, outOfMemory: outOfMemory,
                error: error, at: now, in: database)
            guard isRecorded else { return }
            takeDown(held)
            let current = try ContainerTable.current(container, in: database)
            if let ending { try EndingTable.insert(ending, of: current, in: database) }
            try EventTable.add(
                Event.end(
                    of: current, exitCode: code, outOfMemory: outOfMemory, at: now, in: database),
                in: database)
        }
    }
}

extension ContainerTable {
    /// A container as it is known, by the name and start that it has now.
    static func current(
        _ container: Container, in database: borrowing Database
    ) throws(DatabaseError) -> Container {
        var container = container
        try database.query(
            "SELECT name, started FROM containers WHERE id = ?", [.text(container.id)]
        ) { row in
            container.name = row.text(0)
            container.started = row.optionalInteger(1).map(
                Timestamp.init(nanosecondsSinceEpoch:))
        }
        return container
    }
}
