// SPDX-License-Identifier: Apache-2.0

internal import OCI
internal import SQLite

/// The containers of the state database.
enum ContainerTable {
    private static let columns = """
        id, name, created, record, id_range, status, pid, pid_started, monitor, monitor_started, \
        started, finished, exit_code, oom_killed, error, auto_remove, boot, restart_count, \
        stopped_by_hand, end_request
        """

    // MARK: Finding

    /// Docker's order: the full id, the exact name, then the only id that begins so.
    static func find(
        _ text: String, in database: borrowing Database
    ) throws -> Container {
        let name = text.hasPrefix("/") ? String(text.dropFirst()) : text
        if let found = try first("id = ?1 OR name = ?1", name, in: database) { return found }
        let isPrefix =
            !name.isEmpty && name.utf8.count < 64
            && name.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        guard isPrefix else { throw EngineError.noSuchContainer(text) }
        let found = try all("id >= ?1 AND id < ?1 || 'g' LIMIT 2", name, in: database)
        if found.count > 1 { throw EngineError.ambiguousPrefix(text) }
        guard let only = found.first else { throw EngineError.noSuchContainer(text) }
        return only
    }

    /// Nil when it is gone.
    static func container(
        id: String, in database: borrowing Database
    ) throws -> Container? {
        try first("id = ?1", id, in: database)
    }

    /// The container as it is on record now. To read its configuration takes ten times as long as to
    /// see that it is still the same.
    static func reread(
        _ container: Container, in database: borrowing Database
    ) throws -> Container? {
        try all("id = ?1", container.id, known: container, in: database).first
    }

    /// All, the newest first.
    static func all(in database: borrowing Database) throws -> [Container] {
        try all("1 ORDER BY created DESC", nil, in: database)
    }

    /// Those on record as running, the newest first.
    static func running(in database: borrowing Database) throws -> [Container] {
        try all("status = 'running' ORDER BY created DESC", nil, in: database)
    }

    static func users(
        ofImage id: String, in database: borrowing Database
    ) throws -> [Container] {
        // Those that mount it say so in their records only.
        try all("image = ?1 OR instr(CAST(record AS TEXT), ?1)", id, in: database)
    }

    private static func first(
        _ condition: String, _ value: String, in database: borrowing Database
    ) throws -> Container? { try all(condition, value, in: database).first }

    private static func all(
        _ condition: String, _ value: String?, known: Container? = nil,
        in database: borrowing Database
    ) throws -> [Container] {
        var found: [Container] = []
        var failure: (any Error)?
        try database.query(
            "SELECT \(columns) FROM containers WHERE \(condition)",
            value.map { [.text($0)] } ?? []
        ) { row in
            do { found.append(try Container(row, known: known)) } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return found
    }

    /// Only what changes: whether it runs, and as which process. Nil when it is gone.
    static func processState(
        of id: String, in database: borrowing Database
    ) throws -> (status: Container.Status, process: ProcessIdentity)? {
        var found: (Container.Status, ProcessIdentity)?
        try database.query(
            "SELECT status, pid, pid_started, boot FROM containers WHERE id = ?", [.text(id)]
        ) { row in
            found = (
                Container.Status(rawValue: row.text(0)) ?? .exited,
                ProcessIdentity(
                    pid: Int32(row.integer(1)), started: UInt64(row.integer(2)),
                    boot: row.integer(3))
            )
        }
        return found
    }

    // MARK: Changing

    /// Records a new container. The name's uniqueness and the id range are the database's to grant.
    /// - Parameter container: gets its range of host ids, unless it has no user namespace.
    static func insert(
        _ container: inout Container, wantsIDRange: Bool, in database: borrowing Database
    ) throws {
        let document = try container.record.json().bytes()
        let range = wantsIDRange ? try freeIDRange(in: database) : nil
        do throws(DatabaseError) {
            try database.run(
                """
                INSERT INTO containers
                (id, name, image, created, record, id_range, status, auto_remove)
                VALUES (?, ?, ?, ?, ?, ?, 'created', ?)
                """,
                [
                    .text(container.id), .text(container.name), .text(container.record.imageID),
                    .integer(container.created.nanosecondsSinceEpoch),
                    .blob(document), DatabaseValue(range),
                    .integer(container.removesItself ? 1 : 0),
                ])
        } catch {
            guard error.isUniqueViolation else { throw error }
            let other = try first("name = ?1", container.name, in: database)
            throw EngineError.nameTaken(container.name, by: other?.id ?? "")
        }
        (container.idRange, container.document) = (range, document)
    }

    private static func freeIDRange(in database: borrowing Database) throws -> Int64 {
        var highest: Int64 = -1
        try database.query("SELECT max(id_range) FROM containers") { row in
            if let value = row.optionalInteger(0) { highest = value }
        }
        if highest + 1 < IDRanges.count { return highest + 1 }
        var taken: Set<Int64> = []
        try database.query("SELECT id_range FROM containers WHERE id_range NOT NULL") { row in
            taken.insert(row.integer(0))
        }
        guard let free = (0..<IDRanges.count).first(where: { !taken.contains($0) }) else {
            throw EngineError.idRangesExhausted
        }
        return free
    }

    static func recordStart(
        of id: String, process: ProcessIdentity, monitor: ProcessIdentity, at time: Timestamp,
        restartCount: Int = 0, in database: borrowing Database
    ) throws {
        try database.run(
            """
            UPDATE containers SET status = 'running', pid = ?, pid_started = ?, monitor = ?,
            monitor_started = ?, boot = ?, started = ?, exit_code = 0, oom_killed = 0, error = '',
            restart_count = ?, stopped_by_hand = 0, end_request = ''
            WHERE id = ?
            """,
            [
                .integer(Int64(process.pid)), .integer(Int64(process.started)),
                .integer(Int64(monitor.pid)), .integer(Int64(monitor.started)),
                .integer(process.boot), .integer(time.nanosecondsSinceEpoch),
                .integer(Int64(restartCount)), .text(id),
            ])
    }

    /// Records an end; only of the process that is on record, so that a late repair cannot overwrite
    /// a new start.
    /// - Returns: whether it was.
    @discardableResult
    static func recordExit(
        of id: String, process: ProcessIdentity, code: Int32, outOfMemory: Bool, error: String = "",
        at time: Timestamp, isStartedAgain: Bool = false, in database: borrowing Database
    ) throws -> Bool {
        try database.run(
            """
            UPDATE containers SET status = ?1, exit_code = ?2, oom_killed = ?3, error = ?4,
            finished = ?5, pid = 0, pid_started = 0,
            monitor = iif(?1 = 'restarting', monitor, 0),
            monitor_started = iif(?1 = 'restarting', monitor_started, 0)
            WHERE id = ?6 AND pid = ?7 AND pid_started = ?8 AND status = 'running'
            """,
            [
                .text(isStartedAgain ? "restarting" : "exited"), .integer(Int64(code)),
                .integer(outOfMemory ? 1 : 0), .text(error),
                .integer(time.nanosecondsSinceEpoch), .text(id), .integer(Int64(process.pid)),
                .integer(Int64(process.started)),
            ]) > 0
    }

    /// Records that a container which waits for its next start by `container.monitor` stays as it is.
    /// - Returns: false when it does not wait any more.
    static func cancelRestart(
        of container: Container, byHand: Bool, error: String? = nil,
        in database: borrowing Database
    ) throws -> Bool {
        try database.run(
            """
            UPDATE containers SET status = 'exited', error = coalesce(?, error), monitor = 0,
            monitor_started = 0, stopped_by_hand = stopped_by_hand OR ?
            WHERE id = ? AND status = 'restarting' AND monitor = ? AND monitor_started = ?
            """,
            [
                error.map { .text($0) } ?? .null, .integer(byHand ? 1 : 0), .text(container.id),
                .integer(Int64(container.monitor.pid)),
                .integer(Int64(container.monitor.started)),
            ]) > 0
    }

    /// Records that a start failed; all else is as it was before it (`container`).
    static func recordFailedStart(
        of container: Container, code: Int32, error: String, in database: borrowing Database
    ) throws {
        try database.run(
            """
            UPDATE containers SET status = ?, started = ?, pid = 0, pid_started = 0, monitor = 0,
            monitor_started = 0, exit_code = ?, error = ? WHERE id = ?
            """,
            [
                .text(container.status.rawValue),
                DatabaseValue(container.started?.nanosecondsSinceEpoch), .integer(Int64(code)),
                .text(error), .text(container.id),
            ])
    }

    /// Records that somebody asked a running container to end.
    static func recordRequest(
        _ request: EndRequest, byHand: Bool, of id: String, in database: borrowing Database
    ) throws {
        try database.run(
            """
            UPDATE containers SET end_request = ?, stopped_by_hand = stopped_by_hand OR ?
            WHERE id = ? AND status = 'running'
            """,
            [
                .text(String(decoding: try request.json().bytes(), as: UTF8.self)),
                .integer(byHand ? 1 : 0), .text(id),
            ])
    }

    /// - Returns: whether it was there.
    static func delete(_ id: String, in database: borrowing Database) throws -> Bool {
        try database.run("DELETE FROM containers WHERE id = ?", [.text(id)]) > 0
    }
}

extension Container {
    /// - Parameter known: the container as it was read before.
    fileprivate init(_ row: Row, known: Container?) throws {
        id = row.text(0)
        name = row.text(1)
        created = Timestamp(nanosecondsSinceEpoch: row.integer(2))
        document = row.bytes(3)
        record =
            if let known, known.document == document { known.record } else {
                try ContainerRecord(json: document)
            }
        idRange = row.optionalInteger(4)
        status = Status(rawValue: row.text(5)) ?? .exited
        process = ProcessIdentity(
            pid: Int32(row.integer(6)), started: UInt64(row.integer(7)), boot: row.integer(16))
        monitor = ProcessIdentity(
            pid: Int32(row.integer(8)), started: UInt64(row.integer(9)), boot: row.integer(16))
        started = row.optionalInteger(10).map(Timestamp.init(nanosecondsSinceEpoch:))
        finished = row.optionalInteger(11).map(Timestamp.init(nanosecondsSinceEpoch:))
        exitCode = Int32(row.integer(12))
        wasOOMKilled = row.integer(13) != 0
        error = row.text(14)
        removesItself = row.integer(15) != 0
        restartCount = Int(row.integer(17))
        wasStoppedByHand = row.integer(18) != 0
        let request = row.text(19)
        endRequest = request.isEmpty ? nil : try? EndRequest(json: Array(request.utf8))
    }
}

extension Timestamp {
    /// The database's form.
    init(nanosecondsSinceEpoch nanoseconds: Int64) {
        self.init(seconds: 0, nanoseconds: nanoseconds)
    }

    var nanosecondsSinceEpoch: Int64 { seconds &* 1_000_000_000 &+ Int64(nanoseconds) }
}
