// SPDX-License-Identifier: Apache-2.0

import Linux
import Testing

@testable import Networking

@Suite struct FirewallTests {
    @Test func theKernelTakesTheRules() throws {
        try inNewNetwork {
            var firewall = try Firewall()
            #expect(try !firewall.isCurrent())
            try firewall.rebuild(with: [])
            #expect(try firewall.isCurrent())
            _ = output(of: "nft flush ruleset")
            #expect(try !firewall.isCurrent())
        }
    }

    /// nft(8) reads our rules back as the text that we give out for them.
    @Test func nftListsWhatTheTextSays() throws {
        let listed = try inNewNetwork {
            var firewall = try Firewall()
            try firewall.rebuild(with: [])
            return output(of: "nft list ruleset")
        }
        let rules = Ruleset.chains.flatMap(\.rules).map(\.text)
        // Where something implies a condition, nft does not repeat it.
        let implied = [
            "meta nfproto ipv4 ", "meta nfproto ipv6 ", "ether type ip ",
            "ether type arp ", "ether type ip6 ",
        ]
        func plain(_ text: String) -> String {
            implied.reduce(text) { text, part in
                text.split(separator: part, omittingEmptySubsequences: false).joined()
            }
        }
        let lines = Set(
            listed.split(separator: "\n").map { line in
                plain(String(line.drop { $0 == "\t" }))
            })
        for rule in rules { #expect(lines.contains(plain(rule)), "\(rule)") }
    }

    @Test func elementsComeAndGo() throws {
        try inNewNetwork {
            var firewall = try Firewall()
            let address = try #require(IPAddress(parsing: "172.17.0.2"))
            let six = try #require(IPAddress(parsing: "fd00::2"))
            let mac = try #require(MACAddress(parsing: "02:42:ac:11:00:02"))
            let localhost = try #require(IPAddress(parsing: "127.0.0.1"))
            let gateway = try #require(IPAddress(parsing: "172.17.0.1"))
            let network = FirewallElement.network(
                bridge: "sw0", subnets: [try #require(Subnet(parsing: "172.17.0.0/16"))],
                isInternal: true)
            let endpoint = FirewallElement.endpoint(
                cable: "veth1", mac: mac, addresses: [address, six])
            let ports =
                PublishedPorts(.tcp, hostPorts: 8080...8080, to: address, firstPort: 80).elements
                + PublishedPorts(
                    .tcp, hostAddress: localhost, hostPorts: 20000...29999, to: address,
                    firstPort: 20000
                ).elements
                + PublishedPorts(.udp, hostPorts: 53...53, to: six, firstPort: 53).elements
                + [PublishedPorts.relay(.tcp, on: nil, isIPv4: false, 8080...8080, to: 4000)]
                + PublishedPorts.distribution(
                    .tcp, on: nil, port: 90, among: [(address, 80, 90), (gateway, 81, 10)])
            try firewall.rebuild(with: network + endpoint)
            try firewall.change(adding: ports)
            let listed = output(of: "nft list ruleset")
            for text in [
                "172.17.0.0/16 . 172.17.0.0/16", "tcp . 0.0.0.0/0 . 8080 : 172.17.0.2 . 80",
                "tcp . 127.0.0.1 . 20000-29999 : 172.17.0.2",
                "udp . ::/0 . 53 : fd00::2",
                "tcp . ::/0 . 8080 : 4000",
                "elements = { \"sw0\" }",
                "\"veth1\" . 02:42:ac:11:00:02 . 172.17.0.2",
                "\"veth1\" . 02:42:ac:11:00:02 . fe80::42:acff:fe11:2",
            ] { #expect(listed.contains(text), "\(text) in \(listed)") }

            try firewall.change(removing: ports)
            #expect(throws: NetlinkError.self) { try firewall.change(removing: ports) }
            firewall.remove(ports + endpoint)
            #expect(!output(of: "nft list ruleset").contains("172.17.0.2"))
        }
    }

    /// Two containers cannot have one port; a change that is refused changes nothing.
    @Test func aTakenPortIsRefused() throws {
        try inNewNetwork {
            var firewall = try Firewall()
            try firewall.rebuild(with: [])
            let one = try #require(IPAddress(parsing: "172.17.0.2"))
            let other = try #require(IPAddress(parsing: "172.17.0.3"))
            try firewall.change(
                adding: PublishedPorts(.tcp, hostPorts: 80...90, to: one, firstPort: 80).elements)
            let free = PublishedPorts(.udp, hostPorts: 80...80, to: other, firstPort: 80).elements
            let taken = PublishedPorts(.tcp, hostPorts: 85...85, to: other, firstPort: 85).elements
            let error = #expect(throws: NetlinkError.self) {
                try firewall.change(adding: free + taken)
            }
            #expect(error?.errno == .exists)
            #expect(!output(of: "nft list ruleset").contains("udp"))
        }
    }
}
