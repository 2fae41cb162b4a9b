// SPDX-License-Identifier: Apache-2.0

/// A range of addresses that share their first bits: an address and how many bits count.
public struct Subnet: Hashable, Sendable, CustomStringConvertible {
    /// The first address: the bits beyond the prefix are zero.
    public let base: IPAddress
    /// How many bits all addresses share.
    public let prefix: Int

    /// The range that holds `address`; nil when the prefix is longer than the address.
    public init?(_ address: IPAddress, prefix: Int) {
        guard (0...address.width).contains(prefix) else { return nil }
        self.prefix = prefix
        base = IPAddress(
            number: address.number & ~Self.hostBits(address.width, prefix), like: address)
    }

    /// Reads "172.17.0.0/16". Bits beyond the prefix are dropped.
    public init?(parsing text: String) {
        guard let address = AddressWithPrefix(parsing: text) else { return nil }
        self = address.subnet
    }

    public var isIPv4: Bool { base.isIPv4 }

    /// The last address.
    public var last: IPAddress {
        IPAddress(number: base.number | Self.hostBits(base.width, prefix), like: base)
    }

    /// Whether the address lies in the range.
    public func contains(_ address: IPAddress) -> Bool {
        address.isIPv4 == base.isIPv4 && base <= address && address <= last
    }

    /// Whether `other` lies wholly inside.
    public func contains(_ other: Subnet) -> Bool {
        contains(other.base) && contains(other.last)
    }

    /// Whether the two have an address in common.
    public func overlaps(_ other: Subnet) -> Bool {
        contains(other.base) || other.contains(base)
    }

    public var description: String { "\(base)/\(prefix)" }

    private static func hostBits(_ width: Int, _ prefix: Int) -> UInt128 {
        width == prefix ? 0 : UInt128.max >> UInt128(128 - width + prefix)
    }
}

/// An address together with the range that it lies in: "172.17.0.2/16".
public struct AddressWithPrefix: Hashable, Sendable, CustomStringConvertible {
    public let address: IPAddress
    public let subnet: Subnet

    public init?(_ address: IPAddress, prefix: Int) {
        guard let subnet = Subnet(address, prefix: prefix) else { return nil }
        self.address = address
        self.subnet = subnet
    }

    /// An address of a range; nil when it lies outside.
    public init?(_ address: IPAddress, in subnet: Subnet) {
        guard subnet.contains(address) else { return nil }
        self.address = address
        self.subnet = subnet
    }

    /// Reads "172.17.0.2/16".
    public init?(parsing text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(parsing: String(parts[0])),
            parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let prefix = Int(parts[1])
        else { return nil }
        self.init(address, prefix: prefix)
    }

    public var prefix: Int { subnet.prefix }
    public var description: String { "\(address)/\(prefix)" }
}

extension IPAddress {
    /// The address as a number, whichever family.
    public var number: UInt128 {
        switch self {
        case .v4(let address): UInt128(address.value)
        case .v6(let address): address.value
        }
    }

    public init(number: UInt128, like other: IPAddress) {
        self =
            other.isIPv4
            ? .v4(IPv4Address(UInt32(truncatingIfNeeded: number))) : .v6(IPv6Address(number))
    }

    /// The address `distance` behind this one.
    public func advanced(by distance: UInt128) -> IPAddress {
        IPAddress(number: number &+ distance, like: self)
    }
}
