// SPDX-License-Identifier: Apache-2.0

internal import CLinux
public import Linux

/// The rules in a container's own network namespace: questions for names go to its monitor.
///
/// The container asks 127.0.0.11, port 53, as with Docker. The monitor listens on that address at
/// ports that the kernel chose, so that any program inside may have port 53. The ports are written
/// into the packets on their way out, without connection tracking. What else looks at them sees the
/// monitor's ports both times: before all others the question's is changed, after all others the
/// answer's.
public enum NamesRules {
    /// The resolver's address as the container knows it.
    public static let resolver = IPv4Address(0x7F00_000B)
    /// Not the name of an engine's tables: one may run in the container.
    static let table = "swocker-names"

    static func chains(datagrams: UInt16, stream: UInt16) -> [FirewallChain] {
        let ports: [(TransportNumber, UInt16)] = [(.udp, datagrams), (.tcp, stream)]
        return [
            FirewallChain(
                family: .inet, name: "questions", type: "filter", hook: clinux_NF_INET_LOCAL_OUT,
                priority: -300,
                rules: ports.map {
                    FirewallRule(
                        .ipv4, .resolver(isSource: false), .port(53, $0, isSource: false),
                        .setPort($1, $0, isSource: false))
                }),
            FirewallChain(
                family: .inet, name: "answers", type: "filter",
                hook: clinux_NF_INET_POST_ROUTING, priority: 300,
                rules: ports.map {
                    FirewallRule(
                        .ipv4, .resolver(isSource: true), .port($1, $0, isSource: true),
                        .setPort(53, $0, isSource: true))
                }),
        ]
    }

    /// Makes the rules in the network namespace in which `firewall` was opened.
    /// - Parameters:
    ///   - datagrams: where the monitor takes UDP.
    ///   - stream: where it takes TCP.
    public static func establish(datagrams: UInt16, stream: UInt16) throws(NetlinkError) {
        var firewall = try Firewall(table: table)
        var messages = [Ruleset.table(table, .inet, clinux_NFT_MSG_NEWTABLE)]
        for chain in chains(datagrams: datagrams, stream: stream) {
            messages.append(chain.creation(in: table))
            messages += chain.rules.map { $0.creation(in: chain, of: table) }
        }
        try firewall.commit(messages)
    }
}

extension FirewallClause {
    fileprivate static func resolver(isSource: Bool) -> Self {
        Self(
            "ip \(isSource ? "saddr" : "daddr") \(NamesRules.resolver)",
            .payload(
                base: clinux_NFT_PAYLOAD_NETWORK_HEADER, offset: isSource ? 12 : 16, length: 4,
                into: .first),
            .compare(.first, isEqual: true, to: NamesRules.resolver.bytes))
    }

    fileprivate static func port(
        _ port: UInt16, _ transport: TransportNumber, isSource: Bool
    ) -> Self {
        Self(
            "\(transport) \(isSource ? "sport" : "dport") \(port)",
            .meta(clinux_NFT_META_L4PROTO, into: .first),
            .compare(.first, isEqual: true, to: [transport.rawValue]),
            .payload(
                base: clinux_NFT_PAYLOAD_TRANSPORT_HEADER, offset: isSource ? 0 : 2, length: 2,
                into: .first),
            .compare(.first, isEqual: true, to: FirewallValue.port(port).bytes))
    }

    fileprivate static func setPort(
        _ port: UInt16, _ transport: TransportNumber, isSource: Bool
    ) -> Self {
        Self(
            "\(transport) \(isSource ? "sport" : "dport") set \(port)",
            .load(FirewallValue.port(port).bytes, into: .first),
            .write(
                .first, offset: isSource ? 0 : 2, length: 2,
                checksum: transport == .udp ? 6 : 16))
    }
}
