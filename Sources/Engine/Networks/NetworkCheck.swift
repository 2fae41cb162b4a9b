// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import Networking
internal import SQLite

/// One thing that `network check` looked at.
public struct NetworkFinding: Equatable, Sendable {
    /// How bad it is.
    public enum Kind: String, Sendable { case fine = "ok", doubt = "unsure", fault = "fault" }

    public var kind: Kind
    public var text: String
}

extension Engine {
    /// Whether the host lets our containers' packets pass, and who does not.
    public func checkNetworks() throws -> [NetworkFinding] {
        let database = try open()
        let networks = try NetworkTable.all(in: database).filter { $0.record.driver == "bridge" }
        let leased = try EndpointTable.leased(in: database)
        var findings: [NetworkFinding] = []
        let isUsed = !leased.isEmpty
        findings += Self.forwarding(
            isUsed: isUsed, needsIPv6: networks.contains { $0.record.hasIPv6 })
        var host = try openHostNetwork()
        let hasRules = try host.hasRules()
        findings.append(Self.rules(firewallTable, areThere: hasRules, areNeeded: isUsed))
        let chains: [ForeignChain]
        do throws(NetlinkError) { chains = try ForeignChain.all() } catch {
            throw KernelError(action: "read nftables' rules", errno: error.errno)
        }
        let survey = FirewallSurvey(chains)
        let world = (try? Self.defaultDevice()) ?? "eth0"
        let used = Set(leased.map(\.network))
        let asked = networks.filter { used.contains($0.id) || $0.name == "bridge" }
        for network in asked {
            for isIPv4 in [true, false]
            where isIPv4 ? network.record.hasIPv4 : network.record.hasIPv6 {
                findings += NetworkJudgement.findings(
                    of: network.name, bridge: network.bridgeName,
                    isInternal: network.record.isInternal, world: world, isIPv4: isIPv4, survey)
            }
        }
        findings += Self.legacy()
        return findings
    }

    private static func forwarding(isUsed: Bool, needsIPv6: Bool) -> [NetworkFinding] {
        [("IPv4", "ipv4/ip_forward", true), ("IPv6", "ipv6/conf/all/forwarding", needsIPv6)]
            .compactMap { name, key, isNeeded in
                guard isNeeded else { return nil }
                let value = try? contents(of: "/proc/sys/net/\(key)", limit: 8)
                if value?.first == UInt8(ascii: "1") {
                    return NetworkFinding(kind: .fine, text: "\(name) forwarding is on")
                }
                let key = String(key.map { $0 == "/" ? "." : $0 })
                return NetworkFinding(
                    kind: isUsed ? .fault : .fine,
                    text: isUsed
                        ? "\(name) forwarding is off (net.\(key)): somebody turned it off; "
                            + "'swocker system restore' turns it on"
                        : "\(name) forwarding is off: the first container turns it on")
            }
    }

    private static func rules(
        _ table: String, areThere: Bool, areNeeded: Bool
    ) -> NetworkFinding {
        if areThere { return NetworkFinding(kind: .fine, text: "our rules are in table \(table)") }
        return NetworkFinding(
            kind: areNeeded ? .fault : .fine,
            text: areNeeded
                ? "our rules are gone (table \(table)): somebody flushed them; the next start or "
                    + "'swocker system restore' makes them again"
                : "no container runs: there are no rules of ours")
    }

    /// iptables' older form, whose rules cannot be read here.
    private static func legacy() -> [NetworkFinding] {
        ["ip_tables_names", "ip6_tables_names"].compactMap { file in
            let bytes = (try? contents(of: "/proc/net/\(file)", limit: 4096)) ?? []
            let names = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            guard names.contains("filter") else { return nil }
            let tool = file.hasPrefix("ip6") ? "ip6tables-legacy" : "iptables-legacy"
            return NetworkFinding(
                kind: .doubt,
                text: "there are rules of iptables' older form, which cannot be read here: see "
                    + "'\(tool) -S FORWARD'")
        }
    }

    /// The device of the default route.
    private static func defaultDevice() throws -> String? {
        do throws(NetlinkError) {
            var socket = try HostNetwork.openRoutes()
            let route = try socket.routes().first { $0.destination.prefix == 0 && $0.link > 0 }
            return try socket.links().first { $0.index == route?.link }?.name
        } catch { throw KernelError(action: "read the host's routes", errno: error.errno) }
    }

    /// Makes bridges, settings and rules again that somebody removed while containers run.
    public func restoreNetworks() throws {
        let database = try open()
        _ = try containers(in: database)  // what has ended needs nothing
        let used = Set(try EndpointTable.leased(in: database).map(\.network))
        guard !used.isEmpty else { return }
        let lock = try FileLock.waiting(Self.hostLock, .exclusive)
        defer { withExtendedLifetime(lock) {} }
        try database.transaction { () throws in
            var host = try openHostNetwork()
            for network in try NetworkTable.all(in: database) where used.contains(network.id) {
                let bridge = try host.establish(network)
                try? HostSettings.prepare(bridge: network.bridgeName, network.record)
                for row in try EndpointTable.rows(ofNetwork: network.id, in: database) {
                    if let cable = row.cable { host.plugAgain(cable, into: bridge) }
                }
            }
            if try !host.hasRules() {
                try host.rebuildRules(with: try allElements(in: database))
            }
        }
    }
}

/// What the rules of others mean for a network, in words.
enum NetworkJudgement {
    static func findings(
        of network: String, bridge: String, isInternal: Bool, world: String, isIPv4: Bool,
        _ survey: FirewallSurvey
    ) -> [NetworkFinding] {
        var asked: [(SamplePacket, String)] = []
        if !isInternal {
            var published = SamplePacket(.forwarded, from: world, to: bridge)
            published.isTranslated = true
            asked.append((published, "connections to published ports of network \(network)"))
            asked.append(
                (
                    SamplePacket(.forwarded, from: bridge, to: world),
                    "connections from network \(network) to the world"
                ))
        }
        var question = SamplePacket(.received, from: bridge)
        question.transport = .udp
        asked.append((question, "questions for names from network \(network)"))
        return asked.flatMap { packet, subject in
            var packet = packet
            packet.isIPv4 = isIPv4
            let family = isIPv4 ? "IPv4" : "IPv6"
            return findings(survey.obstacles(to: packet), packet, "\(family) \(subject)")
        }
    }

    private static func findings(
        _ obstacles: [Obstacle], _ packet: SamplePacket, _ subject: String
    ) -> [NetworkFinding] {
        guard let worst = obstacles.first else {
            return [NetworkFinding(kind: .fine, text: "\(subject) pass")]
        }
        let device =
            packet.isTranslated
            ? "oifname \"\(packet.output)\"" : "iifname \"\(packet.input)\""
        let hint = "; to let them pass: nft insert rule \(worst.chain) \(device) accept"
        return [
            NetworkFinding(
                kind: worst.isCertain ? .fault : .doubt,
                text: "\(subject) \(worst.isCertain ? "are" : "may be") dropped by "
                    + "\(worst.place): \(worst.reason)\(hint)")
        ]
    }
}
