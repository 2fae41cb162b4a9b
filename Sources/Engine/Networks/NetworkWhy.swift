// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import Networking
internal import SQLite

extension Engine {
    /// Walks the way from one container to a port of another: ends, name, route, bridge, rules,
    /// listening socket, and at last a connection.
    /// - Returns: whether all is well, and in one line what fails first.
    public func whyNot(
        from source: String, to target: String, _ port: Port
    ) throws -> (isFine: Bool, text: String) {
        let database = try open()
        let one = try sharer(of: try container(source, in: database), in: database)
        let other = try sharer(of: try container(target, in: database), in: database)
        var facts = PathFacts(
            source: try end(source, one, in: database),
            target: try end(target, other, in: database),
            port: port.number, transport: port.transport)
        let pid = (one: state(of: one).pid, other: state(of: other).pid)
        guard let from = pid.one, let to = pid.other else { return facts.judgement }
        if one.id == other.id {
            facts.address = .v4(IPv4Address(0x7F00_0001))
            facts.common = .init(network: "its own", bridge: "lo")
        } else {
            try gather(&facts, one, other, in: database)
            if facts.source.mode == "host" || facts.target.mode == "host" {
                facts.address = try hostAddress(facts, one, other, in: database)
            }
        }
        facts.listeners = ListeningSocket.all(of: to, transport: port.transport.rawValue)
        if facts.judgement.isFine, port.transport == .tcp, let address = facts.address {
            facts.attempt = try Self.attempt(
                to: facts.isLocal(one.id == other.id) ? .v4(IPv4Address(0x7F00_0001)) : address,
                port.number, from: from)
        }
        return facts.judgement
    }

    /// Whose network a container has: its own, or with `--network container:X` that of X.
    private func sharer(
        of container: Container, in database: borrowing Database
    ) throws -> Container {
        var container = container
        for _ in 0..<16 {
            let mode = container.record.hostConfiguration.networkMode
            guard mode.hasPrefix("container:") else { break }
            container = try self.container(String(mode.dropFirst(10)), in: database)
        }
        return container
    }

    private func end(
        _ name: String, _ container: Container, in database: borrowing Database
    ) throws -> PathFacts.End {
        let mode = container.record.hostConfiguration.networkMode
        let rows = try EndpointTable.rows(ofContainer: container.id, in: database)
        return PathFacts.End(
            name: name, isRunning: state(of: container).pid != nil,
            mode: ["host", "none"].contains(mode) ? mode : "bridge",
            networks: try rows.map { try NetworkTable.find($0.network, in: database).name })
    }

    private func gather(
        _ facts: inout PathFacts, _ one: Container, _ other: Container,
        in database: borrowing Database
    ) throws {
        let own = try EndpointTable.rows(ofContainer: one.id, in: database)
        let others = try EndpointTable.rows(ofContainer: other.id, in: database)
        let row = own.first { mine in others.contains { $0.network == mine.network } }
        guard let row, let their = others.first(where: { $0.network == row.network }) else {
            return
        }
        let network = try NetworkTable.find(row.network, in: database)
        var host = try openHostNetwork()
        var common = PathFacts.Common(network: network.name, bridge: network.bridgeName)
        let bridge = host.link(named: network.bridgeName)
        common.bridgeIsUp = bridge?.isUp == true && bridge?.kind == "bridge"
        func isPlugged(_ cable: String?, _ host: inout HostNetwork) -> Bool {
            guard let cable, let link = host.link(named: cable) else { return false }
            return link.isUp && link.master == bridge?.index
        }
        common.sourceIsPlugged = isPlugged(row.cable, &host)
        common.targetIsPlugged = isPlugged(their.cable, &host)
        facts.address = their.ipv4 ?? their.ipv6
        if let address = facts.address, let pid = state(of: one).pid {
            common.hasRoute = try Self.hasRoute(to: address, in: pid)
        }
        facts.common = common
        if row.namesPort != nil { facts.namesAreServed = one.monitor.isAlive }
        facts.rulesAreThere = try host.hasRules()
        facts.obstacle = Self.obstacle(on: network.bridgeName)
    }

    /// Where bridged packets pass the rules for routed ones too (br_netfilter), those may drop them.
    private static func obstacle(on bridge: String) -> Obstacle? {
        let setting = try? contents(of: "/proc/sys/net/bridge/bridge-nf-call-iptables", limit: 8)
        guard setting?.first == UInt8(ascii: "1"), let chains = try? ForeignChain.all() else {
            return nil
        }
        return FirewallSurvey(chains)
            .obstacles(to: SamplePacket(.forwarded, from: bridge, to: bridge)).first
    }

    /// From the host to a container, its address; from a container to the host, the gateway's.
    private func hostAddress(
        _ facts: PathFacts, _ one: Container, _ other: Container,
        in database: borrowing Database
    ) throws -> IPAddress? {
        if facts.target.mode == "host" {
            if facts.source.mode == "host" { return .v4(IPv4Address(0x7F00_0001)) }
            let row = try EndpointTable.rows(ofContainer: one.id, in: database).first
            return try row.flatMap {
                try NetworkTable.find($0.network, in: database).record.gateways.first?.address
            }
        }
        let row = try EndpointTable.rows(ofContainer: other.id, in: database).first
        return row?.ipv4 ?? row?.ipv6
    }

    // MARK: Inside the source's network

    private static func hasRoute(to address: IPAddress, in pid: Int32) throws -> Bool {
        let namespace = try OwnedFD.open("/proc/\(pid)/ns/net")
        var isThere = false
        try inside(namespace.raw) { () throws(NetlinkError) in
            var socket = try HostNetwork.openRoutes()
            let up = Set(try socket.links().filter(\.isUp).map(\.index))
            isThere = try socket.routes().contains {
                $0.destination.contains(address) && up.contains($0.link)
            }
        }
        return isThere
    }

    /// Connects as the source would; a second must do between neighbours.
    private static func attempt(
        to address: IPAddress, _ port: UInt16, from pid: Int32
    ) throws -> PathFacts.Attempt {
        let namespace = try OwnedFD.open("/proc/\(pid)/ns/net")
        var outcome = PathFacts.Attempt.silent
        try inside(namespace.raw) { () throws(NetlinkError) in
            do throws(Errno) {
                let socket = try TransportSocket.connect(
                    transport: TransportNumber.tcp.rawValue, to: address, port: port)
                var set = PollSet()
                set.add(socket.raw, POLLOUT)
                guard try set.wait(milliseconds: 1000) > 0 else { return }
                let failure = TransportSocket.failure(of: socket.raw)
                outcome =
                    failure == nil
                    ? .connected : failure == .connectionRefused ? .refused : .silent
            } catch { outcome = error == .connectionRefused ? .refused : .silent }
        }
        return outcome
    }
}

extension PathFacts {
    /// Whether the way never leaves one network namespace.
    fileprivate func isLocal(_ isSame: Bool) -> Bool {
        isSame || (source.mode == "host" && target.mode == "host")
    }
}
