// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import Networking
internal import SQLite

extension CreateRequest {
    /// The networks that the container is to belong to; those that were named, else the default one.
    var attachments: [NetworkAttachment] {
        let mode = hostConfiguration.networkMode
        guard NetworkModeText.isBridged(mode) else { return [] }
        return networks.isEmpty
            ? [NetworkAttachment(network: mode == "default" ? "bridge" : mode)] : networks
    }
}

extension Engine {
    /// Checks what a container asks of its networks, and records that it belongs to them.
    func join(
        _ attachments: [NetworkAttachment], _ container: String, in database: borrowing Database
    ) throws {
        for (position, settings) in attachments.enumerated() {
            let network = try NetworkTable.find(settings.network, in: database)
            try Self.check(settings, in: network)
            try EndpointTable.insert(
                settings, of: container, in: network, position: position, database: database)
        }
    }

    /// What can be said of a wish without knowing who else is there.
    static func check(_ settings: NetworkAttachment, in network: Network) throws {
        if !settings.linkLocalAddresses.isEmpty {
            throw EngineError.unsupported("a link-local address of a container")
        }
        if !settings.driverOptions.isEmpty {
            throw EngineError.unsupported("a driver option of a container's network")
        }
        let wishes = [settings.ipv4Address, settings.ipv6Address].compactMap { $0 }
        guard !wishes.isEmpty || !settings.aliases.isEmpty else { return }
        guard network.isUserDefined else {
            throw EngineError.invalid(
                wishes.isEmpty
                    ? "network-scoped aliases are only supported for user-defined networks"
                    : "user specified IP address is supported on user defined networks only")
        }
        for text in wishes {
            guard let address = IPAddress(parsing: text) else {
                throw EngineError.invalid("invalid IP address: \(text)")
            }
            guard let subnet = network.record.subnet(isIPv4: address.isIPv4), subnet.isChosen
            else {
                throw EngineError.invalid(
                    "user specified IP address is supported only when connecting to networks "
                        + "with user configured subnets")
            }
            guard let range = subnet.range, AddressPool.isUsable(address, in: range) else {
                throw EngineError.invalid(
                    "invalid endpoint settings:\nno configured subnet or ip-range contain the IP "
                        + "address \(text)")
            }
        }
    }

    /// Leases addresses to a container in each of its networks; what it leased before goes back. In
    /// the caller's transaction.
    func lease(to container: Container, in database: borrowing Database) throws -> [NetworkLease] {
        var leases: [NetworkLease] = []
        for row in try EndpointTable.rows(ofContainer: container.id, in: database) {
            var network = try NetworkTable.find(row.network, in: database)
            guard network.record.driver == "bridge" else { continue }
            network = try withSubnets(network, in: database)
            let lease = try lease(row, in: network, number: leases.count, database: database)
            try EndpointTable.record(lease, of: container.id, in: database)
            leases.append(lease)
        }
        return leases
    }

    /// Leases addresses for one endpoint.
    /// - Parameter number: of its device in the container: "eth0" is 0.
    func lease(
        _ row: EndpointTable.Row, in network: Network, number: Int, database: borrowing Database
    ) throws -> NetworkLease {
        let ipv4 = try address(for: row, in: network, isIPv4: true, database: database)
        let ipv6 = try address(for: row, in: network, isIPv4: false, database: database)
        return NetworkLease(
            network: network, endpointID: row.id, settings: row.settings,
            cable: "sv-" + ContainerNames.hexadecimal(try randomBytes(6)),
            interface: "eth\(number)",
            mac: try Self.hardwareAddress(row.settings.macAddress, for: ipv4),
            ipv4: ipv4, ipv6: ipv6)
    }

    private static func hardwareAddress(
        _ wish: String?, for address: AddressWithPrefix?
    ) throws -> MACAddress {
        if let wish {
            guard let chosen = MACAddress(parsing: wish), chosen.value >> 40 & 1 == 0 else {
                throw EngineError.invalid("invalid MAC address: \(wish)")
            }
            return chosen
        }
        if case .v4(let ipv4)? = address?.address { return MACAddress(for: ipv4) }
        // Unicast, and not a maker's.
        let random = try randomBytes(5).reduce(UInt64(0x02)) { $0 << 8 | UInt64($1) }
        return MACAddress(random)
    }

    private func address(
        for row: EndpointTable.Row, in network: Network, isIPv4: Bool,
        database: borrowing Database
    ) throws -> AddressWithPrefix? {
        guard isIPv4 ? network.record.hasIPv4 : network.record.hasIPv6,
            let subnet = network.record.subnet(isIPv4: isIPv4), let range = subnet.range
        else { return nil }
        var (taken, last) = try EndpointTable.taken(
            in: network, isIPv4: isIPv4, database: database)
        let own = isIPv4 ? row.ipv4 : row.ipv6
        if let own { taken.remove(own) }
        if let gateway = subnet.gatewayAddress { taken.insert(gateway) }
        taken.formUnion(
            subnet.auxiliaryAddresses.values.compactMap(IPAddress.init(parsing:)))
        let wish = (isIPv4 ? row.settings.ipv4Address : row.settings.ipv6Address)
            .flatMap(IPAddress.init(parsing:))
        if let wish {
            guard !taken.contains(wish) else { throw EngineError.invalid("Address already in use") }
            return AddressWithPrefix(wish, in: range)
        }
        if let own, AddressPool.isUsable(own, in: range), !taken.contains(own) {
            return AddressWithPrefix(own, in: range)
        }
        // Not again at once the one that somebody just gave back: the kernel may still be at it.
        let part = subnet.ipRange.flatMap(Subnet.init(parsing:))
        let free =
            AddressPool.freeAddress(in: range, range: part, after: last, besides: taken)
            ?? AddressPool.freeAddress(in: range, range: part, besides: taken)
        guard let free else {
            throw EngineError.invalid(
                "no available IPv\(isIPv4 ? 4 : 6) addresses on this network's address pools: "
                    + "\(network.name) (\(network.id))")
        }
        return AddressWithPrefix(free, in: range)
    }
}
