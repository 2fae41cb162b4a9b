// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import Networking
internal import SQLite

/// Ports of the host, next to each other on one address, that lead to a container while it runs.
struct PortLease: Equatable {
    let transport: TransportProtocol
    /// "0.0.0.0" and "::" mean all addresses of their family.
    let hostAddress: IPAddress
    let hostPorts: ClosedRange<UInt16>
    /// The container's first.
    let containerPort: UInt16

    /// Ports that lead to the container by address translation; nil when the container has no address
    /// of the family.
    func published(to leases: [NetworkLease]) -> PublishedPorts? {
        // No packet leaves the host with ::1: that is the monitor's to pass on.
        if !hostAddress.isIPv4, hostAddress.isLoopback { return nil }
        guard let target = leases.ways.first(where: { $0.isIPv4 == hostAddress.isIPv4 }) else {
            return nil
        }
        return PublishedPorts(
            transport.number, hostAddress: hostAddress.isUnspecified ? nil : hostAddress,
            hostPorts: hostPorts, to: target, firstPort: containerPort)
    }

    /// Docker's spelling of where it is bound: "0.0.0.0:8080".
    func place(_ port: UInt16) -> String {
        hostAddress.isIPv4 ? "\(hostAddress):\(port)" : "[\(hostAddress)]:\(port)"
    }
}

extension TransportProtocol {
    var number: TransportNumber {
        switch self {
        case .tcp: .tcp
        case .udp: .udp
        case .sctp: .sctp
        }
    }
}

/// Leases of host ports in the state database.
enum PortTable {
    /// The ports that a container holds.
    static func leases(
        of container: String, in database: borrowing Database
    ) throws -> [PortLease] {
        try all("container = ?", container, in: database).map(\.lease)
    }

    /// All that are held, with who holds them.
    static func all(in database: borrowing Database) throws -> [(
        container: String, lease: PortLease
    )] { try all("1", nil, in: database) }

    private static func all(
        _ condition: String, _ value: String?, in database: borrowing Database
    ) throws -> [(container: String, lease: PortLease)] {
        var found: [(container: String, lease: PortLease)] = []
        try database.query(
            """
            SELECT container, transport, address, first, last, container_port FROM ports
            WHERE \(condition) ORDER BY transport, address, first
            """, value.map { [.text($0)] } ?? []
        ) { row in
            guard let transport = TransportProtocol(rawValue: row.text(1)),
                let address = IPAddress(parsing: row.text(2)),
                let first = UInt16(exactly: row.integer(3)),
                let last = UInt16(exactly: row.integer(4)), first <= last,
                let port = UInt16(exactly: row.integer(5))
            else { return }
            found.append(
                (
                    row.text(0),
                    PortLease(
                        transport: transport, hostAddress: address, hostPorts: first...last,
                        containerPort: port)
                ))
        }
        return found
    }

    /// Who holds one of these ports; nil when all are free.
    static func holder(
        of lease: PortLease, besides container: String, in database: borrowing Database
    ) throws -> (container: String, port: UInt16)? {
        var holder: (String, UInt16)?
        let any = lease.hostAddress.isIPv4 ? "0.0.0.0" : "::"
        try database.query(
            """
            SELECT container, first FROM ports WHERE transport = ?1 AND first <= ?3 AND last >= ?2
            AND (address = ?4 OR address = ?5 OR (?4 = ?5 AND (instr(address, ':') > 0) = ?6))
            AND container <> ?7 LIMIT 1
            """,
            [
                .text(lease.transport.rawValue), .integer(Int64(lease.hostPorts.lowerBound)),
                .integer(Int64(lease.hostPorts.upperBound)), .text("\(lease.hostAddress)"),
                .text(any), .integer(lease.hostAddress.isIPv4 ? 0 : 1), .text(container),
            ]
        ) { row in
            holder = (
                row.text(0),
                max(UInt16(clamping: row.integer(1)), lease.hostPorts.lowerBound)
            )
        }
        return holder
    }

    static func insert(
        _ lease: PortLease, of container: String, in database: borrowing Database
    ) throws {
        try database.run(
            """
            INSERT INTO ports (container, transport, address, first, last, container_port)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            [
                .text(container), .text(lease.transport.rawValue), .text("\(lease.hostAddress)"),
                .integer(Int64(lease.hostPorts.lowerBound)),
                .integer(Int64(lease.hostPorts.upperBound)), .integer(Int64(lease.containerPort)),
            ])
    }

    /// The highest port of a range that is leased; nil when none is.
    static func highest(
        in range: ClosedRange<UInt16>, _ database: borrowing Database
    ) throws -> UInt16? {
        var found: UInt16?
        try database.query(
            "SELECT max(last) FROM ports WHERE last BETWEEN ? AND ?",
            [.integer(Int64(range.lowerBound)), .integer(Int64(range.upperBound))]
        ) { found = $0.optionalInteger(0).flatMap { UInt16(exactly: $0) } }
        return found
    }

    /// Takes one lease back.
    static func delete(
        _ lease: PortLease, of container: String, in database: borrowing Database
    ) throws {
        try database.run(
            "DELETE FROM ports WHERE container = ? AND transport = ? AND address = ? AND first = ?",
            [
                .text(container), .text(lease.transport.rawValue), .text("\(lease.hostAddress)"),
                .integer(Int64(lease.hostPorts.lowerBound)),
            ])
    }

    static func delete(of container: String, in database: borrowing Database) throws {
        try database.run("DELETE FROM ports WHERE container = ?", [.text(container)])
    }
}
