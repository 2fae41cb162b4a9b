// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import Networking
internal import SQLite

/// The network of a container that is about to start: what it leased, and the sockets that keep its
/// ports from others.
struct ContainerNetwork: ~Copyable {
    var leases: [NetworkLease] = []
    var ports: [PortLease] = []
    /// Bound, not listening; the monitor keeps them as long as the container runs.
    var holders = PortHolders()
    /// The bridges' indices, in the order of the leases.
    var bridges: [Int32] = []

    /// The cables for the plan.
    var cables: [VethPair] { zip(leases, bridges).map { $0.pair(bridge: $1) } }

    /// What the container's ends are to be.
    var interfaces: [InterfaceSetup] {
        let main = leases.defaultNetwork
        return leases.map { $0.setup(isDefault: $0.network.id == main) }
    }

    /// The ports behind which the container stands with others.
    var traffic = TrafficShift()

    /// Whether datagrams are led to it from outside.
    var takesDatagrams: Bool {
        ports.contains { $0.transport == .udp } || traffic.routes.contains { $0.transport == .udp }
    }

    /// The ports that its monitor keeps.
    var kept: [KeptPort] { PortKeeping.ports(ports, of: leases, traffic: traffic.routes) }

    /// What the firewall must know while the container runs.
    var elements: [FirewallElement] {
        leases.flatMap(\.elements)
            + ports.compactMap { $0.published(to: leases) }.flatMap(\.elements)
    }
}

extension Engine {
    /// The name of our firewall tables: every engine on a host has its own.
    var firewallTable: String {
        guard location.root != "/var/lib/swocker" else { return "swocker" }
        // FNV-1a: short, and the same in every process.
        let hash = location.root.utf8.reduce(UInt32(2_166_136_261)) {
            ($0 ^ UInt32($1)) &* 16_777_619
        }
        return "swocker-\(String(hash, radix: 16))"
    }

    /// Leases addresses and ports to a container that is about to start, and makes sure that the host
    /// has the bridges and rules for them. What fails leaves nothing leased.
    func prepareNetwork(
        of container: Container, in database: borrowing Database
    ) throws -> ContainerNetwork {
        var network = ContainerNetwork()
        guard NetworkModeText.isBridged(container.record.hostConfiguration.networkMode) else {
            return network
        }
        try refuseDeadLinks(of: container, in: database)
        // Engines on one host choose and take addresses one after the other.
        let isUp = try networks(of: container, in: database).allSatisfy {
            HostNetwork.hasLink($0.bridgeName)
        }
        let lock = isUp ? nil : try FileLock.waiting(Self.hostLock, .exclusive)
        defer { withExtendedLifetime(lock) {} }
        try repairingHolders(besides: container.id, in: database) { () throws in
            try database.transaction { () throws in
                try PortTable.delete(of: container.id, in: database)
                network.leases = try lease(to: container, in: database)
                network.ports = try leasePorts(of: container, network.leases, in: database)
            }
        }
        network.traffic = try trafficShift(of: container.id, in: database)
        do { try establish(&network, for: container, in: database) } catch {
            releaseNetwork(of: container, in: database)
            throw error
        }
        return network
    }

    /// Held while a bridge is made or removed. One for all engines of the host: their networks must
    /// not overlap.
    static let hostLock = "/run/swocker-networks.lock"

    private func networks(
        of container: Container, in database: borrowing Database
    ) throws -> [Network] {
        try EndpointTable.rows(ofContainer: container.id, in: database).map {
            try NetworkTable.find($0.network, in: database)
        }
    }

    private func establish(
        _ network: inout ContainerNetwork, for container: Container,
        in database: borrowing Database
    ) throws {
        guard !network.leases.isEmpty else { return }
        network.holders = try hold(network.kept, of: container)
        var host = try openHostNetwork()
        for lease in network.leases { network.bridges.append(try host.establish(lease.network)) }
        let networks = network.leases.flatMap(\.network.elements)
        try apply(
            adding: networks + network.elements + network.traffic.with,
            removing: network.traffic.without, to: &host, in: database)
    }

    /// Changes our firewall's elements at once; where they are not as the records say, all of them are
    /// made anew: elements that a container left behind whose monitor was killed, or rules that
    /// somebody changed or flushed. The records know better.
    func apply(
        adding new: [FirewallElement], removing old: [FirewallElement] = [],
        to host: inout HostNetwork, in database: borrowing Database
    ) throws {
        if try host.hasRules() {
            do throws(NetlinkError) { return try host.change(adding: new, removing: old) } catch {}
        }
        try host.rebuildRules(with: try allElements(in: database))
    }

    func openHostNetwork() throws -> HostNetwork {
        do throws(NetlinkError) { return try HostNetwork(table: firewallTable) } catch {
            throw KernelError(action: "open a netlink socket", errno: error.errno)
        }
    }

    /// Gives back what a container leased, and takes it out of the firewall. For a container that
    /// does not run any more, or not yet.
    func releaseNetwork(of container: Container, in database: borrowing Database) {
        guard let held = try? heldNetwork(of: container, in: database), !held.leases.isEmpty else {
            return
        }
        takeDown(held)
        if var host = try? openHostNetwork() { host.removeCables(held.leases.map(\.cable)) }
        let id = container.id
        _ = try? database.run(
            """
            UPDATE endpoints SET cable = NULL, interface = NULL, mac = NULL, ipv4 = NULL,
            ipv6 = NULL, names_port = NULL WHERE container = ?
            """, [.text(id)])
        try? PortTable.delete(of: id, in: database)
    }

    /// Takes out of the firewall what a container had there. Before its record says that it has
    /// ended: then others may have the same addresses and ports.
    func takeDown(_ held: borrowing ContainerNetwork) {
        guard !held.leases.isEmpty, var host = try? openHostNetwork() else { return }
        takeDown(held, on: &host)
        // Only now, when nothing is led there any more.
        if held.takesDatagrams { host.forgetDatagrams(to: held.leases.ways) }
    }

    private func takeDown(_ held: borrowing ContainerNetwork, on host: inout HostNetwork) {
        let traffic = held.traffic
        guard !traffic.isEmpty else { return host.remove(held.elements) }
        do throws(NetlinkError) {
            try host.change(adding: traffic.without, removing: held.elements + traffic.with)
        } catch {
            host.remove(held.elements + traffic.with)
            host.remove(traffic.without)
            try? host.change(adding: traffic.without)
        }
        for monitor in traffic.others { monitor.receive(signal: Engine.wakeSignal) }
    }

    /// What is on record as leased to a container.
    func heldNetwork(
        of container: Container, in database: borrowing Database
    ) throws -> ContainerNetwork {
        var held = ContainerNetwork()
        guard NetworkModeText.isBridged(container.record.hostConfiguration.networkMode) else {
            return held
        }
        let id = container.id
        for row in try EndpointTable.rows(ofContainer: id, in: database) {
            let network = try NetworkTable.find(row.network, in: database)
            if let lease = NetworkLease(row, in: network) { held.leases.append(lease) }
        }
        held.ports = try PortTable.leases(of: id, in: database)
        if !held.leases.isEmpty { held.traffic = try trafficShift(of: id, in: database) }
        return held
    }

    /// Everything that the firewall must know, from the records of what runs.
    func allElements(in database: borrowing Database) throws -> [FirewallElement] {
        var elements: [FirewallElement] = []
        var leases: [String: [NetworkLease]] = [:]
        let networks = try NetworkTable.all(in: database)
        for network in networks where network.record.driver == "bridge" {
            guard !network.record.subnets.isEmpty else { continue }
            elements += network.elements
        }
        for row in try EndpointTable.leased(in: database) {
            guard let network = networks.first(where: { $0.id == row.network }),
                let lease = NetworkLease(row, in: network)
            else { continue }
            leases[row.container, default: []].append(lease)
            elements += lease.elements
        }
        for (container, port) in try PortTable.all(in: database) {
            elements += port.published(to: leases[container] ?? [])?.elements ?? []
        }
        for route in try TrafficTable.routes(in: database) {
            elements += route.elements(among: leases.mapValues(\.ways))
        }
        return elements
    }
}

extension NetworkLease {
    /// What a row says; nil when nothing is leased.
    init?(_ row: EndpointTable.Row, in network: Network) {
        guard let cable = row.cable, let interface = row.interface, let mac = row.mac else {
            return nil
        }
        func own(_ address: IPAddress?) -> AddressWithPrefix? {
            guard let address,
                let range = network.record.subnet(isIPv4: address.isIPv4)?.range
            else { return nil }
            return AddressWithPrefix(address, in: range)
        }
        self.init(
            network: network, endpointID: row.id, settings: row.settings, cable: cable,
            interface: interface, mac: mac, ipv4: own(row.ipv4), ipv6: own(row.ipv6))
    }
}

/// What `--network` says, as `HostConfiguration.networkMode` has it.
enum NetworkModeText {
    /// Whether the container has a place in one or more bridged networks, and not the host's network,
    /// another container's, or none.
    static func isBridged(_ mode: String) -> Bool {
        !["host", "none"].contains(mode) && !mode.hasPrefix("container:")
    }
}
