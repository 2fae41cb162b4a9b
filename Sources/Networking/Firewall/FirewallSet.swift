// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Linux

/// One part of a set's key or of a map's value, with nftables' number for its type: the kernel does
/// not look at that number, but `nft list` prints by it.
enum FirewallField: UInt32, Sendable {
    case interface = 41
    case hardwareAddress = 9
    case ipv4 = 7
    case ipv6 = 8
    case transport = 12
    case port = 13
    case number = 4

    /// Bytes of the value; in a key each part is padded to a multiple of four.
    var size: Int {
        switch self {
        case .interface, .ipv6: 16
        case .hardwareAddress: 6
        case .ipv4, .number: 4
        case .transport: 1
        case .port: 2
        }
    }

    var paddedSize: Int { (size + 3) & ~3 }

    /// nftables' number of a row of types: six bits each.
    static func type(of fields: [FirewallField]) -> UInt32 {
        fields.reduce(0) { $0 << 6 | $1.rawValue }
    }

    static func size(of fields: [FirewallField]) -> Int {
        fields.count == 1 ? fields[0].size : fields.reduce(0) { $0 + $1.paddedSize }
    }
}

/// A set or a map of our tables. All that changes as containers come and go are its elements; the
/// rules that look into it stay as they are.
public struct FirewallSet: Equatable, Sendable {
    /// Which of the two tables has it.
    public let family: FirewallFamily
    public let name: String
    let key: [FirewallField]
    /// What an element leads to; empty for a set.
    let value: [FirewallField]
    /// Whether elements are ranges in each part of the key.
    let hasRanges: Bool

    init(
        _ name: String, _ key: [FirewallField], to value: [FirewallField] = [],
        ranges: Bool = false, in family: FirewallFamily = .inet
    ) {
        self.family = family
        self.name = name
        self.key = key
        self.value = value
        hasRanges = ranges
    }

    /// Networks' bridges.
    static let bridges = FirewallSet("bridges", [.interface])
    /// The bridges of networks that nothing may leave.
    static let internalBridges = FirewallSet("internal", [.interface])
    /// The bridges of networks whose packets leave with the host's address.
    static let masqueraded = FirewallSet("masqueraded", [.interface])
    /// Each bridge with itself: what comes in and goes out on the same one.
    static let pairs = FirewallSet("pairs", [.interface, .interface])
    /// Each network's addresses with themselves: who reaches a neighbour through the host's port.
    static let neighbours4 = FirewallSet("neighbours4", [.ipv4, .ipv4], ranges: true)
    static let neighbours6 = FirewallSet("neighbours6", [.ipv6, .ipv6], ranges: true)
    /// Protocol, address and port of the host, to a container's address and port.
    static let published4 = FirewallSet(
        "published4", [.transport, .ipv4, .port], to: [.ipv4, .port], ranges: true)
    static let published6 = FirewallSet(
        "published6", [.transport, .ipv6, .port], to: [.ipv6, .port], ranges: true)
    /// The same where the port stays what it was: a range of any size is one element.
    static let forwarded4 = FirewallSet(
        "forwarded4", [.transport, .ipv4, .port], to: [.ipv4], ranges: true)
    static let forwarded6 = FirewallSet(
        "forwarded6", [.transport, .ipv6, .port], to: [.ipv6], ranges: true)
    /// With a number from 0 to 99 that is drawn for each new connection.
    static let weighted4 = FirewallSet(
        "weighted4", [.transport, .ipv4, .port, .number], to: [.ipv4, .port], ranges: true)
    static let weighted6 = FirewallSet(
        "weighted6", [.transport, .ipv6, .port, .number], to: [.ipv6, .port], ranges: true)
    /// What address translation cannot reach, to a port of the host where the container's monitor
    /// listens.
    static let relayed4 = FirewallSet(
        "relayed4", [.transport, .ipv4, .port], to: [.port], ranges: true)
    static let relayed6 = FirewallSet(
        "relayed6", [.transport, .ipv6, .port], to: [.port], ranges: true)
    /// The ends of cables to containers.
    static let cables = FirewallSet("cables", [.interface], in: .bridge)
    /// Which addresses may be sent from on which cable.
    static let allowedMAC = FirewallSet("senders", [.interface, .hardwareAddress], in: .bridge)
    static let allowed4 = FirewallSet(
        "senders4", [.interface, .hardwareAddress, .ipv4], in: .bridge)
    static let allowed6 = FirewallSet(
        "senders6", [.interface, .hardwareAddress, .ipv6], in: .bridge)

    /// Every set, in the order in which they are made.
    static let all = [
        bridges, internalBridges, masqueraded, pairs, neighbours4, neighbours6, published4,
        published6,
        forwarded4, forwarded6, weighted4,
        weighted6, relayed4, relayed6, cables, allowedMAC, allowed4, allowed6,
    ]

    /// The request that makes it.
    func creation(number: UInt32, in table: String) -> NetlinkMessage {
        var flags: Int64 = 0
        if hasRanges { flags |= clinux_NFT_SET_INTERVAL | clinux_NFT_SET_CONCAT }
        if !value.isEmpty { flags |= clinux_NFT_SET_MAP }
        var message = family.message(clinux_NFT_MSG_NEWSET, [.create, .acknowledge])
        message.put(clinux_NFTA_SET_TABLE, table)
        message.put(clinux_NFTA_SET_NAME, name)
        message.putBig(clinux_NFTA_SET_FLAGS, UInt32(flags))
        message.putBig(clinux_NFTA_SET_KEY_TYPE, FirewallField.type(of: key))
        message.putBig(clinux_NFTA_SET_KEY_LEN, UInt32(FirewallField.size(of: key)))
        if !value.isEmpty {
            message.putBig(clinux_NFTA_SET_DATA_TYPE, FirewallField.type(of: value))
            message.putBig(clinux_NFTA_SET_DATA_LEN, UInt32(FirewallField.size(of: value)))
        }
        message.putBig(clinux_NFTA_SET_ID, number)
        // For nft(8) alone: names of devices are text, not a number to be turned round.
        if key == [.interface] { message.put(clinux_NFTA_SET_USERDATA, [0, 4, 1, 0, 0, 0]) }
        if hasRanges {
            message.nest(clinux_NFTA_SET_DESC) {
                $0.nest(clinux_NFTA_SET_DESC_CONCAT) { list in
                    for field in key {
                        list.nest(clinux_NFTA_LIST_ELEM) {
                            $0.putBig(clinux_NFTA_SET_FIELD_LEN, UInt32(field.size))
                        }
                    }
                }
            }
        }
        return message
    }
}

/// Which packets a table sees.
public enum FirewallFamily: Sendable {
    /// Packets of IPv4 and IPv6 that this host routes, receives or sends.
    case inet
    /// Packets that a bridge passes on.
    case bridge

    var number: UInt8 {
        switch self {
        case .inet: UInt8(clinux_NFPROTO_INET)
        case .bridge: UInt8(clinux_NFPROTO_BRIDGE)
        }
    }

    /// A request of nf_tables about this family (`struct nfgenmsg`).
    func message(_ type: Int64, _ flags: NetlinkMessage.Flags) -> NetlinkMessage {
        NetlinkMessage(
            UInt16(clinux_NFNL_SUBSYS_NFTABLES << 8 | type), flags, fixed: [number, 0, 0, 0])
    }
}
