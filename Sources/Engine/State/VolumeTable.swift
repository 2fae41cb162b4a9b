// SPDX-License-Identifier: Apache-2.0

internal import SQLite

/// The volumes of the state database, and who uses them.
enum VolumeTable {
    /// Records a volume, where it is not known yet, and that a container uses it.
    static func use(
        _ name: String, isAnonymous: Bool, by container: String, in database: borrowing Database
    ) throws(DatabaseError) {
        try database.run(
            "INSERT OR IGNORE INTO volumes (name, created, anonymous) VALUES (?, ?, ?)",
            [
                .text(name), .integer(Timestamp.now.nanosecondsSinceEpoch),
                .integer(isAnonymous ? 1 : 0),
            ])
        try database.run(
            "INSERT OR IGNORE INTO volume_uses (volume, container) VALUES (?, ?)",
            [.text(name), .text(container)])
    }

    /// The anonymous volumes of a container.
    static func anonymous(
        of container: String, in database: borrowing Database
    ) throws(DatabaseError) -> [String] {
        var found: [String] = []
        try database.query(
            """
            SELECT name FROM volumes JOIN volume_uses ON volume = name
            WHERE container = ? AND anonymous
            """, [.text(container)]
        ) { found.append($0.text(0)) }
        return found
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
