// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import SQLite

extension Engine {
    /// Gives a container a place in one more network; at once where it runs.
    /// - Parameter settings: `network` names the network.
    public func connect(_ text: String, _ settings: NetworkAttachment) throws {
        let database = try open()
        let network = try NetworkTable.find(settings.network, in: database)
        let container = try container(text, in: database)
        try Self.refuseUnconnectable(container, network)
        try Self.check(settings, in: network)
        let lease = try database.transaction { () throws -> NetworkLease? in
            let rows = try EndpointTable.rows(ofContainer: container.id, in: database)
            guard !rows.contains(where: { $0.network == network.id }) else {
                throw EngineError.invalid(
                    "endpoint with name \(container.name) already exists in network "
                        + network.name)
            }
            try EndpointTable.insert(
                settings, of: container.id, in: network,
                position: (rows.map(\.position).max() ?? -1) + 1, database: database)
            guard state(of: container).pid != nil else { return nil }
            return try leaseLater(to: container, in: network, besides: rows, database: database)
        }
        guard let lease else { return }
        do { try plug(lease, into: container, in: database) } catch {
            try? disconnect(network.id, container.id, force: true)
            throw error
        }
    }

    private func leaseLater(
        to container: Container, in network: Network, besides others: [EndpointTable.Row],
        database: borrowing Database
    ) throws -> NetworkLease {
        let network = try withSubnets(network, in: database)
        let used = Set(others.compactMap(\.interface))
        let number = (0...).first { !used.contains("eth\($0)") } ?? 0
        let own = try EndpointTable.rows(ofContainer: container.id, in: database)
            .first { $0.network == network.id }
        guard let own else { throw EngineError.noSuchNetwork(network.name) }
        let lease = try lease(own, in: network, number: number, database: database)
        try EndpointTable.record(lease, of: container.id, in: database)
        return lease
    }

    private func plug(
        _ lease: NetworkLease, into container: Container, in database: borrowing Database
    ) throws {
        var host = try openHostNetwork()
        let bridge = try host.establish(lease.network)
        // The process keeps its number as long as its pidfd is open and it is not reaped.
        guard let process = try container.process.open() else {
            throw EngineError.notRunning(id: container.id)
        }
        defer { withExtendedLifetime(process) {} }
        let namespace = try attempting("open the network of \(container.name)") {
            () throws(Errno) in try OwnedFD.open("/proc/\(container.process.pid)/ns/net")
        }
        try host.plug(lease.pair(bridge: bridge), into: namespace.raw)
        let rows = try EndpointTable.rows(ofContainer: container.id, in: database)
        let isOnly = rows.count == 1
        try Self.inside(namespace.raw) { () throws(NetlinkError) in
            var socket = try HostNetwork.openRoutes()
            try lease.setup(isDefault: isOnly).establish(on: &socket)
        }
        try apply(adding: lease.network.elements + lease.elements, to: &host, in: database)
    }

    /// Runs `body` in another network namespace. For a process of one thread.
    static func inside(
        _ namespace: CInt, _ body: () throws(NetlinkError) -> Void
    ) throws {
        let home = try OwnedFD.open("/proc/self/ns/net")
        try Namespaces.join(namespace, .network)
        let result = Result { () throws(NetlinkError) in try body() }
        try Namespaces.join(home.raw, .network)
        do { try result.get() } catch {
            throw KernelError(action: "set up a network device", errno: error.errno)
        }
    }

    private static func refuseUnconnectable(
        _ container: Container, _ network: Network
    ) throws(EngineError) {
        let mode = container.record.hostConfiguration.networkMode
        if mode == "host" || network.name == "host" {
            throw .invalid(
                "container cannot be connected to host network - container must be created in host network mode"
            )
        }
        if mode == "none" || network.name == "none" {
            throw .invalid(
                "container cannot be connected to multiple networks with one of the networks in "
                    + "private (none) mode")
        }
        if mode.hasPrefix("container:") {
            throw .invalid(
                "container sharing network namespace with another container or host cannot be "
                    + "connected to any other network")
        }
    }

    /// Takes a container's place in a network away; at once where it runs.
    public func disconnect(_ text: String, _ name: String, force: Bool = false) throws {
        let database = try open()
        let network = try NetworkTable.find(text, in: database)
        let container = try container(name, in: database)
        let held = try heldNetwork(of: container, in: database)
        let isThere = try EndpointTable.delete(
            of: container.id, in: network.id, database: database)
        guard isThere else {
            throw EngineError.invalid(
                "container \(container.id) is not connected to network \(network.name)")
        }
        guard let lease = held.leases.first(where: { $0.network.id == network.id }) else { return }
        var host = try openHostNetwork()
        host.remove(lease.elements)
        host.removeCables([lease.cable])
        // Published ports lead to the first network that is left.
        if !held.ports.isEmpty { try host.rebuildRules(with: try allElements(in: database)) }
    }
}
