// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import Networking

/// What is known of the way from one container to a port of another, gathered for a judgement.
struct PathFacts: Equatable {
    /// One end of the way.
    struct End: Equatable {
        var name: String
        var isRunning = true
        /// "bridge", "host", "none": how it takes part in networks.
        var mode = "bridge"
        /// The networks that it belongs to.
        var networks: [String] = []
    }

    /// The network that both belong to.
    struct Common: Equatable {
        var network: String
        var bridge: String
        var bridgeIsUp = true
        /// Whether the cable's end on the host is there and plugged into the bridge.
        var sourceIsPlugged = true
        var targetIsPlugged = true
        /// Whether the source's device inside is up and has a way to the target's address.
        var hasRoute = true
    }

    /// What became of an attempt.
    enum Attempt: Equatable { case notMade, connected, refused, silent }

    var source: End
    var target: End
    var port: UInt16
    var transport: TransportProtocol
    /// The target's address; nil when it has none that the source could use.
    var address: IPAddress?
    var common: Common?
    /// Whether the monitor that answers the source's questions for names lives; nil where nobody does.
    var namesAreServed: Bool?
    var rulesAreThere = true
    /// Whoever drops what bridges pass on.
    var obstacle: Obstacle?
    /// What listens in the target's network.
    var listeners: [ListeningSocket] = []
    var attempt = Attempt.notMade

    /// In one line: nil and a sentence when all is well, else what fails first on the way.
    var judgement: (isFine: Bool, text: String) {
        if let fault = fault { return (false, "\(way): \(fault)") }
        let network = common.map { ", network \($0.network)" } ?? ""
        let place = address.map { " (\($0)\(network))" } ?? ""
        return (true, "\(way): all is well\(place)")
    }

    private var way: String { "\(source.name) -> \(target.name):\(port)/\(transport)" }

    private var fault: String? { ends ?? name ?? route ?? rules ?? socket ?? outcome }

    private var ends: String? {
        for end in [source, target] where !end.isRunning {
            return "container \(end.name) does not run"
        }
        if source.mode == "none" { return "\(source.name) has no network (--network none)" }
        if target.mode == "none" { return "\(target.name) has no network (--network none)" }
        return nil
    }

    private var name: String? {
        if source.mode == "host" || target.mode == "host" { return nil }
        guard common != nil else {
            return "no network in common: \(Self.list(source)); \(Self.list(target)); "
                + "'swocker network connect \(target.networks.first ?? "NETWORK") \(source.name)' "
                + "joins them"
        }
        if namesAreServed == false {
            return "the name is not answered: the monitor of \(source.name) was killed; "
                + (address.map { "\($0) can be used" } ?? "start it anew")
        }
        return nil
    }

    private static func list(_ end: End) -> String {
        "\(end.name) is in \(end.networks.isEmpty ? "none" : end.networks.joined(separator: ", "))"
    }

    private var route: String? {
        guard let common else { return nil }
        if address == nil { return "\(target.name) has no address in network \(common.network)" }
        if !common.bridgeIsUp {
            return "the bridge \(common.bridge) is gone or down: 'swocker system restore' makes it "
                + "again"
        }
        for (end, isPlugged) in [
            (source, common.sourceIsPlugged), (target, common.targetIsPlugged),
        ] where !isPlugged {
            return "the cable of \(end.name) is not plugged into the bridge \(common.bridge): "
                + "'swocker system restore' plugs it in"
        }
        if !common.hasRoute {
            return "\(source.name) has no route to \(address.map { "\($0)" } ?? ""): its device is "
                + "down, or its routes were changed inside"
        }
        return nil
    }

    private var rules: String? {
        if !rulesAreThere {
            return "our firewall rules are gone: somebody flushed them; 'swocker system restore' "
                + "makes them again"
        }
        guard let obstacle, obstacle.isCertain else { return nil }
        return "\(obstacle.place) drops what bridges pass on: \(obstacle.reason)"
    }

    private var socket: String? {
        let there = listeners.filter { $0.port == port }
        guard let address else { return nil }
        if address.isLoopback, !there.isEmpty { return nil }
        if there.contains(where: { Self.serves($0.address, address) }) { return nil }
        guard let other = there.first else {
            let reachable = listeners.filter { !$0.address.isLoopback || address.isLoopback }
            let ports = Set(reachable.map(\.port)).sorted().prefix(8).map { "\($0)" }
            let rest =
                ports.isEmpty ? "nothing else either" : "but on " + ports.joined(separator: ", ")
            return "nothing listens on port \(port)/\(transport) in \(target.name), \(rest)"
        }
        let reach = other.address.isLoopback ? ", which only \(target.name) itself reaches" : ""
        return "\(target.name) listens on \(other.address):\(port)\(reach): it has to listen "
            + "on \(address.isIPv4 ? "0.0.0.0" : "::")"
    }

    /// Whether a socket takes what is sent to an address; one of :: takes IPv4 too, unless it says
    /// otherwise, which is not told.
    private static func serves(_ own: IPAddress, _ address: IPAddress) -> Bool {
        if own == address || (own.isUnspecified && own.isIPv4 == address.isIPv4) { return true }
        if !own.isIPv4, own.isUnspecified { return true }
        // ::ffff:172.17.0.2
        return !own.isIPv4 && address.isIPv4 && own.bytes.suffix(4).elementsEqual(address.bytes)
            && own.bytes.prefix(10).allSatisfy { $0 == 0 }
    }

    private var outcome: String? {
        switch attempt {
        case .notMade, .connected: nil
        case .refused: "\(target.name) refuses the connection, though something listens"
        case .silent:
            obstacle.map { "no answer: \($0.place) may drop it: \($0.reason)" }
                ?? "no answer, and nothing wrong to be seen: look for rules inside \(target.name)"
        }
    }
}
