// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc
internal import Linux

/// A part of a rule: what nft(8) would call it, and the machine's instructions for it.
struct FirewallClause: Equatable, Sendable {
    let text: String
    let expressions: [FirewallExpression]

    init(_ text: String, _ expressions: FirewallExpression...) {
        self.text = text
        self.expressions = expressions
    }

    init(_ text: String, _ expressions: [FirewallExpression]) {
        self.text = text
        self.expressions = expressions
    }
}

extension FirewallClause {
    typealias Register = FirewallExpression.Register

    // MARK: Where a packet comes from and goes to

    static func input(in set: FirewallSet, _ isMember: Bool = true) -> Self {
        Self(
            "iifname \(isMember ? "" : "!= ")@\(set.name)",
            .meta(clinux_NFT_META_IIFNAME, into: .first),
            .member(.first, of: set, isMember: isMember))
    }

    static func output(in set: FirewallSet, _ isMember: Bool = true) -> Self {
        Self(
            "oifname \(isMember ? "" : "!= ")@\(set.name)",
            .meta(clinux_NFT_META_OIFNAME, into: .first),
            .member(.first, of: set, isMember: isMember))
    }

    static let throughOneBridge = Self(
        "iifname . oifname @\(FirewallSet.pairs.name)",
        .meta(clinux_NFT_META_IIFNAME, into: .first),
        .meta(clinux_NFT_META_OIFNAME, into: Register(4)),
        .member(.first, of: .pairs, isMember: true))

    /// From one address of a network to another of the same. Asked by address: where bridged packets
    /// pass the host's rules too (br_netfilter), no device of arrival is known here.
    static func betweenNeighbours(isIPv4: Bool) -> Self {
        let (word, start, size): (String, UInt32, UInt32) =
            isIPv4 ? ("ip", 12, 4) : ("ip6", 8, 16)
        let set: FirewallSet = isIPv4 ? .neighbours4 : .neighbours6
        return Self(
            "\(word) saddr . \(word) daddr @\(set.name)",
            (isIPv4 ? ipv4 : ipv6).expressions + [
                .payload(
                    base: clinux_NFT_PAYLOAD_NETWORK_HEADER, offset: start, length: size,
                    into: .first),
                .payload(
                    base: clinux_NFT_PAYLOAD_NETWORK_HEADER, offset: start + size, length: size,
                    into: Register(isIPv4 ? 1 : 4)),
                .member(.first, of: set, isMember: true),
            ])
    }

    static let notLoopbackDevice = Self(
        "iifname != \"lo\"", .meta(clinux_NFT_META_IIFNAME, into: .first),
        .compare(.first, isEqual: false, to: FirewallValue.interface("lo").bytes))

    static let loopbackSource = loopback("ip saddr", offset: 12)
    static let loopbackDestination = loopback("ip daddr", offset: 16)

    private static func loopback(_ word: String, offset: UInt32) -> Self {
        Self(
            "\(word) 127.0.0.0/8",
            ipv4.expressions + [
                .payload(
                    base: clinux_NFT_PAYLOAD_NETWORK_HEADER, offset: offset, length: 1,
                    into: .first),
                .compare(.first, isEqual: true, to: [127]),
            ])
    }

    /// ::1, which packets that leave the host may not bear: such a connection is the monitor's to pass
    /// on.
    static let loopbackDestination6 = Self(
        "ip6 daddr ::1",
        ipv6.expressions + [
            .payload(
                base: clinux_NFT_PAYLOAD_NETWORK_HEADER, offset: 24, length: 16, into: .first),
            .compare(.first, isEqual: true, to: IPv6Address(1).bytes),
        ])

    static let ipv4 = Self(
        "meta nfproto ipv4", .meta(clinux_NFT_META_NFPROTO, into: .first),
        .compare(.first, isEqual: true, to: [UInt8(clinux_NFPROTO_IPV4)]))

    static let ipv6 = Self(
        "meta nfproto ipv6", .meta(clinux_NFT_META_NFPROTO, into: .first),
        .compare(.first, isEqual: true, to: [UInt8(clinux_NFPROTO_IPV6)]))

    /// The destination is one of this host's addresses (RTN_LOCAL is 2).
    static let toThisHost = Self(
        "fib daddr type local", .destinationType(into: .first),
        .compare(.first, isEqual: true, to: numberBytes(2)))

    // MARK: The connection

    /// Of a connection that was let through before (NF_CT_STATE_BIT: established 2, related 4).
    static let established = Self(
        "ct state established,related", .connection(clinux_NFT_CT_STATE, into: .first),
        .mask(.first, with: numberBytes(2 | 4)),
        .compare(.first, isEqual: false, to: numberBytes(0)))

    /// Its destination was translated (IPS_DST_NAT is 32): it came to a published port.
    static let translated = Self(
        "ct status dnat", .connection(clinux_NFT_CT_STATUS, into: .first),
        .mask(.first, with: numberBytes(32)),
        .compare(.first, isEqual: false, to: numberBytes(0)))

    // MARK: Verdicts

    static let accept = Self("accept", .verdict(clinux_NF_ACCEPT))
    static let drop = Self("drop", .verdict(clinux_NF_DROP))
    static let masquerade = Self("masquerade", .masquerade)

    // MARK: Published ports

    /// Protocol, destination and port, in the registers where the sets' keys have them.
    private static func destination(isIPv4: Bool) -> [FirewallExpression] {
        [
            .meta(clinux_NFT_META_L4PROTO, into: .first),
            .payload(
                base: clinux_NFT_PAYLOAD_NETWORK_HEADER, offset: isIPv4 ? 16 : 24,
                length: isIPv4 ? 4 : 16, into: Register(1)),
            .payload(
                base: clinux_NFT_PAYLOAD_TRANSPORT_HEADER, offset: 2, length: 2,
                into: Register(isIPv4 ? 2 : 5)),
        ]
    }

    private static func key(_ isIPv4: Bool) -> String {
        "meta l4proto . \(isIPv4 ? "ip" : "ip6") daddr . th dport"
    }

    private static func family(_ isIPv4: Bool) -> UInt8 {
        UInt8(isIPv4 ? clinux_NFPROTO_IPV4 : clinux_NFPROTO_IPV6)
    }

    /// To an address and a port.
    static func publish(_ map: FirewallSet, isIPv4: Bool) -> Self {
        Self(
            "dnat \(isIPv4 ? "ip" : "ip6") to \(key(isIPv4)) map @\(map.name)",
            destination(isIPv4: isIPv4) + [
                .map(.first, through: map, into: .first),
                .translate(
                    family: family(isIPv4), address: .first, port: Register(isIPv4 ? 1 : 4)),
            ])
    }

    /// To an address, the port as it is.
    static func forward(_ map: FirewallSet, isIPv4: Bool) -> Self {
        Self(
            "dnat \(isIPv4 ? "ip" : "ip6") to \(key(isIPv4)) map @\(map.name)",
            destination(isIPv4: isIPv4) + [
                .map(.first, through: map, into: .first),
                .translate(family: family(isIPv4), address: .first, port: nil),
            ])
    }

    /// To one of several, by a number that is drawn.
    static func distribute(_ map: FirewallSet, isIPv4: Bool) -> Self {
        Self(
            "dnat \(isIPv4 ? "ip" : "ip6") to \(key(isIPv4)) . numgen random mod 100 map @\(map.name)",
            destination(isIPv4: isIPv4) + [
                .random(limit: 100, into: Register(isIPv4 ? 3 : 6)),
                .map(.first, through: map, into: .first),
                .translate(
                    family: family(isIPv4), address: .first, port: Register(isIPv4 ? 1 : 4)),
            ])
    }

    /// To a port of this host where a monitor listens.
    static func relay(_ map: FirewallSet, isIPv4: Bool) -> Self {
        Self(
            "redirect to :\(key(isIPv4)) map @\(map.name)",
            destination(isIPv4: isIPv4) + [
                .map(.first, through: map, into: .first), .redirect(port: .first),
            ])
    }

    // MARK: Names

    /// Questions for names, to the monitor of the container that asks.
    static func askMonitor(_ map: FirewallSet, isIPv4: Bool) -> Self {
        let (source, target): (UInt32, UInt32) = isIPv4 ? (12, 16) : (8, 24)
        let size: UInt32 = isIPv4 ? 4 : 16
        let family = isIPv4 ? "ip" : "ip6"
        return Self(
            "th dport 53 redirect to :meta l4proto . \(family) saddr . \(family) daddr map @\(map.name)",
            .meta(clinux_NFT_META_L4PROTO, into: .first),
            .payload(
                base: clinux_NFT_PAYLOAD_TRANSPORT_HEADER, offset: 2, length: 2, into: Register(9)),
            .compare(Register(9), isEqual: true, to: [0, 53]),
            .payload(
                base: clinux_NFT_PAYLOAD_NETWORK_HEADER, offset: source, length: size,
                into: Register(1)),
            .payload(
                base: clinux_NFT_PAYLOAD_NETWORK_HEADER, offset: target, length: size,
                into: Register(isIPv4 ? 2 : 5)),
            .map(.first, through: map, into: .first), .redirect(port: .first))
    }

    /// A 32-bit number as registers have it: in the host's order.
    private static func numberBytes(_ value: UInt32) -> [UInt8] {
        withUnsafeBytes(of: value) { Array($0) }
    }
}

extension FirewallClause {
    // MARK: On a bridge

    static let fromCable = input(in: .cables)

    /// The kind of packet (ETH_P_IP, …).
    static func ethernet(_ type: UInt16, _ name: String) -> Self {
        Self(
            "ether type \(name)", .meta(clinux_NFT_META_PROTOCOL, into: .first),
            .compare(.first, isEqual: true, to: [UInt8(type >> 8), UInt8(type & 0xFF)]))
    }

    /// Device and hardware address, in the first registers.
    private static let sender: [FirewallExpression] = [
        .meta(clinux_NFT_META_IIFNAME, into: .first),
        .payload(base: clinux_NFT_PAYLOAD_LL_HEADER, offset: 6, length: 6, into: Register(4)),
    ]

    static let foreignMAC = Self(
        "iifname . ether saddr != @\(FirewallSet.allowedMAC.name)",
        sender + [.member(.first, of: .allowedMAC, isMember: false)])

    /// The sender's address is not the container's own.
    /// - Parameter offset: of the address in the packet.
    static func foreignAddress(
        _ word: String, offset: UInt32, length: UInt32, _ set: FirewallSet
    ) -> Self {
        Self(
            "iifname . ether saddr . \(word) != @\(set.name)",
            sender + [
                .payload(
                    base: clinux_NFT_PAYLOAD_NETWORK_HEADER, offset: offset, length: length,
                    into: Register(6)),
                .member(.first, of: set, isMember: false),
            ])
    }

    /// A claim to be a router (RFC 4861, type 134).
    static let routerAdvertisement = Self(
        "icmpv6 type nd-router-advert", .meta(clinux_NFT_META_L4PROTO, into: .first),
        .compare(.first, isEqual: true, to: [58]),
        .payload(
            base: clinux_NFT_PAYLOAD_TRANSPORT_HEADER, offset: 0, length: 1, into: .first),
        .compare(.first, isEqual: true, to: [134]))
}

/// A rule of a chain.
struct FirewallRule: Equatable, Sendable {
    let clauses: [FirewallClause]
    init(_ clauses: FirewallClause...) { self.clauses = clauses }

    /// As `nft list` has it.
    var text: String { clauses.map(\.text).joined(separator: " ") }

    func creation(in chain: FirewallChain, of table: String) -> NetlinkMessage {
        var message = chain.family.message(
            clinux_NFT_MSG_NEWRULE, [.create, .append, .acknowledge])
        message.put(clinux_NFTA_RULE_TABLE, table)
        message.put(clinux_NFTA_RULE_CHAIN, chain.name)
        message.nest(clinux_NFTA_RULE_EXPRESSIONS) { list in
            for clause in clauses {
                for expression in clause.expressions { expression.put(into: &list) }
            }
        }
        return message
    }
}

/// A chain: where in a packet's way its rules are asked, and in which order with others'.
struct FirewallChain: Equatable, Sendable {
    let family: FirewallFamily
    let name: String
    /// "filter" or "nat".
    let type: String
    /// NF_INET_…; the bridge family's numbers are the same.
    let hook: Int64
    /// Lower comes first.
    let priority: Int32
    let rules: [FirewallRule]

    func creation(in table: String) -> NetlinkMessage {
        var message = family.message(clinux_NFT_MSG_NEWCHAIN, [.create, .acknowledge])
        message.put(clinux_NFTA_CHAIN_TABLE, table)
        message.put(clinux_NFTA_CHAIN_NAME, name)
        message.nest(clinux_NFTA_CHAIN_HOOK) {
            $0.putBig(clinux_NFTA_HOOK_HOOKNUM, UInt32(hook))
            $0.putBig(clinux_NFTA_HOOK_PRIORITY, priority)
        }
        message.putBig(clinux_NFTA_CHAIN_POLICY, UInt32(clinux_NF_ACCEPT))
        message.put(clinux_NFTA_CHAIN_TYPE, type)
        return message
    }
}
