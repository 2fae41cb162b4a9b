// SPDX-License-Identifier: Apache-2.0

internal import OCI
internal import SQLite

/// What health checks said, one row per container that has one.
enum HealthTable {
    static func health(
        of container: String, in database: borrowing Database
    ) throws -> Health? {
        var document: String?
        try database.query(
            "SELECT document FROM container_health WHERE container = ?", [.text(container)]
        ) { document = $0.text(0) }
        return try document.map { try Health(json: Array($0.utf8)) }
    }

    static func record(
        _ health: Health, of container: String, in database: borrowing Database
    ) throws {
        let document = String(decoding: try health.json().bytes(), as: UTF8.self)
        try database.run(
            """
            INSERT INTO container_health (container, status, document) VALUES (?1, ?2, ?3)
            ON CONFLICT (container) DO UPDATE SET status = ?2, document = ?3
            """, [.text(container), .text(health.status.rawValue), .text(document)])
    }

    static func delete(
        of container: String, in database: borrowing Database
    ) throws(DatabaseError) {
        try database.run(
            "DELETE FROM container_health WHERE container = ?", [.text(container)])
    }
}
