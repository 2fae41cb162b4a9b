// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux
import Testing

@testable import Networking

@Suite struct LinkTests {
    /// A container's cable, made and set up as a start does it, then used.
    @Test func aPairLeadsFromTheBridgeIntoANamespace() throws {
        try inNewNetwork {
            try ThisProcess.raiseLoopback()
            var host = try NetlinkSocket(.route)
            let gateway = try #require(AddressWithPrefix(parsing: "172.17.0.1/16"))
            let bridge = Bridge(name: "sw0", addresses: [gateway], mtu: 1400)
            let index = try bridge.establish(on: &host)
            #expect(try bridge.establish(on: &host) == index)

            let here = try OwnedFD.open("/proc/thread-self/ns/net")
            try Namespaces.unshare(.network)
            let there = try OwnedFD.open("/proc/thread-self/ns/net")
            try Namespaces.join(here.raw, .network)

            let address = try #require(AddressWithPrefix(parsing: "172.17.0.2/16"))
            let mac = try #require(MACAddress(parsing: "02:42:ac:11:00:02"))
            let pair = VethPair(
                hostName: "veth1", bridge: index, peerName: "eth0", peerAddress: mac, mtu: 1400)
            try host.send([pair.creation(in: there.raw)])

            try Namespaces.join(there.raw, .network)
            var inside = try NetlinkSocket(.route)
            try InterfaceSetup(
                name: "eth0", addresses: [address], gateways: [gateway.address]
            ).establish(on: &inside)
            let links = try inside.links()
            let own = try #require(links.first { $0.name == "eth0" })
            #expect(own.isUp && own.hardwareAddress == mac && own.mtu == 1400 && own.kind == "veth")
            let routes = try inside.routes()
            #expect(routes.contains { $0.gateway == gateway.address && $0.destination.prefix == 0 })
            #expect(try inside.addresses().contains { $0.1 == address })
            #expect(output(of: "ping -c 1 -W 5 172.17.0.1").contains(" 0% packet loss"))
            try Namespaces.join(here.raw, .network)

            let end = try #require(try host.link(named: "veth1"))
            #expect(end.master == index && end.isUp)
            #expect(throws: NetlinkError(errno: .exists)) {
                do throws(NetlinkError) { try host.send([pair.creation(in: there.raw)]) } catch {
                    throw NetlinkError(errno: error.errno)
                }
            }
            try host.removeLink(named: "veth1")
            try host.removeLink(named: "veth1")
            #expect(try host.link(named: "veth1") == nil)
        }
    }

    /// A device of another kind is not taken for our bridge.
    @Test func aNameInUseIsAnError() throws {
        try inNewNetwork {
            var host = try NetlinkSocket(.route)
            _ = output(of: "ip link add sw0 type veth peer name sw1")
            #expect(throws: NetlinkError.self) {
                try Bridge(name: "sw0", addresses: []).establish(on: &host)
            }
        }
    }
}
