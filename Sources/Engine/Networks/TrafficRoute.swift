// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import Networking

/// A port of the host behind which several containers stand.
struct TrafficRoute: Equatable {
    let transport: TransportProtocol
    /// "0.0.0.0" and "::" mean all addresses of their family.
    let address: IPAddress
    let port: UInt16
    var targets: [Target]
    /// The addresses of the targets that run, by container.
    var ways: [String: [IPAddress]] = [:]

    /// One of the containers.
    struct Target: Equatable {
        let container: String
        let port: UInt16
        /// In relation to the others'; 0 for no new connections.
        let weight: Int
    }

    func leads(to container: String) -> Bool { targets.contains { $0.container == container } }

    /// Whether a lease means the same port of an address in common.
    func meets(_ lease: PortLease) -> Bool {
        transport == lease.transport && lease.hostPorts.contains(port)
            && address.isIPv4 == lease.hostAddress.isIPv4
            && (address == lease.hostAddress || address.isUnspecified
                || lease.hostAddress.isUnspecified)
    }

    /// Whether it decides where a port of a lease leads.
    func covers(_ lease: PortLease, _ hostPort: UInt16) -> Bool {
        hostPort == port && lease.hostPorts.contains(port) && transport == lease.transport
            && address.isIPv4 == lease.hostAddress.isIPv4
            && (address == lease.hostAddress || address.isUnspecified)
    }

    // MARK: Where it leads now

    /// The running targets with an address of the family, each with its part of a hundred.
    /// - Parameter ways: the addresses of those that run.
    func shares(
        among ways: [String: [IPAddress]], isIPv4: Bool?
    ) -> [(address: IPAddress, port: UInt16, percent: UInt8)] {
        let living = targets.compactMap { target -> (IPAddress, Target)? in
            guard target.weight > 0, let own = ways[target.container] else { return nil }
            let way = own.first { $0.isIPv4 == (isIPv4 ?? address.isIPv4) }
            return (way ?? (isIPv4 == nil ? own.first : nil)).map { ($0, target) }
        }
        let percents = Self.percents(of: living.map(\.1.weight))
        return zip(living, percents).map { ($0.0, $0.1.port, $1) }
    }

    /// What the firewall must know.
    func elements(among ways: [String: [IPAddress]]) -> [FirewallElement] {
        if address.isLoopback, !address.isIPv4 { return [] }
        return PublishedPorts.distribution(
            transport.number, on: address.isUnspecified ? nil : address, port: port,
            among: shares(among: ways, isIPv4: address.isIPv4))
    }

    /// What a monitor keeps, and passes on where the firewall cannot.
    var keptPort: KeptPort {
        var kept = KeptPort(transport: transport, address: address, port: port)
        guard transport != .sctp else { return kept }
        let isTranslated = !shares(among: ways, isIPv4: address.isIPv4).isEmpty
        if !isTranslated || address.meansIPv6Loopback {
            kept.targets = shares(among: ways, isIPv4: nil).map {
                RelayTarget($0.address, $0.port, share: $0.percent)
            }
        }
        return kept
    }

    /// Parts of a hundred, in proportion, a hundred in all; whoever has a weight gets one at least.
    static func percents(of weights: [Int]) -> [UInt8] {
        let sum = weights.reduce(0, +)
        guard sum > 0, weights.count <= 100 else { return [] }
        var percents = weights.map { max(1, $0 * 100 / sum) }
        // What rounding lost goes to those that lost most; what it gave too much, the largest give.
        let losses = weights.indices.sorted {
            (weights[$0] * 100 % sum, $1) > (weights[$1] * 100 % sum, $0)
        }
        var next = 0
        while percents.reduce(0, +) < 100 {
            percents[losses[next % losses.count]] += 1
            next += 1
        }
        while percents.reduce(0, +) > 100 {
            guard let largest = percents.indices.max(by: { percents[$0] < percents[$1] }) else {
                break
            }
            percents[largest] -= 1
        }
        return percents.map { UInt8($0) }
    }
}

/// What a container's start and end change about the ports behind which it stands with others.
struct TrafficShift {
    /// The elements while it runs, and while it does not.
    var with: [FirewallElement] = []
    var without: [FirewallElement] = []
    /// The ports, and where they lead while it runs.
    var routes: [TrafficRoute] = []
    /// The monitors of the other containers: one of them keeps the ports when this one ends.
    var others: [ProcessIdentity] = []

    var isEmpty: Bool { routes.isEmpty }
}
