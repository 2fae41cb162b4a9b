// SPDX-License-Identifier: Apache-2.0

public import Linux

extension FirewallElement {
    /// What our rules must know of a network.
    /// - Parameters:
    ///   - bridge: the name of its device.
    ///   - subnets: its addresses.
    ///   - isInternal: whether nothing may leave it.
    ///   - isIsolated: whether its containers may not reach each other.
    ///   - masquerades: whether what leaves it bears the host's address.
    public static func network(
        bridge: String, subnets: [Subnet], isInternal: Bool, isIsolated: Bool = false,
        masquerades: Bool = true
    ) -> [FirewallElement] {
        let name = FirewallValue.interface(bridge)
        let common =
            [FirewallElement(.bridges, [name])]
            + (isIsolated ? [] : [FirewallElement(.pairs, [name, name])])
            + (masquerades ? [FirewallElement(.masqueraded, [name])] : [])
            + subnets.map { subnet in
                FirewallElement(
                    subnet.isIPv4 ? .neighbours4 : .neighbours6,
                    [.address(subnet.base), .address(subnet.base)],
                    through: [.address(subnet.last), .address(subnet.last)])
            }
        return isInternal ? common + [FirewallElement(.internalBridges, [name])] : common
    }

    /// What our rules must know of a container's place in a network: who may send on its cable.
    /// - Parameters:
    ///   - cable: the name of the cable's end on the host.
    ///   - mac: the hardware address of the other end.
    ///   - addresses: the container's.
    public static func endpoint(
        cable: String, mac: MACAddress, addresses: [IPAddress]
    ) -> [FirewallElement] {
        let sender = [FirewallValue.interface(cable), .hardwareAddress(mac)]
        var elements = [
            FirewallElement(.cables, [.interface(cable)]), FirewallElement(.allowedMAC, sender),
        ]
        elements += addresses.filter(\.isIPv4).map {
            FirewallElement(.allowed4, sender + [.address($0)])
        }
        let ipv6 = addresses.filter { !$0.isIPv4 }
        guard !ipv6.isEmpty else { return elements }
        // Neighbours are found with the address that the device gives itself, or with none yet.
        let own = ipv6 + [.v6(.linkLocal(of: mac)), .v6(IPv6Address(0))]
        return elements + own.map { FirewallElement(.allowed6, sender + [.address($0)]) }
    }
}

/// The number of a protocol above IP (https://www.iana.org/assignments/protocol-numbers).
public enum TransportNumber: UInt8, Sendable {
    case tcp = 6
    case udp = 17
    case sctp = 132
}

/// Ports of this host that lead to a container's.
public struct PublishedPorts: Hashable, Sendable {
    public var transport: TransportNumber
    /// One of this host's addresses; nil for all of them.
    public var hostAddress: IPAddress?
    public var hostPorts: ClosedRange<UInt16>
    /// The container's; of the same family as the host's.
    public var address: IPAddress
    /// The first of the container's ports: as many follow as the host has.
    public var firstPort: UInt16

    public init(
        _ transport: TransportNumber, hostAddress: IPAddress? = nil,
        hostPorts: ClosedRange<UInt16>, to address: IPAddress, firstPort: UInt16
    ) {
        self.transport = transport
        self.hostAddress = hostAddress
        self.hostPorts = hostPorts
        self.address = address
        self.firstPort = firstPort
    }

    /// The elements of our maps: one, however many ports, where the numbers stay the same.
    public var elements: [FirewallElement] {
        if hostPorts.lowerBound == firstPort {
            return [
                Self.element(
                    address.isIPv4 ? .forwarded4 : .forwarded6, transport, on: hostAddress,
                    isIPv4: address.isIPv4, hostPorts, to: [.address(address)])
            ]
        }
        return zip(hostPorts, firstPort...).map { hostPort, port in
            Self.element(
                address.isIPv4 ? .published4 : .published6, transport, on: hostAddress,
                isIPv4: address.isIPv4, hostPort...hostPort, to: [.address(address), .port(port)])
        }
    }

    /// Ports of this host that lead to a monitor, which passes on what address translation cannot:
    /// ::1 to a container without IPv6.
    /// - Parameter hostAddress: nil for all of this host's addresses of the family.
    public static func relay(
        _ transport: TransportNumber, on hostAddress: IPAddress?, isIPv4: Bool,
        _ hostPorts: ClosedRange<UInt16>, to port: UInt16
    ) -> FirewallElement {
        element(
            isIPv4 ? .relayed4 : .relayed6, transport, on: hostAddress, isIPv4: isIPv4, hostPorts,
            to: [.port(port)])
    }

    /// One port of this host that leads to several containers, to each as often as its share says.
    /// - Parameter shares: of new connections in percent, 100 in all.
    public static func distribution(
        _ transport: TransportNumber, on hostAddress: IPAddress?, port: UInt16,
        among shares: [(address: IPAddress, port: UInt16, percent: UInt8)]
    ) -> [FirewallElement] {
        var elements: [FirewallElement] = []
        var first: UInt8 = 0
        for share in shares where share.percent > 0 {
            let isIPv4 = share.address.isIPv4
            let (low, high) = bounds(hostAddress, isIPv4: isIPv4)
            let start = [FirewallValue.transport(transport.rawValue), .address(low), .port(port)]
            let end = [FirewallValue.transport(transport.rawValue), .address(high), .port(port)]
            elements.append(
                FirewallElement(
                    isIPv4 ? .weighted4 : .weighted6, start + [.number(first)],
                    through: end + [.number(first + share.percent - 1)],
                    to: [.address(share.address), .port(share.port)]))
            first += share.percent
        }
        return elements
    }

    private static func element(
        _ map: FirewallSet, _ transport: TransportNumber, on hostAddress: IPAddress?, isIPv4: Bool,
        _ ports: ClosedRange<UInt16>, to value: [FirewallValue]
    ) -> FirewallElement {
        let (low, high) = bounds(hostAddress, isIPv4: isIPv4)
        return FirewallElement(
            map, [.transport(transport.rawValue), .address(low), .port(ports.lowerBound)],
            through: [.transport(transport.rawValue), .address(high), .port(ports.upperBound)],
            to: value)
    }

    private static func bounds(
        _ address: IPAddress?, isIPv4: Bool
    ) -> (IPAddress, IPAddress) {
        if let address, !address.isUnspecified { return (address, address) }
        return isIPv4
            ? (.v4(IPv4Address(0)), .v4(IPv4Address(.max)))
            : (.v6(IPv6Address(0)), .v6(IPv6Address(.max)))
    }
}
