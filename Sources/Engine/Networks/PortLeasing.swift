// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import Networking
internal import SQLite

extension Engine {
    /// Leases the host's ports that a container asks for. In the caller's transaction.
    func leasePorts(
        of container: Container, _ networks: [NetworkLease], in database: borrowing Database
    ) throws -> [PortLease] {
        let host = container.record.hostConfiguration
        var bindings = host.portBindings
        if host.publishAllPorts {
            for port in container.record.configuration.exposedPorts.names.compactMap(
                Port.init(parsing:)) where bindings[port].isEmpty
            {
                bindings[port] = [PortBinding()]
            }
        }
        return try leasePorts(bindings, of: container, networks, in: database)
    }

    /// Leases the host's ports of some bindings. In the caller's transaction.
    func leasePorts(
        _ bindings: PortBindings, of container: Container, _ networks: [NetworkLease],
        in database: borrowing Database
    ) throws -> [PortLease] {
        guard networks.contains(where: { !$0.network.record.isInternal }) else { return [] }
        let usual = networks.first?.network.record.options[NetworkOption.hostBinding]
        let requests = try PortRequest.all(
            bindings, defaultAddress: usual.flatMap(IPAddress.init(parsing:)))
        var held = HeldPorts()
        var leases: [PortLease] = []
        // What is named first: a port that is free for any must not be one that is asked for.
        for request in requests.filter({ $0.hostPorts != nil && !$0.isChoice }) {
            leases += try lease(request, at: nil, of: container, &held, in: database)
        }
        for request in requests.filter({ $0.hostPorts == nil || $0.isChoice }) {
            leases += try leaseAny(request, of: container, &held, in: database)
        }
        return leases
    }

    /// The families that a request means: one row for each.
    private func families(_ request: PortRequest) -> [IPAddress] {
        if let address = request.hostAddress { return [address] }
        return [.v4(IPv4Address(0)), .v6(IPv6Address(0))]
    }

    private func leases(_ request: PortRequest, at first: UInt16?) -> [PortLease] {
        guard let start = first ?? request.hostPorts?.lowerBound else { return [] }
        let last = start &+ UInt16(request.containerPorts.count - 1)
        guard last >= start else { return [] }
        return families(request).map { address in
            PortLease(
                transport: request.transport, hostAddress: address, hostPorts: start...last,
                containerPort: request.containerPorts.lowerBound)
        }
    }

    func lease(
        _ request: PortRequest, at first: UInt16?, of container: Container,
        _ held: inout HeldPorts, in database: borrowing Database
    ) throws -> [PortLease] {
        let wanted = leases(request, at: first)
        for lease in wanted {
            try refuseTaken(lease, for: container, &held, in: database)
            do { try PortTable.insert(lease, of: container.id, in: database) } catch {
                guard let error = error as? DatabaseError, error.isUniqueViolation else {
                    throw error
                }
                throw Self.allocated(
                    lease, lease.hostPorts.lowerBound, container, by: "container \(container.name)")
            }
        }
        return wanted
    }

    private func refuseTaken(
        _ lease: PortLease, for container: Container, _ held: inout HeldPorts,
        in database: borrowing Database
    ) throws {
        if let (other, port) = try PortTable.holder(of: lease, besides: "", in: database) {
            let name = try ContainerTable.container(id: other, in: database)?.name ?? other
            throw Self.allocated(lease, port, container, by: "container \(name)")
        }
        for route in try TrafficTable.routes(in: database)
        where route.meets(lease) && !route.leads(to: container.id) {
            throw Self.allocated(lease, route.port, container, by: "'swocker traffic'")
        }
        let isKept = try TrafficTable.routes(in: database).contains { $0.meets(lease) }
        if !isKept, let socket = try held.holder(of: lease) {
            throw Self.inUse(
                lease, socket.port, container, by: HeldPorts.program(of: socket))
        }
    }

    /// The first port that is free, of those that will do.
    func leaseAny(
        _ request: PortRequest, of container: Container, _ held: inout HeldPorts,
        in database: borrowing Database
    ) throws -> [PortLease] {
        let choice = request.hostPorts ?? Self.ephemeralPorts
        var refusal: (any Error)?
        var port = choice.lowerBound
        // With any port there are many to try: begin behind the one that was given last.
        if request.hostPorts == nil, let last = try PortTable.highest(in: choice, database),
            last < choice.upperBound
        {
            port = last + 1
        }
        for _ in choice {
            do { return try lease(request, at: port, of: container, &held, in: database) } catch {
                guard error is EngineError else { throw error }
                refusal = refusal ?? error
                for lease in leases(request, at: port) {
                    try PortTable.delete(lease, of: container.id, in: database)
                }
            }
            port = port == choice.upperBound ? choice.lowerBound : port + 1
        }
        throw refusal ?? EngineError.invalid("no port of the host is free")
    }

    /// ip(7), `ip_local_port_range`.
    private static var ephemeralPorts: ClosedRange<UInt16> {
        let bytes = (try? contents(of: "/proc/sys/net/ipv4/ip_local_port_range", limit: 64)) ?? []
        let words = String(decoding: bytes, as: UTF8.self).split {
            $0 == "\t" || $0 == "\n" || $0 == " "
        }
        guard words.count == 2, let first = UInt16(words[0]), let last = UInt16(words[1]),
            first < last
        else { return 32_768...60_999 }
        return first...last
    }

    private static func lead(_ container: Container) -> String {
        "failed to set up container networking: driver failed programming external connectivity "
            + "on endpoint \(container.name) (\(container.id)): "
    }

    private static func allocated(
        _ lease: PortLease, _ port: UInt16, _ container: Container, by name: String
    ) -> EngineError {
        .invalid(
            lead(container) + "Bind for \(lease.place(port)) failed: port is already allocated "
                + "(by \(name))")
    }

    private static func inUse(
        _ lease: PortLease, _ port: UInt16, _ container: Container, by program: String?
    ) -> EngineError {
        .invalid(
            lead(container) + "failed to bind host port \(lease.place(port))/\(lease.transport): "
                + "address already in use" + (program.map { " (by \($0))" } ?? ""))
    }

    /// Binds sockets to the ports, so that no program takes them while the container has them.
    func hold(_ ports: [KeptPort], of container: Container) throws -> PortHolders {
        let holders = PortHolders()
        for port in ports {
            do throws(Errno) { try holders.add(port) } catch {
                // A host without this family or protocol has nobody who could take it.
                if [EAFNOSUPPORT, EPROTONOSUPPORT, ESOCKTNOSUPPORT].contains(error.rawValue) {
                    continue
                }
                let lease = PortLease(
                    transport: port.transport, hostAddress: port.address,
                    hostPorts: port.port...port.port, containerPort: port.port)
                if error.rawValue == EADDRINUSE {
                    // Another target of the traffic keeps it.
                    if try isShared(port, in: try open()) { continue }
                    throw Self.inUse(
                        lease, port.port, container, by: HeldPorts.program(holding: lease))
                }
                throw EngineError.invalid(
                    Self.lead(container)
                        + "failed to bind host port \(lease.place(port.port))/\(lease.transport): "
                        + "\(error)")
            }
        }
        return holders
    }

    private func isShared(_ port: KeptPort, in database: borrowing Database) throws -> Bool {
        try TrafficTable.routes(in: database).contains {
            $0.transport == port.transport && $0.port == port.port
        }
    }

    /// Ports and addresses are not kept from others by containers that have ended while nobody saw it:
    /// when something is refused, those are looked at, and it is tried once more.
    func repairingHolders(
        besides id: String, in database: borrowing Database, _ body: () throws -> Void
    ) throws {
        do { return try body() } catch let error as EngineError {
            var hasChanged = false
            let holders = Set(
                try PortTable.all(in: database).map(\.container)
                    + EndpointTable.leased(in: database).map(\.container))
            for holder in holders where holder != id {
                let before = try ContainerTable.processState(of: holder, in: database)?.status
                let after = try? container(holder, in: database).status
                if before == .running, after != .running { hasChanged = true }
            }
            guard hasChanged else { throw error }
        }
        try body()
    }
}
