// SPDX-License-Identifier: Apache-2.0

internal import Images
internal import Linux
internal import OCI
internal import SQLite

/// Reads what lists show of containers in one query. Of each record only the few members are taken
/// that a list shows: SQLite finds them about ten times faster than the whole record is decoded.
struct SummaryReading {
    private let engine: Engine
    private let withRecords: Bool
    private var rows: [SummaryRow] = []
    /// The images that names mean at present, by name.
    private var meanings: [String: String?] = [:]
    private let hierarchies: CgroupHierarchies?

    init(engine: Engine, withRecords: Bool) {
        self.engine = engine
        self.withRecords = withRecords
        hierarchies = try? CgroupHierarchies.discover()
    }

    var summaries: [ContainerSummary] { rows.map(\.summary) }

    /// - Parameter limit: how many at most; nil for no limit.
    mutating func read(
        onlyRunning: Bool, limit: Int?, from database: borrowing Database
    ) throws(DatabaseError) {
        let condition = onlyRunning ? "WHERE status IN ('running', 'restarting')" : ""
        try read("\(condition) ORDER BY created DESC LIMIT \(limit ?? -1)", [], from: database)
    }

    private mutating func read(
        _ clause: String, _ values: [DatabaseValue], from database: borrowing Database
    ) throws(DatabaseError) {
        var found: [SummaryRow] = []
        try database.query(SummaryRow.query(withRecords) + clause, values) {
            found.append(SummaryRow($0))
        }
        rows += found
        if withRecords { try addNetworks(from: database) }
    }

    /// Which ports of the host lead to those that run, and which networks they all belong to.
    private mutating func addNetworks(from database: borrowing Database) throws(DatabaseError) {
        var networks: [String: [ContainerSummary.Network]] = [:]
        try database.query(
            "SELECT container, name, networks.id FROM endpoints JOIN networks "
                + "ON network = networks.id ORDER BY name"
        ) { networks[$0.text(0), default: []].append(.init(name: $0.text(1))) }
        var ports: [String: [ContainerSummary.Port]] = [:]
        try database.query(
            "SELECT container, transport, address, first, last, container_port FROM ports"
        ) { row in
            let leased = (0...max(row.integer(4) - row.integer(3), 0)).map { offset in
                ContainerSummary.Port(
                    hostAddress: row.text(2),
                    hostPort: UInt16(truncatingIfNeeded: row.integer(3) + offset),
                    containerPort: UInt16(truncatingIfNeeded: row.integer(5) + offset),
                    transport: row.text(1))
            }
            ports[row.text(0), default: []] += leased
        }
        for index in rows.indices {
            let summary = rows[index].summary
            if let own = networks[summary.id] { rows[index].summary.networks = own }
            guard summary.state == .running else { continue }
            let published = ports[summary.id] ?? []
            let closed = summary.exposedPorts.filter { port in
                port.hostPort == nil
                    && !published.contains {
                        $0.containerPort == port.containerPort && $0.transport == port.transport
                    }
            }
            rows[index].summary.ports = published + closed
        }
    }

    /// The container with what the kernel and the references say now; nil when it has gone.
    mutating func current(
        at index: Int, in database: borrowing Database
    ) throws -> ContainerSummary? {
        if [.running, .restarting].contains(rows[index].summary.state), rows[index].mayHaveEnded {
            let id = rows[index].summary.id
            do { _ = try engine.container(id, in: database) } catch EngineError.noSuchContainer {
                return nil
            }
            var again = self
            again.rows = []
            try again.read("WHERE id = ?", [.text(id)], from: database)
            guard let row = again.rows.first else { return nil }
            rows[index] = row
        }
        var summary = rows[index].summary
        if summary.state == .running, isFrozen(rows[index]) { summary.state = .paused }
        if withRecords {
            let meaning = try meaning(of: summary.image, in: database)
            summary.imageIsCurrent = meaning == summary.imageID || rows[index].isNamedByID
        }
        return summary
    }

    private func isFrozen(_ row: SummaryRow) -> Bool {
        guard let hierarchies else { return false }
        let parent = row.cgroupParent.isEmpty ? "swocker" : row.cgroupParent
        return (try? Cgroup("\(parent)/\(row.summary.id)", on: hierarchies).isFrozen()) ?? false
    }

    private mutating func meaning(
        of name: String, in database: borrowing Database
    ) throws -> String? {
        if let known = meanings[name] { return known }
        var found: String?
        if let reference = try? Reference(parsing: name) {
            found = try engine.images.image(reference, in: database).map { "\($0.id)" }
        }
        meanings[name] = .some(found)
        return found
    }
}

/// A row of the containers' table as lists need it.
private struct SummaryRow {
    var summary: ContainerSummary
    private let process: ProcessIdentity
    private let monitor: ProcessIdentity
    let cgroupParent: String

    /// The members of a record that lists show, in the order of `init`.
    private static var members: String {
        [
            "configuration.Image", "configuration.Entrypoint", "configuration.Cmd",
            "configuration.Labels", "configuration.ExposedPorts", "hostConfiguration.PortBindings",
            "hostConfiguration.NetworkMode", "hostConfiguration.CgroupParent", "mounts",
        ].map { "'$.\($0)'" }.joined(separator: ",")
    }

    static func query(_ withRecords: Bool) -> String {
        let facts =
            withRecords
            ? "json_extract(CAST(record AS TEXT),\(members))" : "json_array()"
        return """
            SELECT id, name, image, created, status, pid, pid_started, monitor, monitor_started, \
            started, finished, exit_code, \(facts), boot, \
            (SELECT status FROM container_health WHERE container = id) FROM containers 
            """
    }

    init(_ row: Row) {
        let facts = (try? JSONValue(parsing: row.bytes(12)))?.arrayValue ?? []
        func fact(_ index: Int) -> JSONValue { index < facts.count ? facts[index] : .null }
        summary = ContainerSummary(
            id: row.text(0), names: [row.text(1)], image: fact(0).stringValue ?? "",
            imageID: "sha256:\(row.text(2))",
            command: fact(1).texts.filter { !$0.isEmpty } + fact(2).texts,
            created: Timestamp(nanosecondsSinceEpoch: row.integer(3)),
            state: ContainerSummary.State(rawValue: row.text(4)) ?? .exited,
            exitCode: Int32(truncatingIfNeeded: row.integer(11)),
            startedAt: row.optionalInteger(9).map(Timestamp.init(nanosecondsSinceEpoch:)),
            finishedAt: row.optionalInteger(10).map(Timestamp.init(nanosecondsSinceEpoch:)),
            exposedPorts: Self.ports(exposed: fact(4), bindings: fact(5)),
            labels: fact(3).textsByName,
            mounts: (fact(8).arrayValue ?? []).map(ContainerSummary.Mount.init),
            networks: Self.networks(fact(6).stringValue ?? ""))
        if let health = row.optionalText(14) {
            summary.health =
                summary.state == .running ? ContainerSummary.Health(rawValue: health) : .unhealthy
        }
        process = ProcessIdentity(
            pid: Int32(truncatingIfNeeded: row.integer(5)),
            started: UInt64(bitPattern: row.integer(6)), boot: row.integer(13))
        monitor = ProcessIdentity(
            pid: Int32(truncatingIfNeeded: row.integer(7)),
            started: UInt64(bitPattern: row.integer(8)), boot: row.integer(13))
        cgroupParent = fact(7).stringValue ?? ""
    }

    /// Whether the record needs repair: neither process that could prove it right is there.
    var mayHaveEnded: Bool { !process.isAlive && !monitor.isAlive }

    /// Whether the image was given by its ID, which never comes to mean another.
    var isNamedByID: Bool {
        let image = summary.image
        let digits = image.hasPrefix("sha256:") ? image.dropFirst(7) : image[...]
        return !digits.isEmpty && summary.imageID.dropFirst(7).hasPrefix(digits)
    }

    private static func ports(
        exposed: JSONValue, bindings: JSONValue
    ) -> [ContainerSummary.Port] {
        let published = bindings.objectValue?.members.map(\.key) ?? []
        let names = published + (exposed.objectValue?.members.map(\.key) ?? [])
        return names.enumerated().compactMap { index, name in
            Port(parsing: name).map {
                ContainerSummary.Port(
                    hostPort: index < published.count ? 0 : nil, containerPort: $0.number,
                    transport: $0.transport.rawValue)
            }
        }
    }

    private static func networks(_ mode: String) -> [ContainerSummary.Network] {
        ["none", "host"].contains(mode) ? [ContainerSummary.Network(name: mode)] : []
    }
}

extension ContainerSummary.Mount {
    fileprivate init(_ mount: JSONValue) {
        let type = mount["type"]?.stringValue ?? ""
        self.init(
            type: type, name: mount["name"]?.stringValue,
            source: mount["source"]?.stringValue ?? "",
            destination: mount["destination"]?.stringValue ?? "",
            driver: type == "volume" ? "local" : nil)
    }
}

extension JSONValue {
    /// The strings of a list.
    fileprivate var texts: [String] { arrayValue?.compactMap(\.stringValue) ?? [] }

    /// The strings of an object.
    fileprivate var textsByName: [String: String] {
        var texts: [String: String] = [:]
        for (key, value) in objectValue?.members ?? [] { texts[key] = value.stringValue }
        return texts
    }
}
