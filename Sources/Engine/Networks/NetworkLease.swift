// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import Networking
internal import OCI
internal import SQLite

/// A container's place in a network while it runs: a cable into the network's bridge, and addresses
/// that nobody else has.
struct NetworkLease: Equatable {
    let network: Network
    let endpointID: String
    let settings: NetworkAttachment
    /// The cable's end on the host.
    let cable: String
    /// The cable's end in the container.
    let interface: String
    let mac: MACAddress
    /// With the range that they lie in.
    let ipv4: AddressWithPrefix?
    let ipv6: AddressWithPrefix?

    var addresses: [AddressWithPrefix] { [ipv4, ipv6].compactMap { $0 } }

    /// The network's own addresses, of the families that the container has.
    var gateways: [IPAddress] {
        network.record.gateways.map(\.address).filter { gateway in
            addresses.contains { $0.address.isIPv4 == gateway.isIPv4 }
        }
    }

    /// What the firewall must know of it.
    var elements: [FirewallElement] {
        FirewallElement.endpoint(cable: cable, mac: mac, addresses: addresses.map(\.address))
    }

    /// The cable.
    func pair(bridge: Int32) -> VethPair {
        VethPair(
            hostName: cable, bridge: bridge, peerName: interface, peerAddress: mac,
            mtu: network.record.mtu)
    }

    /// What the container's end is to be.
    /// - Parameter isDefault: whether it leads everywhere else too.
    func setup(isDefault: Bool) -> InterfaceSetup {
        InterfaceSetup(
            name: interface, addresses: addresses,
            gateways: isDefault && !network.record.isInternal ? gateways : [])
    }
}

extension [NetworkLease] {
    /// The network that leads everywhere else: of the highest priority, then Docker's order of
    /// names; internal ones lead nowhere.
    var defaultNetwork: String? {
        filter { !$0.network.record.isInternal }
            .min {
                ($1.settings.gatewayPriority, $0.network.name)
                    < ($0.settings.gatewayPriority, $1.network.name)
            }?.network.id
    }
}

/// Endpoints in the state database.
enum EndpointTable {
    /// Records that a container belongs to a network, from its next start on.
    static func insert(
        _ settings: NetworkAttachment, of container: String, in network: Network, position: Int,
        database: borrowing Database
    ) throws {
        do throws(DatabaseError) {
            try database.run(
                """
                INSERT INTO endpoints (container, network, id, position, settings)
                VALUES (?, ?, lower(hex(randomblob(32))), ?, ?)
                """,
                [
                    .text(container), .text(network.id), .integer(Int64(position)),
                    .blob((try? settings.json().bytes()) ?? []),
                ])
        } catch {
            guard error.isUniqueViolation else { throw error }
            throw EngineError.invalid(
                "endpoint with name \(container) already exists in network \(network.name)")
        }
    }

    /// - Returns: whether it was there.
    static func delete(
        of container: String, in network: String, database: borrowing Database
    ) throws -> Bool {
        try database.run(
            "DELETE FROM endpoints WHERE container = ? AND network = ?",
            [.text(container), .text(network)]) > 0
    }

    /// A row: who belongs to which network, and what is leased to it at present.
    struct Row {
        let container: String
        let network: String
        let id: String
        let position: Int
        let settings: NetworkAttachment
        let cable: String?
        let interface: String?
        let mac: MACAddress?
        let ipv4: IPAddress?
        let ipv6: IPAddress?
        let namesPort: UInt16?
    }

    static func rows(
        ofContainer id: String, in database: borrowing Database
    ) throws -> [Row] { try rows("container = ? ORDER BY position", id, in: database) }

    static func rows(
        ofNetwork id: String, in database: borrowing Database
    ) throws -> [Row] { try rows("network = ?", id, in: database) }

    /// Of containers that run, and hold leases.
    static func leased(in database: borrowing Database) throws -> [Row] {
        try rows("cable NOT NULL ORDER BY container, position", nil, in: database)
    }

    private static func rows(
        _ condition: String, _ value: String?, in database: borrowing Database
    ) throws -> [Row] {
        var found: [Row] = []
        try database.query(
            """
            SELECT container, network, id, position, settings, cable, interface, mac, ipv4, ipv6,
            names_port FROM endpoints WHERE \(condition)
            """, value.map { [.text($0)] } ?? []
        ) { row in
            found.append(
                Row(
                    container: row.text(0), network: row.text(1), id: row.text(2),
                    position: Int(row.integer(3)),
                    settings: (try? NetworkAttachment(json: row.bytes(4)))
                        ?? NetworkAttachment(network: row.text(1)),
                    cable: row.optionalText(5), interface: row.optionalText(6),
                    mac: row.optionalInteger(7).map { MACAddress(UInt64($0)) },
                    ipv4: row.optionalText(8).flatMap(IPAddress.init(parsing:)),
                    ipv6: row.optionalText(9).flatMap(IPAddress.init(parsing:)),
                    namesPort: row.optionalInteger(10).flatMap { UInt16(exactly: $0) }))
        }
        return found
    }

    /// Writes down what is leased to a container.
    static func record(
        _ lease: NetworkLease, of container: String, in database: borrowing Database
    ) throws {
        try database.run(
            """
            UPDATE endpoints SET cable = ?, interface = ?, mac = ?, ipv4 = ?, ipv6 = ?
            WHERE container = ? AND network = ?
            """,
            [
                .text(lease.cable), .text(lease.interface), .integer(Int64(lease.mac.value)),
                DatabaseValue(lease.ipv4?.address.description),
                DatabaseValue(lease.ipv6?.address.description), .text(container),
                .text(lease.network.id),
            ])
        for (column, address) in [("last_ipv4", lease.ipv4), ("last_ipv6", lease.ipv6)] {
            guard let address else { continue }
            try database.run(
                "UPDATE networks SET \(column) = ? WHERE id = ?",
                [.text("\(address.address)"), .text(lease.network.id)])
        }
    }

    /// The addresses of a network that are leased, and the one that was given last.
    static func taken(
        in network: Network, isIPv4: Bool, database: borrowing Database
    ) throws -> (addresses: Set<IPAddress>, last: IPAddress?) {
        let column = isIPv4 ? "ipv4" : "ipv6"
        var addresses: Set<IPAddress> = []
        try database.query(
            "SELECT \(column) FROM endpoints WHERE network = ? AND \(column) NOT NULL",
            [.text(network.id)]
        ) { if let address = IPAddress(parsing: $0.text(0)) { addresses.insert(address) } }
        var last: IPAddress?
        try database.query(
            "SELECT last_\(column) FROM networks WHERE id = ?", [.text(network.id)]
        ) { last = $0.optionalText(0).flatMap(IPAddress.init(parsing:)) }
        return (addresses, last)
    }
}
