// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import OCI
internal import SQLite

/// The networks of the state database.
enum NetworkTable {
    /// One step of the schema: networks, who is in them, and which ports of the host lead where.
    ///
    /// An endpoint's addresses and a port's row are there while the container runs. Whoever records
    /// its end gives them back with the same statement: that is what the trigger is for.
    static let migration = """
        CREATE TABLE networks (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            created INTEGER NOT NULL,
            record BLOB NOT NULL,
            last_ipv4 TEXT,
            last_ipv6 TEXT
        ) WITHOUT ROWID;
        CREATE TABLE endpoints (
            container TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
            network TEXT NOT NULL REFERENCES networks (id),
            id TEXT NOT NULL,
            position INTEGER NOT NULL,
            settings BLOB NOT NULL,
            cable TEXT,
            interface TEXT,
            mac INTEGER,
            ipv4 TEXT,
            ipv6 TEXT,
            names_port INTEGER,
            PRIMARY KEY (container, network)
        ) WITHOUT ROWID;
        CREATE UNIQUE INDEX endpoints_by_ipv4 ON endpoints (network, ipv4) WHERE ipv4 NOT NULL;
        CREATE UNIQUE INDEX endpoints_by_ipv6 ON endpoints (network, ipv6) WHERE ipv6 NOT NULL;
        CREATE TABLE ports (
            container TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
            transport TEXT NOT NULL,
            address TEXT NOT NULL,
            first INTEGER NOT NULL,
            last INTEGER NOT NULL,
            container_port INTEGER NOT NULL,
            relay_port INTEGER,
            PRIMARY KEY (transport, address, first)
        ) WITHOUT ROWID;
        CREATE INDEX ports_by_container ON ports (container);
        CREATE TRIGGER addresses_are_returned AFTER UPDATE OF status ON containers
        WHEN NEW.status IN ('created', 'exited') BEGIN
            UPDATE endpoints SET cable = NULL, interface = NULL, mac = NULL, ipv4 = NULL,
                ipv6 = NULL, names_port = NULL
            WHERE container = NEW.id;
            DELETE FROM ports WHERE container = NEW.id;
        END;
        INSERT INTO networks (id, name, created, record)
        SELECT lower(hex(randomblob(32))), name, unixepoch() * 1000000000,
            '{"driver":"' || driver || '","isInternal":false,"isAttachable":false,"hasIPv4":true,'
            || '"hasIPv6":false,"subnets":[],"options":{},"labels":{}}'
        FROM (SELECT 'bridge' AS name, 'bridge' AS driver UNION SELECT 'host', 'host'
              UNION SELECT 'none', 'null');
        """

    private static let columns = "id, name, created, record"

    /// Docker's order: the full id or exact name, then the only id that begins so.
    static func find(_ text: String, in database: borrowing Database) throws -> Network {
        let name = text == "default" ? "bridge" : text
        if let found = try first("id = ?1 OR name = ?1", name, in: database) { return found }
        let isPrefix =
            !name.isEmpty && name.utf8.count < 64
            && name.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        let found =
            isPrefix ? try all("id >= ?1 AND id < ?1 || 'g' LIMIT 2", name, in: database) : []
        if found.count > 1 {
            throw EngineError.invalid(
                "network \(text) is ambiguous (\(found.count) matches found on ID prefix)")
        }
        guard let only = found.first else { throw EngineError.noSuchNetwork(text) }
        return only
    }

    /// All, by name.
    static func all(in database: borrowing Database) throws -> [Network] {
        try all("1 ORDER BY name", nil, in: database)
    }

    private static func first(
        _ condition: String, _ value: String, in database: borrowing Database
    ) throws -> Network? { try all(condition, value, in: database).first }

    private static func all(
        _ condition: String, _ value: String?, in database: borrowing Database
    ) throws -> [Network] {
        var found: [Network] = []
        var failure: (any Error)?
        try database.query(
            "SELECT \(columns) FROM networks WHERE \(condition)", value.map { [.text($0)] } ?? []
        ) { row in
            do {
                found.append(
                    Network(
                        id: row.text(0), name: row.text(1),
                        created: Timestamp(nanosecondsSinceEpoch: row.integer(2)),
                        record: try NetworkRecord(json: row.bytes(3))))
            } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
        return found
    }

    static func insert(_ network: Network, in database: borrowing Database) throws {
        do throws(DatabaseError) {
            try database.run(
                "INSERT INTO networks (id, name, created, record) VALUES (?, ?, ?, ?)",
                [
                    .text(network.id), .text(network.name),
                    .integer(network.created.nanosecondsSinceEpoch),
                    .blob((try? network.record.json().bytes()) ?? []),
                ])
        } catch {
            guard error.isUniqueViolation else { throw error }
            throw EngineError.invalid("network with name \(network.name) already exists")
        }
    }

    /// Records the subnets that a network got when it was first used.
    static func update(_ network: Network, in database: borrowing Database) throws {
        try database.run(
            "UPDATE networks SET record = ? WHERE id = ?",
            [.blob(try network.record.json().bytes()), .text(network.id)])
    }

    /// - Returns: whether it was there.
    static func delete(_ id: String, in database: borrowing Database) throws -> Bool {
        try database.run("DELETE FROM networks WHERE id = ?", [.text(id)]) > 0
    }
}
