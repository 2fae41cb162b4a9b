// SPDX-License-Identifier: Apache-2.0

internal import OCI
internal import SQLite

/// A volume as it is on record.
public struct Volume: Equatable, Sendable {
    public let name: String
    public var created: Timestamp
    /// Whether nobody chose its name.
    public var isAnonymous = false
    public var labels: [String: String] = [:]
    /// What its driver was told: `type`, `device`, `o`.
    public var options: [String: String] = [:]

    init(name: String, created: Timestamp = .now) {
        self.name = name
        self.created = created
    }
}

/// The volumes of the state database, and who uses them.
enum VolumeTable {
    private static let columns = "name, created, anonymous, labels, options"

    /// The volume of exactly this name.
    static func find(
        _ name: String, in database: borrowing Database
    ) throws(DatabaseError) -> Volume? {
        var found: Volume?
        try database.query("SELECT \(columns) FROM volumes WHERE name = ?", [.text(name)]) {
            found = Volume($0)
        }
        return found
    }

    /// All, by name.
    static func all(in database: borrowing Database) throws(DatabaseError) -> [Volume] {
        var found: [Volume] = []
        try database.query("SELECT \(columns) FROM volumes ORDER BY name") {
            found.append(Volume($0))
        }
        return found
    }

    /// Records a volume, unless one of that name is known.
    static func insert(_ volume: Volume, in database: borrowing Database) throws {
        let added = try database.run(
            "INSERT OR IGNORE INTO volumes (\(columns)) VALUES (?, ?, ?, ?, ?)",
            [
                .text(volume.name), .integer(volume.created.nanosecondsSinceEpoch),
                .integer(volume.isAnonymous ? 1 : 0), .text(try volume.labels.json().text()),
                .text(try volume.options.json().text()),
            ])
        guard added > 0 else { return }
        let event = Event(.volume, "create", volume.name, ["driver": "local"])
        try EventTable.add([event], in: database)
    }

    /// Records that a container uses a volume, which must be known.
    static func use(
        _ name: String, by container: String, in database: borrowing Database
    ) throws(DatabaseError) {
        try database.run(
            "INSERT OR IGNORE INTO volume_uses (volume, container) VALUES (?, ?)",
            [.text(name), .text(container)])
    }

    /// The containers that use a volume, in the order of their IDs.
    static func users(
        of name: String, in database: borrowing Database
    ) throws(DatabaseError) -> [String] {
        var found: [String] = []
        try database.query(
            "SELECT container FROM volume_uses WHERE volume = ? ORDER BY container", [.text(name)]
        ) { found.append($0.text(0)) }
        return found
    }

    /// How many containers use each volume that any uses.
    static func useCounts(in database: borrowing Database) throws(DatabaseError) -> [String: Int] {
        var counts: [String: Int] = [:]
        try database.query("SELECT volume, count(*) FROM volume_uses GROUP BY volume") {
            counts[$0.text(0)] = Int($0.integer(1))
        }
        return counts
    }

    /// - Returns: whether nobody used it, and it is gone.
    static func deleteIfUnused(
        _ name: String, in database: borrowing Database
    ) throws(DatabaseError) -> Bool {
        try database.run(
            """
            DELETE FROM volumes WHERE name = ?1
            AND NOT EXISTS (SELECT 1 FROM volume_uses WHERE volume = ?1)
            """, [.text(name)]) > 0
    }
}

extension Volume {
    fileprivate init(_ row: Row) {
        func map(_ column: Int32) -> [String: String] {
            (try? [String: String](json: row.bytes(column))) ?? [:]
        }
        self.init(
            name: row.text(0), created: Timestamp(nanosecondsSinceEpoch: row.integer(1)))
        isAnonymous = row.integer(2) != 0
        labels = map(3)
        options = map(4)
    }
}
