// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// A bridge: a switch in the kernel that containers' devices are plugged into.
public struct Bridge: Equatable, Sendable {
    /// At most 15 bytes.
    public var name: String
    /// The host's own addresses on it: the containers' gateways.
    public var addresses: [AddressWithPrefix]
    /// Bytes of a packet; nil for the kernel's 1500.
    public var mtu: Int?

    public init(name: String, addresses: [AddressWithPrefix], mtu: Int? = nil) {
        self.name = name
        self.addresses = addresses
        self.mtu = mtu
    }

    /// A hardware address of its own keeps it from changing as devices come and go.
    private var hardwareAddress: MACAddress {
        for case .v4(let address) in addresses.map(\.address) { return MACAddress(for: address) }
        let number = addresses.first.map { UInt64(truncatingIfNeeded: $0.address.number) } ?? 0
        return MACAddress(0x0242_0000_0000 | number & 0xFFFF_FFFF)
    }

    /// The request that makes it, up and without the delay that a switch's new ports have.
    var creation: NetlinkMessage {
        var message = NetlinkMessage(
            UInt16(clinux_RTM_NEWLINK), [.create, .exclusive, .acknowledge],
            fixed: LinkMessages.device(flags: clinux_IFF_UP, change: clinux_IFF_UP))
        message.put(clinux_IFLA_IFNAME, name)
        message.put(clinux_IFLA_ADDRESS, hardwareAddress.bytes)
        if let mtu { message.put(clinux_IFLA_MTU, UInt32(clamping: mtu)) }
        message.nest(clinux_IFLA_LINKINFO) {
            $0.put(clinux_IFLA_INFO_KIND, "bridge".utf8)
            $0.nest(clinux_IFLA_INFO_DATA) {
                $0.put(clinux_IFLA_BR_FORWARD_DELAY, UInt32(0))
                $0.put(clinux_IFLA_BR_MCAST_SNOOPING, UInt8(0))
            }
        }
        return message
    }

    /// Makes the bridge in the socket's namespace, or takes the one that is there, and gives it its
    /// addresses.
    /// - Returns: its index.
    public func establish(on socket: inout NetlinkSocket) throws(NetlinkError) -> Int32 {
        do throws(NetlinkError) { try socket.send([creation]) } catch {
            guard error.errno == .exists else { throw error }
        }
        guard let link = try socket.link(named: name) else {
            throw NetlinkError(errno: .noDevice)
        }
        guard link.kind == "bridge" else { throw NetlinkError(errno: .exists) }
        var messages = addresses.map { LinkMessages.addAddress($0, to: link.index) }
        if !link.isUp { messages.append(LinkMessages.raise(link.index)) }
        try socket.send(messages)
        return link.index
    }
}

/// A pair of devices, a cable: one end is plugged into a bridge, the other lies in a container.
public struct VethPair: Equatable, Sendable {
    /// The end on the host, at most 15 bytes.
    public var hostName: String
    /// The index of the bridge that the host's end is plugged into.
    public var bridge: Int32
    /// The end in the container: "eth0".
    public var peerName: String
    public var peerAddress: MACAddress
    /// Bytes of a packet; nil for the kernel's 1500.
    public var mtu: Int?
    /// Whether the bridge passes nothing on between this cable and others that are isolated too.
    public var isIsolated: Bool

    public init(
        hostName: String, bridge: Int32, peerName: String, peerAddress: MACAddress,
        mtu: Int? = nil, isIsolated: Bool = false
    ) {
        self.hostName = hostName
        self.bridge = bridge
        self.peerName = peerName
        self.peerAddress = peerAddress
        self.mtu = mtu
        self.isIsolated = isIsolated
    }

    /// The request that makes both ends, the container's one in its namespace at once, the host's
    /// one plugged in and up.
    /// - Parameter namespace: the container's network namespace, open.
    public func creation(in namespace: CInt) -> NetlinkMessage {
        var message = NetlinkMessage(
            UInt16(clinux_RTM_NEWLINK), [.create, .exclusive, .acknowledge],
            fixed: LinkMessages.device(flags: clinux_IFF_UP, change: clinux_IFF_UP))
        message.put(clinux_IFLA_IFNAME, hostName)
        message.put(clinux_IFLA_MASTER, bridge)
        if let mtu { message.put(clinux_IFLA_MTU, UInt32(clamping: mtu)) }
        message.nest(clinux_IFLA_LINKINFO) {
            $0.put(clinux_IFLA_INFO_KIND, "veth".utf8)
            $0.nest(clinux_IFLA_INFO_DATA) {
                $0.nest(clinux_VETH_INFO_PEER, fixed: LinkMessages.device()) {
                    $0.put(clinux_IFLA_IFNAME, peerName)
                    $0.put(clinux_IFLA_ADDRESS, peerAddress.bytes)
                    $0.put(clinux_IFLA_NET_NS_FD, UInt32(bitPattern: namespace))
                    if let mtu { $0.put(clinux_IFLA_MTU, UInt32(clamping: mtu)) }
                }
            }
        }
        return message
    }
}

extension VethPair {
    /// The request for how the bridge treats the cable.
    /// - Parameter reflects: lets the bridge send a packet back to the container that it came from, as
    ///   a container needs that reaches itself through a port of the host: only where bridged packets
    ///   pass the host's rules too (br_netfilter). Elsewhere the host routes them, and a bridge that
    ///   sends a container's broadcasts back to it makes it take its own address for another's.
    public func treatment(index: Int32, reflects: Bool) -> NetlinkMessage {
        var message = NetlinkMessage(
            UInt16(clinux_RTM_SETLINK), .acknowledge,
            fixed: LinkMessages.device(index: index, family: UInt8(AF_BRIDGE)))
        message.nest(clinux_IFLA_PROTINFO) {
            if reflects { $0.put(clinux_IFLA_BRPORT_MODE, UInt8(1)) }
            if isIsolated { $0.put(clinux_IFLA_BRPORT_ISOLATED, UInt8(1)) }
        }
        return message
    }

    /// Makes the cable.
    /// - Parameter namespace: the container's network namespace, open.
    public func establish(
        in namespace: CInt, on socket: inout NetlinkSocket
    ) throws(NetlinkError) {
        try socket.send([creation(in: namespace)])
        let setting = try? contents(of: "/proc/sys/net/bridge/bridge-nf-call-iptables", limit: 8)
        let reflects = setting?.first == UInt8(ascii: "1")
        guard reflects || isIsolated else { return }
        let index = Int32(bitPattern: if_nametoindex(hostName))
        if index > 0 { try socket.send([treatment(index: index, reflects: reflects)]) }
    }
}

/// What a device in a container is to be.
public struct InterfaceSetup: Equatable, Sendable {
    /// "eth0".
    public var name: String
    public var addresses: [AddressWithPrefix]
    /// The way out, at most one for each family; none in an internal network.
    public var gateways: [IPAddress]

    public init(name: String, addresses: [AddressWithPrefix], gateways: [IPAddress]) {
        self.name = name
        self.addresses = addresses
        self.gateways = gateways
    }

    /// Sets the device up in the process's network namespace.
    /// - Parameter socket: opened in this namespace.
    public func establish(on socket: inout NetlinkSocket) throws(NetlinkError) {
        let index = Int32(bitPattern: if_nametoindex(name))
        guard index > 0 else { throw NetlinkError(errno: .noDevice) }
        setFamilies()
        try socket.send(messages(for: index))
    }

    /// The requests, in the order that the kernel wants: routes need a device that is up.
    func messages(for index: Int32) -> [NetlinkMessage] {
        addresses.map { LinkMessages.addAddress($0, to: index) }
            + [LinkMessages.raise(index)]
            + gateways.map {
                LinkMessages.route(
                    clinux_RTM_NEWROUTE, through: $0, on: index,
                    family: LinkMessages.family(of: $0))
            }
    }

    /// Without an IPv6 address of its own the device does not speak it at all; with one it believes
    /// nobody who claims to be a router (CVE-2020-13401). What cannot be set is not there.
    private func setFamilies() {
        let hasIPv6 = addresses.contains { !$0.address.isIPv4 }
        let (key, value) = hasIPv6 ? ("accept_ra", "0") : ("disable_ipv6", "1")
        guard
            let file = try? OwnedFD.open(
                "/proc/sys/net/ipv6/conf/\(name)/\(key)", O_WRONLY | O_NOFOLLOW),
            FilesystemKind(of: file.raw) == .proc
        else { return }
        try? file.writeAll(Array(value.utf8))
    }
}
