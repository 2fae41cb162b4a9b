// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import Networking
internal import SQLite

/// A container behind a shared port, as a user names it.
public struct TrafficWish: Equatable, Sendable {
    public var container: String
    /// The container's port; nil for the one that is plain from what there is.
    public var port: UInt16?
    /// In relation to the others'.
    public var weight: Int

    public init(container: String, port: UInt16?, weight: Int) {
        self.container = container
        self.port = port
        self.weight = weight
    }
}

/// One container's part of a port's traffic.
public struct TrafficShare: Equatable, Sendable {
    /// "0.0.0.0:8080/tcp"
    public let place: String
    public let container: String
    public let port: UInt16
    public let weight: Int
    /// Of new connections, in percent, at present.
    public let percent: Int
    public let isRunning: Bool
}

// Several containers behind one port of the host: shared out for each new connection, and switched
// in one transaction of the firewall's. Connections that stand stay where they are: the kernel
// remembers where each was led.
extension Engine {
    /// Shares a port's new connections out among containers; what was said of the port before is
    /// replaced.
    public func setTraffic(_ place: PortPlace, _ wishes: [TrafficWish]) throws {
        let port = place.ports.lowerBound
        let names = try open()
        let containers = try wishes.map { try container($0.container, in: names) }
        try Self.check(containers, wishes, place)
        try changingTraffic { database throws in
            let former = try TrafficTable.routes(in: database).filter { $0.isMeant(by: place) }
            let leases = try PortTable.all(in: database).filter {
                $0.lease.transport == place.transport && $0.lease.hostPorts.contains(port)
            }
            let addresses = try addresses(place, former, leases, of: containers)
            var known = former.flatMap(\.targets).map(\.port)
            for (holder, lease) in leases where containers.contains(where: { $0.id == holder }) {
                known.append(lease.containerPort + (port - lease.hostPorts.lowerBound))
            }
            let targets = try zip(containers, wishes).map { container, wish in
                TrafficRoute.Target(
                    container: container.id,
                    port: try wish.port
                        ?? Self.port(
                            of: container, place, former, leases, known),
                    weight: wish.weight)
            }
            let routes = addresses.map {
                TrafficRoute(
                    transport: place.transport, address: $0, port: port, targets: targets)
            }
            if former.isEmpty { try refuseTaken(routes, containers, in: database) }
            return (former, routes)
        }
    }

    /// Ends the sharing of a port: it leads where it is published again, or nowhere.
    public func removeTraffic(_ place: PortPlace) throws {
        try changingTraffic { database throws in
            let former = try TrafficTable.routes(in: database).filter { $0.isMeant(by: place) }
            guard !former.isEmpty else {
                throw EngineError.invalid("no containers share port \(place)")
            }
            return (former, [])
        }
    }

    /// How ports are shared out at present.
    /// - Parameter place: nil for all.
    public func traffic(_ place: PortPlace?) throws -> [TrafficShare] {
        let database = try open()
        // Who has ended while nobody saw it gets nothing.
        for route in try TrafficTable.routes(in: database) {
            for target in route.targets { _ = try? container(target.container, in: database) }
        }
        let ways = try ways(in: database)
        var found: [TrafficShare] = []
        for route in try TrafficTable.routes(in: database)
        where place.map(route.isMeant) ?? true {
            let living = route.targets.filter { $0.weight > 0 && ways[$0.container] != nil }
            let percents = TrafficRoute.percents(of: living.map(\.weight))
            for target in route.targets {
                let percent = zip(living, percents).first { $0.0 == target }?.1 ?? 0
                let name = try ContainerTable.container(id: target.container, in: database)?.name
                found.append(
                    TrafficShare(
                        place: route.place, container: name ?? target.container,
                        port: target.port, weight: target.weight, percent: Int(percent),
                        isRunning: ways[target.container] != nil))
            }
        }
        if let place, found.isEmpty {
            throw EngineError.invalid("no containers share port \(place)")
        }
        return found
    }

    /// Records and firewall change together, the firewall last: what it refuses undoes the rest.
    private func changingTraffic(
        _ body: (borrowing Database) throws -> (old: [TrafficRoute], new: [TrafficRoute])
    ) throws {
        let database = try open()
        var concerned: Set<String> = []
        try repairingHolders(besides: "", in: database) { () throws in
            try database.transaction { () throws in
                let (old, new) = try body(database)
                for route in old { try TrafficTable.delete(route, in: database) }
                for route in new { try TrafficTable.insert(route, in: database) }
                concerned = Set((old + new).flatMap(\.targets).map(\.container))
                let ways = try ways(in: database)
                let gone = old.flatMap { $0.elements(among: ways) }
                let come = new.flatMap { $0.elements(among: ways) }
                guard !gone.isEmpty || !come.isEmpty, gone != come else { return }
                var host = try openHostNetwork()
                try apply(adding: come, removing: gone, to: &host, in: database)
            }
        }
        for monitor in try monitors(of: concerned, in: database) {
            monitor.receive(signal: Self.wakeSignal)
        }
    }

    // MARK: Judgement

    private static func check(
        _ containers: [Container], _ wishes: [TrafficWish], _ place: PortPlace
    ) throws {
        guard place.ports.count == 1 else {
            throw EngineError.invalid("traffic is shared out for one port, not for \(place)")
        }
        guard Set(containers.map(\.id)).count == containers.count else {
            throw EngineError.invalid("a container is named twice")
        }
        guard containers.count <= 50 else {
            throw EngineError.invalid("more than 50 containers cannot share a port")
        }
        guard wishes.contains(where: { $0.weight > 0 }) else {
            throw EngineError.invalid("no container has a weight: nobody would be served")
        }
        for container in containers
        where !NetworkModeText.isBridged(container.record.hostConfiguration.networkMode) {
            throw EngineError.invalid(
                "container \(container.name) has no address of its own: its network is "
                    + container.record.hostConfiguration.networkMode)
        }
    }

    /// Where the port is reached: as asked for, as before, as one of the containers has published it,
    /// else at all addresses. Nothing becomes reachable from elsewhere by itself.
    private func addresses(
        _ place: PortPlace, _ former: [TrafficRoute],
        _ leases: [(container: String, lease: PortLease)], of containers: [Container]
    ) throws -> [IPAddress] {
        if let text = place.address {
            guard let address = IPAddress(parsing: text) else {
                throw EngineError.invalid("invalid IP address: \(text)")
            }
            return [address]
        }
        if !former.isEmpty { return former.map(\.address) }
        let published = leases.filter { leased in
            containers.contains { $0.id == leased.container }
        }.map(\.lease.hostAddress)
        if !published.isEmpty { return Array(Set(published)).sorted() }
        return [.v4(IPv4Address(0)), .v6(IPv6Address(0))]
    }

    /// The port of a container that is meant when none is named: where the host's port leads already,
    /// as with the others, else the only one that it exposes.
    private static func port(
        of container: Container, _ place: PortPlace, _ former: [TrafficRoute],
        _ leases: [(container: String, lease: PortLease)], _ known: [UInt16]
    ) throws -> UInt16 {
        let before = former.flatMap(\.targets).first { $0.container == container.id }
        if let before { return before.port }
        if let own = leases.first(where: { $0.container == container.id })?.lease {
            return own.containerPort + (place.ports.lowerBound - own.hostPorts.lowerBound)
        }
        if let same = known.first, known.allSatisfy({ $0 == same }) { return same }
        let exposed = container.record.configuration.exposedPorts.names
            .compactMap(Port.init(parsing:)).filter { $0.transport == place.transport }
        if exposed.count == 1 { return exposed[0].number }
        throw EngineError.invalid(
            "which port of container \(container.name) is meant is not plain: say "
                + "\(container.name):PORT=WEIGHT")
    }

    private func refuseTaken(
        _ routes: [TrafficRoute], _ containers: [Container], in database: borrowing Database
    ) throws {
        let own = Set(containers.map(\.id))
        for route in routes {
            let lease = PortLease(
                transport: route.transport, hostAddress: route.address,
                hostPorts: route.port...route.port, containerPort: route.port)
            let holders = try PortTable.all(in: database).filter { route.meets($0.lease) }
            for (holder, _) in holders where !own.contains(holder) {
                let name = try ContainerTable.container(id: holder, in: database)?.name ?? holder
                throw EngineError.invalid(
                    "Bind for \(lease.place(route.port)) failed: port is already allocated (by "
                        + "container \(name))")
            }
            var held = HeldPorts()
            guard holders.isEmpty, let socket = try held.holder(of: lease) else { continue }
            let program = HeldPorts.program(of: socket).map { " (by \($0))" } ?? ""
            throw EngineError.invalid(
                "failed to bind host port \(lease.place(route.port))/\(route.transport): "
                    + "address already in use\(program)")
        }
    }
}

extension TrafficRoute {
    /// "0.0.0.0:8080/tcp"
    fileprivate var place: String {
        (address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)") + "/\(transport)"
    }

    fileprivate func isMeant(by place: PortPlace) -> Bool {
        transport == place.transport && place.ports.contains(port)
            && (place.address == nil || IPAddress(parsing: place.address ?? "") == address)
    }
}
