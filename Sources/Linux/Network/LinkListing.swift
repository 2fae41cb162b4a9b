// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// A network device as the kernel describes it.
public struct Link: Equatable, Sendable {
    public let index: Int32
    public let name: String
    /// "bridge", "veth"; empty for hardware.
    public let kind: String
    public let isUp: Bool
    /// The index of the bridge that it is plugged into; 0 for none.
    public let master: Int32
    public let hardwareAddress: MACAddress?
    public let mtu: Int
    /// Bytes and packets since it was made.
    public let received: Traffic
    public let sent: Traffic

    /// What passed a device.
    public struct Traffic: Equatable, Sendable {
        public var bytes: UInt64 = 0
        public var packets: UInt64 = 0
        public var errors: UInt64 = 0
        public var dropped: UInt64 = 0
    }

    init(_ answer: NetlinkAnswer) {
        index = answer.fixed(4, as: Int32.self)
        isUp = answer.fixed(8, as: UInt32.self) & UInt32(clinux_IFF_UP) != 0
        let attributes = answer.attributes(after: 16)
        name = attributes[clinux_IFLA_IFNAME]?.text ?? ""
        kind = attributes[clinux_IFLA_LINKINFO]?.nested[clinux_IFLA_INFO_KIND]?.text ?? ""
        master = attributes[clinux_IFLA_MASTER]?.number(as: Int32.self) ?? 0
        mtu = Int(attributes[clinux_IFLA_MTU]?.number(as: UInt32.self) ?? 0)
        hardwareAddress = attributes[clinux_IFLA_ADDRESS].flatMap {
            $0.value.count == 6
                ? MACAddress($0.value.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }) : nil
        }
        // struct rtnl_link_stats64: packets, bytes, errors, dropped, each received then sent.
        let counters = NetlinkAnswer(
            type: 0, payload: attributes[clinux_IFLA_STATS64]?.value ?? [])
        func count(_ number: Int) -> UInt64 { counters.fixed(number * 8, as: UInt64.self) }
        received = Traffic(bytes: count(2), packets: count(0), errors: count(4), dropped: count(6))
        sent = Traffic(bytes: count(3), packets: count(1), errors: count(5), dropped: count(7))
    }
}

/// A way to a range of addresses.
public struct Route: Equatable, Sendable {
    /// /0 for the default route.
    public let destination: Subnet
    public let gateway: IPAddress?
    /// The index of the device; 0 when it has none.
    public let link: Int32
    public let table: UInt32
}

extension NetlinkSocket {
    /// All devices of the socket's namespace.
    public mutating func links() throws(NetlinkError) -> [Link] {
        var found: [Link] = []
        try ask(
            NetlinkMessage(UInt16(clinux_RTM_GETLINK), .dump, fixed: LinkMessages.device())
        ) { found.append(Link($0)) }
        return found
    }

    /// The device of this name; nil when there is none.
    public mutating func link(named name: String) throws(NetlinkError) -> Link? {
        var message = NetlinkMessage(
            UInt16(clinux_RTM_GETLINK), .acknowledge, fixed: LinkMessages.device())
        message.put(clinux_IFLA_IFNAME, name)
        var found: Link?
        do throws(NetlinkError) {
            try ask(message) { found = Link($0) }
        } catch { if error.errno != .noDevice { throw error } }
        return found
    }

    /// Removes a device; one that is not there is none's loss.
    public mutating func removeLink(named name: String) throws(NetlinkError) {
        var message = NetlinkMessage(
            UInt16(clinux_RTM_DELLINK), .acknowledge, fixed: LinkMessages.device())
        message.put(clinux_IFLA_IFNAME, name)
        do throws(NetlinkError) { try send([message]) } catch {
            if error.errno != .noDevice { throw error }
        }
    }

    /// Makes a bridge the master of a device.
    public mutating func plug(_ index: Int32, into bridge: Int32) throws(NetlinkError) {
        var message = NetlinkMessage(
            UInt16(clinux_RTM_SETLINK), .acknowledge, fixed: LinkMessages.device(index: index))
        message.put(clinux_IFLA_MASTER, UInt32(bitPattern: bridge))
        try send([message])
    }

    /// All addresses of the host with the index of their devices.
    public mutating func addresses() throws(NetlinkError) -> [(link: Int32, AddressWithPrefix)] {
        var found: [(link: Int32, AddressWithPrefix)] = []
        try ask(
            NetlinkMessage(
                UInt16(clinux_RTM_GETADDR), .dump, fixed: [0, 0, 0, 0, 0, 0, 0, 0])
        ) { answer in
            let attributes = answer.attributes(after: 8)
            let own = attributes[clinux_IFA_LOCAL] ?? attributes[clinux_IFA_ADDRESS]
            guard let own, let address = IPAddress(bytes: own.value),
                let complete = AddressWithPrefix(
                    address, prefix: Int(answer.fixed(1, as: UInt8.self)))
            else { return }
            found.append((answer.fixed(4, as: Int32.self), complete))
        }
        return found
    }

    /// All routes of all tables.
    public mutating func routes() throws(NetlinkError) -> [Route] {
        var found: [Route] = []
        let fixed = [UInt8](repeating: 0, count: 12)
        try ask(NetlinkMessage(UInt16(clinux_RTM_GETROUTE), .dump, fixed: fixed)) { answer in
            if let route = Route(answer) { found.append(route) }
        }
        return found
    }
}

extension Route {
    fileprivate init?(_ answer: NetlinkAnswer) {
        let attributes = answer.attributes(after: 12)
        let isIPv4 = answer.fixed(0, as: UInt8.self) == UInt8(AF_INET)
        guard isIPv4 || answer.fixed(0, as: UInt8.self) == UInt8(AF_INET6) else { return nil }
        let none = isIPv4 ? IPAddress.v4(IPv4Address(0)) : .v6(IPv6Address(0))
        let address = attributes[clinux_RTA_DST].flatMap { IPAddress(bytes: $0.value) } ?? none
        guard let destination = Subnet(address, prefix: Int(answer.fixed(1, as: UInt8.self)))
        else { return nil }
        self.destination = destination
        gateway = attributes[clinux_RTA_GATEWAY].flatMap { IPAddress(bytes: $0.value) }
        link = attributes[clinux_RTA_OIF]?.number(as: Int32.self) ?? 0
        table =
            attributes[clinux_RTA_TABLE]?.number(as: UInt32.self)
            ?? UInt32(answer.fixed(4, as: UInt8.self))
    }
}
