// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import Networking

/// What networks need of the host's kernel: bridges, forwarding, and our firewall tables. All of it
/// may be gone at any time, after a reboot or by somebody's hand, so it is looked at before each use
/// and made where it is missing.
struct HostNetwork: ~Copyable {
    private var routes: NetlinkSocket
    private var firewall: Firewall

    init(table: String) throws(NetlinkError) {
        let routes = try Self.openRoutes()
        let firewall = try Firewall(table: table)
        self.routes = routes
        self.firewall = firewall
    }

    static func openRoutes() throws(NetlinkError) -> NetlinkSocket {
        do throws(Errno) { return try NetlinkSocket(.route) } catch {
            throw NetlinkError(errno: error)
        }
    }

    /// Whether the host has a device of this name.
    static func hasLink(_ name: String) -> Bool { if_nametoindex(name) > 0 }

    /// Makes sure of a network's bridge.
    /// - Returns: its index.
    mutating func establish(_ network: Network) throws -> Int32 {
        let name = network.bridgeName
        do throws(NetlinkError) {
            if let link = try routes.link(named: name), link.kind == "bridge", link.isUp {
                return link.index
            }
            let bridge = Bridge(
                name: name, addresses: network.record.gateways, mtu: network.record.mtu)
            let index = try bridge.establish(on: &routes)
            try? HostSettings.prepare(bridge: name, network.record)
            return index
        } catch { throw KernelError(action: "make the bridge \(name)", errno: error.errno) }
    }

    /// Whether our tables are there as they should be.
    mutating func hasRules() throws -> Bool {
        do throws(NetlinkError) { return try firewall.isCurrent() } catch {
            throw KernelError(action: "read nftables' rules", errno: error.errno)
        }
    }

    /// Makes our tables anew with these elements.
    mutating func rebuildRules(with elements: [FirewallElement]) throws {
        do throws(NetlinkError) { try firewall.rebuild(with: elements) } catch {
            throw KernelError(action: "make nftables' rules", errno: error.errno)
        }
    }

    /// Adds and removes elements at once.
    mutating func change(
        adding new: [FirewallElement], removing old: [FirewallElement] = []
    ) throws(NetlinkError) {
        try firewall.change(adding: new, removing: old)
    }

    /// Removes what is there of these elements.
    mutating func remove(_ elements: [FirewallElement]) { firewall.remove(elements) }

    /// Lets senders of datagrams that were led to these addresses be led anew.
    mutating func forgetDatagrams(to addresses: [IPAddress]) {
        firewall.forgetConnections(to: addresses, .udp)
    }

    /// Removes a bridge. What is plugged into it loses its way.
    mutating func removeBridge(of network: Network) {
        guard Self.hasLink(network.bridgeName) else { return }
        try? routes.removeLink(named: network.bridgeName)
        firewall.remove(network.elements)
    }

    /// Removes our tables.
    mutating func removeRules() { try? firewall.removeTables() }

    /// Removes cables by their names; those that are gone are no error.
    mutating func removeCables(_ names: [String]) {
        for name in names { try? routes.removeLink(named: name) }
    }

    /// A device of the host; nil when there is none of this name.
    mutating func link(named name: String) -> Link? { try? routes.link(named: name) }

    /// Plugs a cable that is there into a bridge that was made again.
    mutating func plugAgain(_ cable: String, into bridge: Int32) {
        guard let link = try? routes.link(named: cable), link.master != bridge else { return }
        try? routes.plug(link.index, into: bridge)
    }

    /// Plugs a running container into a bridge.
    /// - Parameter namespace: its network namespace, open.
    mutating func plug(_ pair: VethPair, into namespace: CInt) throws {
        do throws(NetlinkError) { try pair.establish(in: namespace, on: &routes) } catch {
            throw KernelError(action: "make the cable \(pair.hostName)", errno: error.errno)
        }
    }
}

/// Settings of the kernel below /proc/sys/net that bridges need.
enum HostSettings {
    static func prepare(bridge: String, _ record: NetworkRecord) throws(KernelError) {
        try set("ipv4/ip_forward", "1")
        // Connections to 127.0.0.1 may be led to the bridge. What comes from it with such an address
        // the firewall's first rule drops.
        try set("ipv4/conf/\(bridge)/route_localnet", "1")
        // The host believes no router among its containers.
        try? set("ipv6/conf/\(bridge)/accept_ra", "0")
        if record.hasIPv6 {
            try forwardIPv6()
        } else {
            try? set("ipv6/conf/\(bridge)/disable_ipv6", "1")
        }
    }

    /// A host that forwards IPv6 stops believing routers, its own network's too: devices that do now
    /// are told to go on (2: even when forwarding).
    private static func forwardIPv6() throws(KernelError) {
        guard read("ipv6/conf/all/forwarding") != "1" else { return }
        for name in (try? names(in: "/proc/sys/net/ipv6/conf")) ?? []
        where !["all", "default", "lo"].contains(name) && read("ipv6/conf/\(name)/accept_ra") == "1"
        {
            try set("ipv6/conf/\(name)/accept_ra", "2")
        }
        try set("ipv6/conf/all/forwarding", "1")
    }

    private static func read(_ key: String) -> String {
        let bytes = (try? contents(of: "/proc/sys/net/\(key)", limit: 64)) ?? []
        return String(decoding: bytes.prefix { $0 > 0x20 }, as: UTF8.self)
    }

    private static func set(_ key: String, _ value: String) throws(KernelError) {
        if read(key) == value { return }
        try attempting("set /proc/sys/net/\(key)") { () throws(Errno) in
            try OwnedFD.open("/proc/sys/net/\(key)", O_WRONLY).writeAll(Array(value.utf8))
        }
    }
}
