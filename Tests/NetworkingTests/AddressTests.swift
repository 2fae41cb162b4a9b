// SPDX-License-Identifier: Apache-2.0

import Linux
import Networking
import Testing

@Suite struct AddressTests {
    @Test(arguments: [
        ("1.2.3.4", "1.2.3.4"), ("::1", "::1"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.1"), ("1.2.3", nil), ("1.2.3.4.5", nil),
        ("1.2.3.256", nil),
        ("01.2.3.4x", nil), ("", nil), ("fe80::1%eth0", nil), (":::", nil),
    ])
    func reads(_ text: String, as expected: String?) {
        #expect(IPAddress(parsing: text)?.description == expected)
    }

    @Test(arguments: [
        ("172.17.0.2/16", "172.17.0.0/16", "172.17.255.255"),
        ("10.1.2.3/32", "10.1.2.3/32", "10.1.2.3"),
        ("1.2.3.4/0", "0.0.0.0/0", "255.255.255.255"),
        ("fd00::1:2/64", "fd00::/64", "fd00::ffff:ffff:ffff:ffff"), ("::1/128", "::1/128", "::1"),
        ("::1/0", "::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ])
    func subnet(_ text: String, is expected: String, last: String) throws {
        let subnet = try #require(Subnet(parsing: text))
        #expect(subnet.description == expected)
        #expect(subnet.last.description == last)
    }

    @Test(arguments: [
        "10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "/8", "::/129", "10.0.0.0/+8",
    ])
    func noSubnet(_ text: String) { #expect(Subnet(parsing: text) == nil) }

    @Test(arguments: [
        ("10.0.0.0/8", "10.1.0.0/16", true), ("10.1.0.0/16", "10.0.0.0/8", true),
        ("10.0.0.0/16", "10.1.0.0/16", false), ("0.0.0.0/0", "::/0", false),
    ])
    func overlaps(_ one: String, _ other: String, _ expected: Bool) throws {
        let (one, other) = (
            try #require(Subnet(parsing: one)), try #require(Subnet(parsing: other))
        )
        #expect(one.overlaps(other) == expected)
    }

    @Test(arguments: [
        ([], "172.17.0.0/20"), (["172.17.0.0/16"], "172.18.0.0/20"),
        (["172.17.3.0/24"], "172.17.16.0/20"),
        (["172.16.0.0/12"], "192.168.0.0/20"),
        (["172.16.0.0/12", "192.168.1.0/24"], "192.168.16.0/20"),
        (["172.16.0.0/12", "192.168.0.0/16"], nil), (["fd00::/8"], "172.17.0.0/20"),
    ])
    func choosesASubnet(besides taken: [String], _ expected: String?) {
        let free = AddressPool.freeIPv4Subnet(besides: taken.compactMap(Subnet.init(parsing:)))
        #expect(free?.description == expected)
    }

    @Test func choosesAnIPv6Subnet() throws {
        let first = try #require(AddressPool.freeIPv6Subnet(site: 0x12_3456_789A, besides: []))
        #expect(first.description == "fd12:3456:789a::/64")
        let next = AddressPool.freeIPv6Subnet(site: 0x12_3456_789A, besides: [first])
        #expect(next?.description == "fd12:3456:789a:1::/64")
    }

    @Test(arguments: [
        ("10.0.0.0/29", nil, ["10.0.0.1"], "10.0.0.2"),
        ("10.0.0.0/30", nil, ["10.0.0.1", "10.0.0.2"], nil),
        ("10.0.0.0/24", "10.0.0.128/25", [], "10.0.0.128"),
        ("10.0.0.0/31", nil, ["10.0.0.0"], "10.0.0.1"),
        ("10.0.0.0/24", "10.0.0.254/31", ["10.0.0.254"], nil),
        ("fd00::/64", nil, ["fd00::1"], "fd00::2"),
        ("fd00::/126", nil, ["fd00::1", "fd00::2", "fd00::3"], nil),
    ])
    func choosesAnAddress(
        in subnet: String, range: String?, besides taken: [String], _ expected: String?
    ) throws {
        let free = AddressPool.freeAddress(
            in: try #require(Subnet(parsing: subnet)), range: range.flatMap(Subnet.init(parsing:)),
            besides: Set(taken.compactMap(IPAddress.init(parsing:))))
        #expect(free?.description == expected)
    }

    @Test(arguments: [
        ("02:42:ac:11:00:02", "02:42:ac:11:00:02"), ("02-42-AC-11-00-02", "02:42:ac:11:00:02"),
        ("02:42:ac:11:00", nil), ("02:42:ac:11:00:0g", nil), ("+2:42:ac:11:00:02", nil),
    ])
    func readsAMAC(_ text: String, _ expected: String?) {
        #expect(MACAddress(parsing: text)?.description == expected)
    }
}
