// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import Networking
internal import SQLite

/// Ports of the host as a user names them: `[ip:]8080[-8090][/udp]`.
public struct PortPlace: Equatable, Sendable, CustomStringConvertible {
    /// As it was typed; nil for any.
    public var address: String?
    public var ports: ClosedRange<UInt16>
    public var transport: TransportProtocol

    public init(
        address: String? = nil, ports: ClosedRange<UInt16>, transport: TransportProtocol = .tcp
    ) {
        self.address = address
        self.ports = ports
        self.transport = transport
    }

    public var description: String {
        let first = "\(ports.lowerBound)"
        let range = ports.count == 1 ? first : "\(first)-\(ports.upperBound)"
        guard let address else { return "\(range)/\(transport)" }
        return address.utf8.contains(UInt8(ascii: ":"))
            ? "[\(address)]:\(range)/\(transport)" : "\(address):\(range)/\(transport)"
    }

    func means(_ lease: PortLease) -> Bool {
        transport == lease.transport && ports.overlaps(lease.hostPorts)
            && (address == nil || IPAddress(parsing: address ?? "") == lease.hostAddress)
    }
}

// Ports of containers that exist already: of a running one at once, and of every one for its next
// start.
extension Engine {
    /// Publishes ports of a container, all of them or none.
    public func publish(
        _ text: String, _ wishes: [(port: Port, binding: PortBinding)]
    ) throws {
        try changingPorts(of: text) { container, isRunning, database throws in
            var bindings = container.record.hostConfiguration.portBindings
            var new = PortBindings()
            for (port, binding) in wishes {
                if !binding.hostPort.isEmpty, bindings[port].contains(binding) {
                    throw EngineError.invalid(
                        "port \(port) of container \(container.name) is published on "
                            + "\(binding.hostPort) already")
                }
                bindings[port].append(binding)
                new[port].append(binding)
                container.record.configuration.exposedPorts.insert("\(port)")
            }
            container.record.hostConfiguration.portBindings = bindings
            guard isRunning else { return PortChange() }
            let leases = try heldNetwork(of: container, in: database).leases
            return PortChange(
                added: try leasePorts(new, of: container, leases, in: database))
        }
    }

    /// Takes published ports back, all of them or none. Connections that stand go on.
    public func unpublish(_ text: String, _ places: [PortPlace]) throws {
        try changingPorts(of: text) { container, isRunning, database throws in
            var change = PortChange()
            let leases = isRunning ? try PortTable.leases(of: container.id, in: database) : []
            for place in places {
                let own = leases.filter { !change.removed.contains($0) } + change.added
                let met = own.filter(place.means)
                let isBound = Self.unbind(place, leased: met, in: &container.record)
                guard isBound || !met.isEmpty else {
                    throw EngineError.invalid(
                        "port \(place) of the host is not published by container "
                            + container.name)
                }
                for lease in met {
                    if let index = change.added.firstIndex(of: lease) {
                        change.added.remove(at: index)
                    } else {
                        change.removed.append(lease)
                    }
                    change.added += lease.without(place.ports)
                }
            }
            for lease in change.removed {
                try PortTable.delete(lease, of: container.id, in: database)
            }
            for lease in change.added {
                try PortTable.insert(lease, of: container.id, in: database)
            }
            return change
        }
    }

    /// What happens to a running container's leases.
    private struct PortChange {
        var added: [PortLease] = []
        var removed: [PortLease] = []
    }

    /// Record, leases and firewall change together: the firewall last, so that what it refuses undoes
    /// the rest. Should this process end between the two, the next command that meets elements which
    /// no record knows makes all of them anew.
    private func changingPorts(
        of text: String,
        _ body: (inout Container, Bool, borrowing Database) throws -> PortChange
    ) throws {
        let id = try container(text, in: try open()).id
        let lock = try FileLock.waiting(location.container(id).lock, .exclusive)
        defer { withExtendedLifetime(lock) {} }
        let database = try open()
        guard let container = try ContainerTable.container(id: id, in: database) else {
            throw EngineError.noSuchContainer(text)
        }
        guard NetworkModeText.isBridged(container.record.hostConfiguration.networkMode) else {
            throw EngineError.invalid(
                "container \(container.name) has no ports of its own to publish: its network is "
                    + container.record.hostConfiguration.networkMode)
        }
        let isRunning = container.status == .running && container.process.isAlive
        var held = PortHolders()
        try repairingHolders(besides: id, in: database) { () throws in
            try database.transaction { () throws in
                var changed = container
                let change = try body(&changed, isRunning, database)
                try ContainerTable.replaceRecord(of: id, with: changed.record, in: database)
                try record(Event(container, "update"), in: database)
                guard !change.added.isEmpty || !change.removed.isEmpty else { return }
                held = try translate(change, of: container, in: database)
            }
        }
        guard isRunning else { return }
        let awaited = held.ports
        held.release()  // for the monitor, which takes the ports at once
        container.monitor.receive(signal: Self.wakeSignal)
        awaitKeeping(of: awaited, by: container)
    }

    /// - Returns: sockets bound to what is new: nobody else has it.
    private func translate(
        _ change: PortChange, of container: Container, in database: borrowing Database
    ) throws -> PortHolders {
        let network = try heldNetwork(of: container, in: database)
        let old = PortKeeping.ports(change.removed, of: network.leases)
        let new = PortKeeping.ports(
            change.added, of: network.leases
        ).filter { port in !old.contains(where: port.isSamePlace) }
        let isCovered = network.traffic.routes
        let held = try hold(
            new.filter { port in !isCovered.contains { $0.keptPort.isSamePlace(port) } },
            of: container)
        func elements(_ leases: [PortLease]) -> [FirewallElement] {
            leases.compactMap { $0.published(to: network.leases) }.flatMap(\.elements)
        }
        var host = try openHostNetwork()
        try apply(
            adding: elements(change.added), removing: elements(change.removed), to: &host,
            in: database)
        return held
    }

    /// Waits a moment until the monitor passes on what comes to new ports: who has published a port
    /// may use it at once. A monitor that was killed keeps none.
    private func awaitKeeping(of ports: [KeptPort], by container: Container) {
        let awaited = ports.filter { $0.isRelayed && $0.transport == .tcp }
        let end = Clock.monotonic + 1_000_000_000
        while !awaited.isEmpty, container.monitor.isAlive, Clock.monotonic < end {
            var held = HeldPorts()
            let isKept = awaited.allSatisfy { port in
                let lease = PortLease(
                    transport: port.transport, hostAddress: port.address,
                    hostPorts: port.port...port.port, containerPort: port.port)
                return (try? held.holder(of: lease)) != nil
            }
            if isKept { return }
            usleep(2_000)
        }
    }

    /// Takes bindings out of a record.
    /// - Parameter leased: what the place means while the container runs.
    /// - Returns: whether there were any.
    private static func unbind(
        _ place: PortPlace, leased: [PortLease], in record: inout ContainerRecord
    ) -> Bool {
        var isFound = false
        if record.hostConfiguration.publishAllPorts, !leased.isEmpty {
            // What -P means, one by one: without the one it means no more.
            record.hostConfiguration.publishAllPorts = false
            for name in record.configuration.exposedPorts.names {
                guard let port = Port(parsing: name),
                    record.hostConfiguration.portBindings[port].isEmpty
                else { continue }
                record.hostConfiguration.portBindings[port] = [PortBinding()]
            }
        }
        for port in record.hostConfiguration.portBindings.ports
        where port.transport == place.transport {
            let former = record.hostConfiguration.portBindings[port]
            let rest = former.filter { !isMeant($0, of: port, by: place, leased) }
            if rest.count < former.count { isFound = true }
            record.hostConfiguration.portBindings[port] = rest
        }
        return isFound
    }

    private static func isMeant(
        _ binding: PortBinding, of port: Port, by place: PortPlace, _ leased: [PortLease]
    ) -> Bool {
        if let number = UInt16(binding.hostPort), number > 0 {
            guard place.ports.contains(number) else { return false }
            guard let address = place.address.flatMap(IPAddress.init(parsing:)) else { return true }
            let own = IPAddress(parsing: binding.hostIP)
            return own == address || (own == nil && address.isUnspecified)
        }
        // Any port, or one of several: only what was leased can tell which it is.
        return leased.contains { lease in
            zip(lease.hostPorts, lease.containerPort...).contains {
                $1 == port.number && place.ports.contains($0)
            }
        }
    }
}

extension PortLease {
    /// What is left of it without these ports of the host.
    func without(_ ports: ClosedRange<UInt16>) -> [PortLease] {
        var rest: [PortLease] = []
        if hostPorts.lowerBound < ports.lowerBound {
            rest.append(part(hostPorts.lowerBound...ports.lowerBound - 1))
        }
        if ports.upperBound < hostPorts.upperBound {
            rest.append(part(ports.upperBound + 1...hostPorts.upperBound))
        }
        return rest
    }

    private func part(_ range: ClosedRange<UInt16>) -> PortLease {
        PortLease(
            transport: transport, hostAddress: hostAddress, hostPorts: range,
            containerPort: containerPort + (range.lowerBound - hostPorts.lowerBound))
    }
}
