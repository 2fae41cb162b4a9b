// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import SQLite

/// The ports behind which several containers stand, in the state database: a row for each container.
/// They stay when containers end, and a removed container's rows go with it.
enum TrafficTable {
    static let migration = """
        CREATE TABLE traffic (
            transport TEXT NOT NULL,
            address TEXT NOT NULL,
            port INTEGER NOT NULL,
            position INTEGER NOT NULL,
            container TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
            container_port INTEGER NOT NULL,
            weight INTEGER NOT NULL,
            PRIMARY KEY (transport, address, port, position)
        ) WITHOUT ROWID;
        CREATE INDEX traffic_by_container ON traffic (container);
        """

    /// All, without the addresses of what runs.
    static func routes(in database: borrowing Database) throws -> [TrafficRoute] {
        var routes: [TrafficRoute] = []
        try database.query(
            """
            SELECT transport, address, port, container, container_port, weight FROM traffic
            ORDER BY transport, address, port, position
            """
        ) { row in
            guard let transport = TransportProtocol(rawValue: row.text(0)),
                let address = IPAddress(parsing: row.text(1)),
                let port = UInt16(exactly: row.integer(2)),
                let containerPort = UInt16(exactly: row.integer(4))
            else { return }
            let target = TrafficRoute.Target(
                container: row.text(3), port: containerPort, weight: Int(row.integer(5)))
            if let last = routes.last, last.transport == transport, last.address == address,
                last.port == port
            {
                routes[routes.count - 1].targets.append(target)
            } else {
                routes.append(
                    TrafficRoute(
                        transport: transport, address: address, port: port, targets: [target]))
            }
        }
        return routes
    }

    static func insert(_ route: TrafficRoute, in database: borrowing Database) throws {
        for (position, target) in route.targets.enumerated() {
            try database.run(
                "INSERT INTO traffic VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    .text(route.transport.rawValue), .text("\(route.address)"),
                    .integer(Int64(route.port)), .integer(Int64(position)),
                    .text(target.container), .integer(Int64(target.port)),
                    .integer(Int64(target.weight)),
                ])
        }
    }

    static func delete(_ route: TrafficRoute, in database: borrowing Database) throws {
        try database.run(
            "DELETE FROM traffic WHERE transport = ? AND address = ? AND port = ?",
            [
                .text(route.transport.rawValue), .text("\(route.address)"),
                .integer(Int64(route.port)),
            ])
    }
}

extension Engine {
    /// The addresses by which the host reaches what runs, by container.
    func ways(in database: borrowing Database) throws -> [String: [IPAddress]] {
        let networks = try NetworkTable.all(in: database)
        var leases: [String: [NetworkLease]] = [:]
        for row in try EndpointTable.leased(in: database) {
            guard let network = networks.first(where: { $0.id == row.network }),
                let lease = NetworkLease(row, in: network)
            else { continue }
            leases[row.container, default: []].append(lease)
        }
        return leases.mapValues(\.ways)
    }

    /// What a container's start or end means to the ports behind which it stands with others.
    func trafficShift(
        of container: String, in database: borrowing Database
    ) throws -> TrafficShift {
        let routes = try TrafficTable.routes(in: database)
        guard !routes.isEmpty else { return TrafficShift() }
        let leases = try PortTable.leases(of: container, in: database)
        let ways = try ways(in: database)
        let others = ways.filter { $0.key != container }
        var shift = TrafficShift()
        for var route in routes {
            let isTarget = route.leads(to: container)
            // A port of its own that leads to others now is kept for them.
            guard isTarget || leases.contains(where: { route.covers($0, route.port) }) else {
                continue
            }
            route.ways = ways
            shift.routes.append(route)
            guard isTarget else { continue }
            shift.with += route.elements(among: ways)
            shift.without += route.elements(among: others)
        }
        let companions = Set(shift.routes.flatMap(\.targets).map(\.container))
        shift.others = try monitors(of: companions.subtracting([container]), in: database)
        return shift
    }

    /// The monitors of those of these containers that run.
    func monitors(
        of containers: Set<String>, in database: borrowing Database
    ) throws -> [ProcessIdentity] {
        try containers.compactMap { id in
            let found = try ContainerTable.container(id: id, in: database)
            return found?.status == .running ? found?.monitor : nil
        }
    }
}
