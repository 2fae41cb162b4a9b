// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import Networking

/// A port of the host that a monitor keeps a socket bound to, so that no program takes it.
struct KeptPort: Equatable {
    let transport: TransportProtocol
    let address: IPAddress
    let port: UInt16
    /// Where the monitor passes on what comes to the socket, because address translation cannot; empty
    /// where it can, and nothing ever comes to the socket.
    var targets: [RelayTarget] = []

    var isRelayed: Bool { !targets.isEmpty }

    /// Whether both mean the same socket.
    func isSamePlace(_ other: KeptPort) -> Bool {
        transport == other.transport && address == other.address && port == other.port
            && isRelayed == other.isRelayed
    }
}

/// Which ports a container's monitor keeps, judged from what is leased.
enum PortKeeping {
    /// Longer ranges are not kept: that would cost a socket for each port.
    static let mostOfLease = 64

    static func ports(
        _ ports: [PortLease], of leases: [NetworkLease], traffic: [TrafficRoute] = []
    ) -> [KeptPort] {
        var kept: [KeptPort] = []
        for lease in ports where lease.hostPorts.count <= mostOfLease {
            for (hostPort, port) in zip(lease.hostPorts, lease.containerPort...) {
                // Where traffic is shared out, that decides where the port leads.
                if traffic.contains(where: { $0.covers(lease, hostPort) }) { continue }
                kept.append(
                    KeptPort(
                        transport: lease.transport, address: lease.hostAddress, port: hostPort,
                        targets: targets(lease, port, of: leases)))
            }
        }
        return kept + traffic.map(\.keptPort)
    }

    private static func targets(
        _ lease: PortLease, _ port: UInt16, of leases: [NetworkLease]
    ) -> [RelayTarget] {
        guard lease.transport != .sctp else { return [] }
        let ways = leases.ways
        let isTranslated = ways.contains { $0.isIPv4 == lease.hostAddress.isIPv4 }
        guard !isTranslated || lease.hostAddress.meansIPv6Loopback else { return [] }
        // Of one's own family if there is one.
        let way = ways.first { $0.isIPv4 == lease.hostAddress.isIPv4 } ?? ways.first
        return way.map { [RelayTarget($0, port)] } ?? []
    }
}

extension IPAddress {
    /// Whether what is bound to it is reached at ::1.
    var meansIPv6Loopback: Bool { !isIPv4 && (isUnspecified || isLoopback) }
}

extension [NetworkLease] {
    /// The addresses by which the host reaches the container: the first of each family in networks
    /// that lead out.
    var ways: [IPAddress] {
        let outer = filter { !$0.network.record.isInternal }
        let first = [
            outer.lazy.compactMap { $0.ipv4 }.first, outer.lazy.compactMap { $0.ipv6 }.first,
        ]
        return first.compactMap { $0?.address }
    }
}

/// The sockets of kept ports, and what passes on what comes to them. Several may refer to it: the
/// command that starts a container, and in its fork the monitor.
final class PortHolders {
    private var sockets: [(port: KeptPort, descriptor: CInt)] = []
    /// There once something can come.
    private var relay: PortRelay?

    var descriptors: [CInt] { sockets.map(\.descriptor) }

    /// What is kept now.
    var ports: [KeptPort] { sockets.map(\.port) }

    /// Binds a socket to a port.
    func add(_ port: KeptPort) throws(Errno) {
        let socket = try PortHolder.bind(
            transport: port.transport.number.rawValue, to: port.address, port: port.port,
            listens: port.isRelayed)
        if let relay, port.isRelayed {
            try relay.serve(socket.raw, port.transport.number, leadingTo: port.targets)
        }
        sockets.append((port, socket.release()))
    }

    /// Lets the ports go, and breaks the connections that are passed on.
    func release() {
        relay = nil
        for (_, descriptor) in sockets { close(descriptor) }
        sockets = []
    }

    deinit { release() }

    // MARK: In the monitor

    /// Begins to pass on. For the process that keeps the sockets.
    func serve() throws(Errno) {
        guard relay == nil, sockets.contains(where: \.port.isRelayed) else { return }
        let relay = try PortRelay()
        for (port, descriptor) in sockets where port.isRelayed {
            try relay.serve(descriptor, port.transport.number, leadingTo: port.targets)
        }
        self.relay = relay
    }

    /// Keeps these ports from now on, and no others. What somebody else holds meanwhile is his; the
    /// port leads to the container all the same, for translation comes first.
    func change(to wanted: [KeptPort]) {
        for (port, descriptor) in sockets where !wanted.contains(where: port.isSamePlace) {
            relay?.remove(descriptor)
            close(descriptor)
        }
        sockets.removeAll { held in !wanted.contains(where: held.port.isSamePlace) }
        for port in wanted {
            guard let index = sockets.firstIndex(where: { $0.port.isSamePlace(port) }) else {
                try? add(port)
                continue
            }
            sockets[index].port = port
            if port.isRelayed {
                try? relay?.serve(
                    sockets[index].descriptor, port.transport.number, leadingTo: port.targets)
            }
        }
        try? serve()
    }

    /// What the monitor's loop waits for.
    var watch: MonitorWatch {
        MonitorWatch({ [self] in relay?.descriptor }, events: POLLIN) { [self] _ in
            relay?.proceed()
            return true
        }
    }

    var timer: MonitorTimer {
        MonitorTimer(due: { [self] in relay?.due }, fire: { [self] in relay?.expire() })
    }
}
