// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// An address of IPv4 or IPv6.
public enum IPAddress: Hashable, Sendable {
    case v4(IPv4Address)
    case v6(IPv6Address)

    /// Reads what inet_pton(3) reads; nil for anything else.
    public init?(parsing text: String) {
        if let address = IPv4Address(parsing: text) {
            self = .v4(address)
        } else if let address = IPv6Address(parsing: text) {
            self = .v6(address)
        } else {
            return nil
        }
    }

    /// 4 or 16 bytes in the network's order.
    public init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4: self = .v4(IPv4Address(bytes.reduce(0) { $0 << 8 | UInt32($1) }))
        case 16: self = .v6(IPv6Address(bytes.reduce(0) { $0 << 8 | UInt128($1) }))
        default: return nil
        }
    }

    /// 4 or 16 bytes in the network's order.
    public var bytes: [UInt8] {
        switch self {
        case .v4(let address): address.bytes
        case .v6(let address): address.bytes
        }
    }

    public var isIPv4: Bool { if case .v4 = self { true } else { false } }

    /// 0.0.0.0 or ::, which mean all addresses of the host.
    public var isUnspecified: Bool {
        switch self {
        case .v4(let address): address.value == 0
        case .v6(let address): address.value == 0
        }
    }

    /// 127.0.0.0/8 or ::1.
    public var isLoopback: Bool {
        switch self {
        case .v4(let address): address.value >> 24 == 127
        case .v6(let address): address.value == 1
        }
    }

    /// The number of bits: 32 or 128.
    public var width: Int { isIPv4 ? 32 : 128 }
}

extension IPAddress: Comparable, CustomStringConvertible {
    public static func < (left: IPAddress, right: IPAddress) -> Bool {
        switch (left, right) {
        case (.v4(let one), .v4(let other)): one.value < other.value
        case (.v6(let one), .v6(let other)): one.value < other.value
        case (.v4, .v6): true
        case (.v6, .v4): false
        }
    }

    public var description: String {
        switch self {
        case .v4(let address): address.description
        case .v6(let address): address.description
        }
    }
}

/// An address of IPv4.
public struct IPv4Address: Hashable, Sendable, CustomStringConvertible {
    /// As a number: 127.0.0.1 is 0x7F000001.
    public let value: UInt32
    public init(_ value: UInt32) { self.value = value }

    /// Reads four decimal numbers with dots.
    public init?(parsing text: String) {
        var address = in_addr()
        guard inet_pton(AF_INET, text, &address) == 1 else { return nil }
        value = UInt32(bigEndian: address.s_addr)
    }

    /// In the network's order.
    public var bytes: [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }

    public var description: String { bytes.map { "\($0)" }.joined(separator: ".") }
}

/// An address of IPv6.
public struct IPv6Address: Hashable, Sendable, CustomStringConvertible {
    /// As a number: ::1 is 1.
    public let value: UInt128
    public init(_ value: UInt128) { self.value = value }

    /// Reads the forms of RFC 4291; zones are not among them.
    public init?(parsing text: String) {
        var address = in6_addr()
        guard inet_pton(AF_INET6, text, &address) == 1 else { return nil }
        value = withUnsafeBytes(of: &address) { $0.reduce(0) { $0 << 8 | UInt128($1) } }
    }

    /// The address that a device with this hardware address gives itself (RFC 4291, appendix A).
    public static func linkLocal(of mac: MACAddress) -> IPv6Address {
        let upper = UInt128(mac.value >> 24 ^ 0x02_0000)
        let lower = UInt128(mac.value & 0xFF_FFFF)
        return IPv6Address(0xFE80 << 112 | upper << 40 | 0xFFFE << 24 | lower)
    }

    /// In the network's order.
    public var bytes: [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }

    /// The form of RFC 5952.
    public var description: String {
        var address = in6_addr()
        withUnsafeMutableBytes(of: &address) { $0.copyBytes(from: bytes) }
        var text = [CChar](repeating: 0, count: 46)
        guard inet_ntop(AF_INET6, &address, &text, 46) != nil else { return "::" }
        return String(
            decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// A hardware address of Ethernet.
public struct MACAddress: Hashable, Sendable, CustomStringConvertible {
    /// The 48 bits.
    public let value: UInt64
    public init(_ value: UInt64) { self.value = value & 0xFFFF_FFFF_FFFF }

    /// Reads six pairs of hexadecimal digits with colons or hyphens.
    public init?(parsing text: String) {
        let parts = text.split(
            separator: text.utf8.contains(UInt8(ascii: "-")) ? "-" : ":",
            omittingEmptySubsequences: false)
        guard parts.count == 6, parts.allSatisfy({ $0.utf8.count == 2 }) else { return nil }
        var value: UInt64 = 0
        for part in parts {
            guard let byte = UInt8(part, radix: 16), part.first != "+" else { return nil }
            value = value << 8 | UInt64(byte)
        }
        self.value = value
    }

    /// The address that Docker derives from an IPv4 address: 02:42 and its four bytes, so that it is
    /// unique wherever the other is.
    public init(for address: IPv4Address) {
        value = 0x0242_0000_0000 | UInt64(address.value)
    }

    /// In the order in which they are sent.
    public var bytes: [UInt8] { (0..<6).map { UInt8(truncatingIfNeeded: value >> (40 - 8 * $0)) } }

    public var description: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }
}
