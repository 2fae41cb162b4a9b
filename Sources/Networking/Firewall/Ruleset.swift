// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Linux

/// Our rules, which never change: what changes are the elements of the sets that they look into. They
/// stand in two tables of one name, `swocker`, one for what the host routes (`inet`), one for what bridges
/// pass on (`bridge`). Nobody else's tables are touched or relied on.
public enum Ruleset {
    /// Names this form of the rules; another one makes the next command that needs them make them
    /// anew.
    static let version: [UInt8] = Array("swocker rules 2".utf8)

    /// Every chain with its rules.
    static let chains: [FirewallChain] = [
        // Addresses of the loopback network mean this host's own services. From any other device
        // they are forged, or a container's attempt to reach what is not for it.
        FirewallChain(
            family: .inet, name: "guard", type: "filter", hook: clinux_NF_INET_PRE_ROUTING,
            priority: -300,
            rules: [FirewallRule(.notLoopbackDevice, .loopbackDestination, .drop)]),
        FirewallChain(
            family: .inet, name: "incoming", type: "nat", hook: clinux_NF_INET_PRE_ROUTING,
            priority: -100,
            rules: [
                FirewallRule(.ipv4, .askMonitor(.names4, isIPv4: true)),
                FirewallRule(.ipv6, .askMonitor(.names6, isIPv4: false)),
            ] + published),
        FirewallChain(
            family: .inet, name: "outgoing", type: "nat", hook: clinux_NF_INET_LOCAL_OUT,
            priority: -100, rules: [FirewallRule(.loopbackDestination6, .accept)] + published),
        // Who answers must find the way back through this host.
        FirewallChain(
            family: .inet, name: "leaving", type: "nat", hook: clinux_NF_INET_POST_ROUTING,
            priority: 100,
            rules: [
                FirewallRule(.loopbackSource, .output(in: .bridges), .masquerade),
                FirewallRule(.translated, .betweenNeighbours(isIPv4: true), .masquerade),
                FirewallRule(.translated, .betweenNeighbours(isIPv4: false), .masquerade),
                FirewallRule(.input(in: .bridges), .output(in: .bridges, false), .masquerade),
            ]),
        FirewallChain(
            family: .inet, name: "forward", type: "filter", hook: clinux_NF_INET_FORWARD,
            priority: 0,
            rules: [
                FirewallRule(
                    .input(in: .bridges, false), .output(in: .bridges, false), .accept),
                FirewallRule(.established, .accept),
                FirewallRule(.throughOneBridge, .accept),
                FirewallRule(.input(in: .internalBridges), .drop),
                FirewallRule(.output(in: .internalBridges), .drop),
                FirewallRule(.translated, .accept),
                FirewallRule(.output(in: .bridges), .drop),
            ]),
        // A container sends from its own addresses, and is no router.
        FirewallChain(
            family: .bridge, name: "senders", type: "filter", hook: clinux_NF_INET_PRE_ROUTING,
            priority: -300,
            rules: [
                FirewallRule(.fromCable, .foreignMAC, .drop),
                FirewallRule(
                    .fromCable, .ethernet(0x0800, "ip"),
                    .foreignAddress("ip saddr", offset: 12, length: 4, .allowed4), .drop),
                FirewallRule(
                    .fromCable, .ethernet(0x0806, "arp"),
                    .foreignAddress("arp saddr ip", offset: 14, length: 4, .allowed4), .drop),
                FirewallRule(
                    .fromCable, .ethernet(0x86DD, "ip6"),
                    .foreignAddress("ip6 saddr", offset: 8, length: 16, .allowed6), .drop),
                FirewallRule(
                    .fromCable, .ethernet(0x86DD, "ip6"), .routerAdvertisement, .drop),
            ]),
    ]

    /// What leads to containers, for packets to addresses of this host.
    private static let published: [FirewallRule] = [
        FirewallRule(.toThisHost, .ipv4, .distribute(.weighted4, isIPv4: true)),
        FirewallRule(.toThisHost, .ipv4, .publish(.published4, isIPv4: true)),
        FirewallRule(.toThisHost, .ipv4, .forward(.forwarded4, isIPv4: true)),
        FirewallRule(.toThisHost, .ipv4, .relay(.relayed4, isIPv4: true)),
        FirewallRule(.toThisHost, .ipv6, .distribute(.weighted6, isIPv4: false)),
        FirewallRule(.toThisHost, .ipv6, .publish(.published6, isIPv4: false)),
        FirewallRule(.toThisHost, .ipv6, .forward(.forwarded6, isIPv4: false)),
        FirewallRule(.toThisHost, .ipv6, .relay(.relayed6, isIPv4: false)),
    ]

    /// The requests that make the tables, sets, chains and rules, in place of what is there.
    static func creation(in table: String) -> [NetlinkMessage] {
        var messages: [NetlinkMessage] = []
        for family in [FirewallFamily.inet, .bridge] {
            // To remove a table that may not be there: make it first.
            messages.append(self.table(table, family, clinux_NFT_MSG_NEWTABLE))
            messages.append(self.table(table, family, clinux_NFT_MSG_DELTABLE))
            messages.append(self.table(table, family, clinux_NFT_MSG_NEWTABLE, version: version))
        }
        for (number, set) in FirewallSet.all.enumerated() {
            messages.append(set.creation(number: UInt32(number) + 1, in: table))
        }
        for chain in chains {
            messages.append(chain.creation(in: table))
            messages += chain.rules.map { $0.creation(in: chain, of: table) }
        }
        return messages
    }

    static func table(
        _ name: String, _ family: FirewallFamily, _ type: Int64, version: [UInt8]? = nil
    ) -> NetlinkMessage {
        let flags: NetlinkMessage.Flags =
            type == clinux_NFT_MSG_NEWTABLE ? [.create, .acknowledge] : [.acknowledge]
        var message = family.message(type, flags)
        message.put(clinux_NFTA_TABLE_NAME, name)
        if let version { message.put(clinux_NFTA_TABLE_USERDATA, version) }
        return message
    }

    /// The rules as nft(8) would list them, for people who want to read them.
    public static var text: String {
        var lines: [String] = []
        for family in [FirewallFamily.inet, .bridge] {
            lines.append("table \(family) swocker {")
            for chain in chains where chain.family == family {
                lines.append(
                    "    chain \(chain.name) {  # \(chain.type), priority \(chain.priority)")
                lines += chain.rules.map { "        \($0.text)" }
                lines.append("    }")
            }
            lines.append("}")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
