// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import Networking
internal import OCI
public import SQLite

extension Engine {
    /// Records a new network. Its bridge is made when the first container needs it.
    public func createNetwork(_ request: NetworkRequest) throws -> Network {
        try Self.check(request)
        var record = NetworkRecord()
        record.driver = request.driver
        record.isInternal = request.isInternal
        record.isAttachable = request.isAttachable
        record.options = request.options
        record.labels = request.labels
        record.subnets = try SubnetChoice(request).subnets
        record.hasIPv4 = request.hasIPv4 ?? true
        record.hasIPv6 = request.hasIPv6 ?? record.subnets.contains { $0.range?.isIPv4 == false }
        let network = Network(
            id: try ContainerNames.newID(), name: request.name, created: .now, record: record)
        let database = try open()
        return try database.transaction { () throws in
            try NetworkTable.insert(network, in: database)
            let network = try withSubnets(network, in: database)
            try self.record(Event(network, "create"), in: database)
            return network
        }
    }

    private static func check(_ request: NetworkRequest) throws {
        switch request.driver {
        case "bridge": break
        case "host", "null", "none":
            let driver = request.driver == "none" ? "null" : request.driver
            throw EngineError.invalid("only one instance of \"\(driver)\" network is allowed")
        case "overlay":
            throw EngineError.invalid(
                "This node is not a swarm manager. Overlay networks need a swarm, which swocker "
                    + "does not have")
        case "macvlan", "ipvlan":
            throw EngineError.unsupported("network driver \(request.driver)")
        default:
            throw EngineError.invalid(
                "could not find plugin \(request.driver) in v1 plugin registry: "
                    + "plugin \"\(request.driver)\" not found")
        }
        let name = request.name
        guard !name.isEmpty, !["default", "bridge", "host", "none"].contains(name),
            !name.hasPrefix("container:"), name.utf8.count <= 255,
            !name.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "/") })
        else {
            let known = ["bridge", "host", "none"].contains(name)
            throw EngineError.invalid(
                known
                    ? "operation is not permitted on predefined \(name) network "
                    : "invalid network name \"\(name)\"")
        }
        try checkOptions(request.options)
    }

    /// An option that is not acted on is an error, not a promise.
    private static func checkOptions(_ options: [String: String]) throws {
        for (key, value) in options {
            switch key {
            case NetworkOption.mtu:
                guard let mtu = Int(value), (68...65_535).contains(mtu) else {
                    throw EngineError.invalid("invalid mtu: \(value)")
                }
            case NetworkOption.bridgeName:
                guard (1...15).contains(value.utf8.count), value != ".", value != "..",
                    !value.utf8.contains(where: { $0 <= 0x20 || $0 == 0x2F || $0 == 0x3A })
                else { throw EngineError.invalid("invalid bridge name: \(value)") }
            case NetworkOption.masquerade, NetworkOption.betweenContainers:
                guard ["true", "false", "1", "0"].contains(value) else {
                    throw EngineError.invalid("invalid value for \(key): \(value)")
                }
            case NetworkOption.hostBinding:
                guard case .v4? = IPAddress(parsing: value) else {
                    throw EngineError.invalid("invalid value for \(key): \(value)")
                }
            default: throw EngineError.unsupported("network option \(key)")
            }
        }
    }

    /// A network with the addresses that it lacks chosen, free of those of other networks and of
    /// the host's routes.
    ///
    /// Addresses that nobody asked for are chosen anew when the bridge is made and the host has come
    /// to use them otherwise meanwhile.
    func withSubnets(_ network: Network, in database: borrowing Database) throws -> Network {
        guard network.record.driver == "bridge" else { return network }
        var network = network
        let isUp = HostNetwork.hasLink(network.bridgeName)
        if isUp, !network.record.subnets.isEmpty { return network }
        let foreign = try Self.hostSubnets()
        network.record.subnets.removeAll { subnet in
            !subnet.isChosen && subnet.range.map { foreign.contains(where: $0.overlaps) } ?? true
        }
        var taken: [Subnet] = []
        for other in try NetworkTable.all(in: database) where other.id != network.id {
            taken += other.record.subnets.compactMap(\.range)
        }
        let chosen = network.record.subnets.compactMap(\.range)
        if chosen.contains(where: { range in taken.contains(where: range.overlaps) }) {
            throw EngineError.invalid(
                "invalid pool request: Pool overlaps with other one on this address space")
        }
        let needsIPv4 = network.record.hasIPv4 && !chosen.contains(where: \.isIPv4)
        let needsIPv6 = network.record.hasIPv6 && !chosen.contains { !$0.isIPv4 }
        guard needsIPv4 || needsIPv6 else { return network }
        taken += foreign
        if needsIPv4 {
            network.record.subnets.append(
                try Self.subnet(AddressPool.freeIPv4Subnet(besides: taken)))
        }
        if needsIPv6 {
            let bridge = try NetworkTable.find("bridge", in: database)
            let site = UInt64(bridge.id.prefix(10), radix: 16) ?? 0
            network.record.subnets.append(
                try Self.subnet(AddressPool.freeIPv6Subnet(site: site, besides: taken)))
        }
        try NetworkTable.update(network, in: database)
        return network
    }

    private static func subnet(_ free: Subnet?) throws -> NetworkSubnet {
        guard let free, let gateway = AddressPool.freeAddress(in: free, besides: []) else {
            throw EngineError.invalid("all predefined address pools have been fully subnetted")
        }
        return NetworkSubnet(subnet: "\(free)", gateway: "\(gateway)", isChosen: false)
    }

    /// What the host has routes to, the default route aside.
    private static func hostSubnets() throws -> [Subnet] {
        do throws(NetlinkError) {
            var socket = try HostNetwork.openRoutes()
            return try socket.routes().map(\.destination).filter { $0.prefix > 0 }
        } catch { throw KernelError(action: "read the host's routes", errno: error.errno) }
    }

    /// The network that a name or id means.
    public func network(_ text: String, in database: borrowing Database) throws -> Network {
        try NetworkTable.find(text, in: database)
    }

    /// All networks, by name.
    public func networks(in database: borrowing Database) throws -> [Network] {
        try NetworkTable.all(in: database)
    }
}

/// The subnets that a request names, each with its range and gateway.
struct SubnetChoice {
    let subnets: [NetworkSubnet]

    init(_ request: NetworkRequest) throws {
        var found: [NetworkSubnet] = []
        for text in request.subnets {
            let subnet = try Self.subnet(text)
            guard !found.contains(where: { $0.range?.isIPv4 == subnet.isIPv4 }) else {
                throw EngineError.invalid("bridge driver doesn't support multiple subnets")
            }
            let gateway = AddressPool.freeAddress(in: subnet, besides: [])
            guard let gateway else {
                throw EngineError.invalid("subnet \(text) has no address for a gateway")
            }
            found.append(
                NetworkSubnet(subnet: "\(subnet)", gateway: "\(gateway)", isChosen: true))
        }
        try Self.add(ranges: request.ipRanges, to: &found)
        try Self.add(gateways: request.gateways, to: &found)
        try Self.add(auxiliary: request.auxiliaryAddresses, to: &found)
        subnets = found
    }

    private static func subnet(_ text: String) throws -> Subnet {
        guard let subnet = Subnet(parsing: text) else {
            throw EngineError.invalid(
                "invalid subnet \(text): invalid CIDR block notation, such as 172.28.0.0/16")
        }
        guard subnet.prefix <= subnet.base.width - 2, !subnet.base.isLoopback,
            subnet.prefix > 0
        else { throw EngineError.invalid("subnet \(text) is too small or not for networks") }
        return subnet
    }

    private static func add(ranges: [String], to found: inout [NetworkSubnet]) throws {
        for text in ranges {
            guard let range = Subnet(parsing: text) else {
                throw EngineError.invalid("invalid ip-range \(text): invalid CIDR block notation")
            }
            guard let index = found.firstIndex(where: { $0.range?.contains(range) == true }) else {
                throw EngineError.invalid("no matching subnet for range \(text)")
            }
            found[index].ipRange = "\(range)"
        }
    }

    private static func add(gateways: [String], to found: inout [NetworkSubnet]) throws {
        for text in gateways {
            guard let gateway = IPAddress(parsing: text) else {
                throw EngineError.invalid("invalid gateway address: \(text)")
            }
            guard let index = found.firstIndex(where: { $0.range?.contains(gateway) == true })
            else { throw EngineError.invalid("no matching subnet for gateway \(text)") }
            guard let range = found[index].range, AddressPool.isUsable(gateway, in: range) else {
                throw EngineError.invalid("gateway \(text) is not an address for a device")
            }
            found[index].gateway = "\(gateway)"
        }
    }

    private static func add(
        auxiliary: [String: String], to found: inout [NetworkSubnet]
    ) throws {
        for (name, text) in auxiliary {
            guard let address = IPAddress(parsing: text),
                let index = found.firstIndex(where: { $0.range?.contains(address) == true })
            else { throw EngineError.invalid("no matching subnet for aux-address \(text)") }
            found[index].auxiliaryAddresses[name] = "\(address)"
        }
    }
}
