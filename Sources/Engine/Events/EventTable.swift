// SPDX-License-Identifier: Apache-2.0

internal import OCI
public import SQLite

/// The events of the state database: the newest ten thousand.
enum EventTable {
    /// How many are kept.
    static let limit: Int64 = 10_000
    /// Old ones are removed when as many new ones have come, not with each.
    private static let batch: Int64 = 256

    /// Adds `events` in their order, all with one statement.
    static func add(_ events: [Event], in database: borrowing Database) throws(DatabaseError) {
        guard !events.isEmpty else { return }
        let row = "(?, ?, ?, ?, ?)"
        let rows = Array(repeating: row, count: events.count).joined(separator: ",")
        try database.run(
            "INSERT INTO events (time, type, action, object, attributes) VALUES " + rows,
            events.flatMap { event -> [DatabaseValue] in
                [
                    .integer(event.time.nanosecondsSinceEpoch), .text(event.kind.rawValue),
                    .text(event.action), .text(event.actor),
                    .text(event.attributesDocument.text()),
                ]
            })
        let newest = database.lastInsertedRow
        if newest / batch != (newest - Int64(events.count)) / batch {
            try database.run("DELETE FROM events WHERE number <= ?", [.integer(newest - limit)])
        }
    }

    /// The number of the newest event; 0 when there is none.
    static func newest(in database: borrowing Database) throws(DatabaseError) -> Int64 {
        var number: Int64 = 0
        try database.query("SELECT max(number) FROM events") { number = $0.integer(0) }
        return number
    }

    /// Hands the events after `number` to `body`, in the order in which they were recorded.
    /// - Parameter since: nanoseconds since 1970; what happened earlier is left out.
    /// - Returns: the number of the last one.
    static func read(
        after number: Int64, since: Int64 = .min, in database: borrowing Database,
        _ body: (Event) -> Void
    ) throws(DatabaseError) -> Int64 {
        var last = number
        try database.query(
            """
            SELECT number, time, type, action, object, attributes FROM events
            WHERE number > ? AND time >= ? ORDER BY number
            """, [.integer(number), .integer(since)]
        ) { row in
            last = row.integer(0)
            body(Event(row))
        }
        return last
    }
}

extension Event {
    fileprivate init(_ row: Row) {
        let document = try? JSONValue(parsing: row.bytes(5))
        var attributes: [String: String] = [:]
        for (key, value) in document?.objectValue?.members ?? [] {
            attributes[key] = value.stringValue
        }
        self.init(
            Kind(rawValue: row.text(2)) ?? .daemon, row.text(3), row.text(4), attributes,
            at: Timestamp(nanosecondsSinceEpoch: row.integer(1)))
    }
}

extension Engine {
    /// Records what happened, within the transaction that makes it happen, if there is one.
    public func record(
        _ events: Event..., in database: borrowing Database
    ) throws(DatabaseError) {
        try EventTable.add(events, in: database)
    }

    /// Records what happened outside of the database. What cannot be recorded, because the disk is
    /// full, has happened all the same.
    public func record(_ events: Event...) {
        guard let database = try? open() else { return }
        try? EventTable.add(events, in: database)
    }
}
