// SPDX-License-Identifier: Apache-2.0

public import Linux

/// Where subnets come from when nobody names one, and addresses within a subnet.
public enum AddressPool {
    /// Docker's choice of private ranges, so that what people know from there is where they expect
    /// it, 172.17.0.1 first; but in pieces of 4,094 addresses, of which there are 256.
    private static let ipv4Ranges: [(range: Subnet, prefix: Int)] = [
        ("172.17.0.0/16", 20), ("172.18.0.0/15", 20), ("172.20.0.0/14", 20), ("172.24.0.0/13", 20),
        ("192.168.0.0/16", 20),
    ].compactMap { text, prefix in Subnet(parsing: text).map { ($0, prefix) } }

    /// The first of the pool's IPv4 subnets that overlaps none of `taken`; nil when all do.
    public static func freeIPv4Subnet(besides taken: [Subnet]) -> Subnet? {
        for (range, prefix) in ipv4Ranges {
            let step = UInt128(1) << UInt128(32 - prefix)
            var address = range.base
            while range.contains(address) {
                if let subnet = Subnet(address, prefix: prefix),
                    !taken.contains(where: subnet.overlaps)
                {
                    return subnet
                }
                address = address.advanced(by: step)
            }
        }
        return nil
    }

    /// The first free /64 of a site's own /48 (RFC 4193), which its 40 random bits name; nil when
    /// all 65,536 overlap with `taken`.
    /// - Parameter site: 40 bits that are random and stay the same on this machine.
    public static func freeIPv6Subnet(site: UInt64, besides taken: [Subnet]) -> Subnet? {
        let base = UInt128(0xFD) << 120 | UInt128(site & 0xFF_FFFF_FFFF) << 80
        for number in 0..<UInt128(65_536) {
            let address = IPAddress.v6(IPv6Address(base | number << 64))
            if let subnet = Subnet(address, prefix: 64), !taken.contains(where: subnet.overlaps) {
                return subnet
            }
        }
        return nil
    }

    /// The lowest free address of a range.
    /// - Parameters:
    ///   - subnet: the network's; its first address, and IPv4's last, are nobody's.
    ///   - range: the part of it to choose from; nil for all of it.
    ///   - last: only addresses behind this one count; nil for all.
    ///   - taken: addresses that are in use, the gateway's among them.
    /// - Returns: nil when all are in use.
    public static func freeAddress(
        in subnet: Subnet, range: Subnet? = nil, after last: IPAddress? = nil,
        besides taken: Set<IPAddress>
    ) -> IPAddress? {
        let choice = range ?? subnet
        var address = choice.base
        let end = choice.last
        if let last, choice.contains(last) {
            if last == end { return nil }
            address = last.advanced(by: 1)
        }
        while true {
            if isUsable(address, in: subnet), !taken.contains(address) { return address }
            if address == end { return nil }
            address = address.advanced(by: 1)
        }
    }

    /// Whether a device may have the address: not the network's own, not IPv4's broadcast.
    public static func isUsable(_ address: IPAddress, in subnet: Subnet) -> Bool {
        guard subnet.contains(address) else { return false }
        // RFC 3021 and RFC 6164: where there are but one or two, all count.
        if subnet.prefix >= subnet.base.width - 1 { return true }
        if address == subnet.base { return false }
        return !subnet.isIPv4 || address != subnet.last
    }
}
