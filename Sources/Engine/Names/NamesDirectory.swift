// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import SQLite

/// Who is called what in a container's networks, as the state database has it at the moment of the
/// question. What was looked up is remembered until the database changes.
struct NamesDirectory {
    private let engine: Engine
    private let container: String
    private var stamp: [UInt8] = []
    private var remembered: [String: [IPAddress]] = [:]
    private var rememberedWay: Bool?

    /// As many names as are remembered, the unknown among them.
    private static let limit = 256

    init(of container: String, in engine: Engine) {
        self.container = container
        self.engine = engine
    }

    /// The addresses of all who bear a name; empty for a name that is none of a container's.
    mutating func addresses(of name: String) throws -> [IPAddress] {
        refresh()
        if let known = remembered[name] { return known }
        let found = try read { database throws in
            var found: [IPAddress] = []
            try database.query(Self.bearers, [.text(container), .text(name)]) { row in
                found += [row.optionalText(0), row.optionalText(1)].compactMap {
                    $0.flatMap(IPAddress.init(parsing:))
                }
            }
            return found
        }
        if remembered.count >= Self.limit { remembered = [:] }
        remembered[name] = found
        return found
    }

    /// "NAME.NETWORK" of who has an address; nil when it is none of a container's.
    func name(of address: IPAddress) throws -> String? {
        try read { database throws in
            var found: String?
            try database.query(
                """
                SELECT c.name || '.' || n.name FROM endpoints own
                JOIN endpoints e ON e.network = own.network AND e.cable NOT NULL
                JOIN networks n ON n.id = own.network JOIN containers c ON c.id = e.container
                WHERE own.container = ?1 AND own.cable NOT NULL AND (e.ipv4 = ?2 OR e.ipv6 = ?2)
                """, [.text(container), .text("\(address)")]
            ) { found = found ?? $0.text(0) }
            return found
        }
    }

    /// Whether the container's networks lead out to the world: then questions may go there too, and
    /// else they would be a way out of an internal network.
    mutating func leadsOut() throws -> Bool {
        refresh()
        if let rememberedWay { return rememberedWay }
        let found = try read { database throws in
            let rows = try EndpointTable.rows(ofContainer: container, in: database)
            return try rows.contains { row in
                try row.cable != nil
                    && !NetworkTable.find(row.network, in: database).record.isInternal
            }
        }
        rememberedWay = found
        return found
    }

    /// Lets go of what was remembered.
    mutating func forget() { (stamp, remembered, rememberedWay) = ([], [:], nil) }

    /// Names, aliases, short IDs and host names, each also with the network's name behind it, and
    /// what this container alone calls others (`--link`).
    private static let bearers = """
        SELECT e.ipv4, e.ipv6 FROM endpoints own
        JOIN endpoints e ON e.network = own.network AND e.cable NOT NULL
        JOIN networks n ON n.id = own.network JOIN containers c ON c.id = e.container
        WHERE own.container = ?1 AND own.cable NOT NULL AND (
            ?2 IN (lower(c.name), lower(c.name || '.' || n.name),
                substr(c.id, 1, 12), lower(substr(c.id, 1, 12) || '.' || n.name))
            OR EXISTS (SELECT 1 FROM json_each(CAST(e.settings AS TEXT), '$.aliases') a
                WHERE ?2 IN (lower(a.value), lower(a.value || '.' || n.name)))
            OR EXISTS (SELECT 1 FROM json_each(CAST(own.settings AS TEXT), '$.links') l
                WHERE lower(l.value) = e.container || ':' || ?2)
            OR instr(lower(CAST(c.record AS TEXT)), '"hostname":"' || ?2 || '"') > 0
                AND lower(json_extract(CAST(c.record AS TEXT), '$.configuration.Hostname')) = ?2)
        ORDER BY own.position, e.container LIMIT 64
        """

    // MARK: The database

    private func read<Result>(
        _ body: (borrowing Database) throws -> Result
    ) throws -> Result {
        let database = try engine.open()
        try database.execute("PRAGMA cache_size=-128")
        return try body(database)
    }

    private mutating func refresh() {
        let now = Self.stamp(of: engine.location.database)
        if now.isEmpty || now != stamp { forget() }
        stamp = now
    }

    /// What differs after every change to a database: how far its write-ahead log goes, and the sum
    /// over all that is in it, in the head of the log's index (https://sqlite.org/walformat.html,
    /// 2.1). Empty when there is no log. Not while the database is open in this process: to close its
    /// files gives up the process's locks on them.
    private static func stamp(of path: String) -> [UInt8] {
        guard let index = try? OwnedFD.open("\(path)-shm", O_RDONLY) else { return [] }
        var head = [UInt8](repeating: 0, count: 48)
        guard pread(index.raw, &head, 48, 0) == 48 else { return [] }
        return Array(head[16..<40])
    }
}
