// SPDX-License-Identifier: Apache-2.0

internal import CLinux

/// A message from the kernel, without its header.
public struct NetlinkAnswer: Equatable, Sendable {
    public let type: UInt16
    /// The family's fixed part and the attributes.
    public let payload: ArraySlice<UInt8>

    /// A number of the fixed part, in the host's byte order; 0 beyond the end.
    public func fixed<Value: FixedWidthInteger>(_ offset: Int, as type: Value.Type) -> Value {
        payload.dropFirst(offset).number()
    }

    /// The attributes behind a fixed part of `size` bytes.
    public func attributes(after size: Int) -> NetlinkAttributes {
        NetlinkAttributes(payload.dropFirst((size + 3) & ~3))
    }
}

/// A list of attributes as the kernel sent it. Lengths that do not fit end the list.
public struct NetlinkAttributes: Sequence, IteratorProtocol, Sendable {
    /// One attribute; the type is without the bits that say how its value is coded.
    public struct Attribute: Sendable {
        public let type: Int64
        public let value: ArraySlice<UInt8>

        /// The value as a number in the host's byte order.
        public func number<Value: FixedWidthInteger>(as type: Value.Type) -> Value {
            value.number()
        }

        /// The value as a number that is in the network's byte order.
        public func bigNumber<Value: FixedWidthInteger>(as type: Value.Type) -> Value {
            Value(bigEndian: value.number())
        }

        /// The value as a text that ends at its NUL.
        public var text: String { String(decoding: value.prefix { $0 != 0 }, as: UTF8.self) }

        /// The attributes that the value consists of.
        public var nested: NetlinkAttributes { NetlinkAttributes(value) }
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    public mutating func next() -> Attribute? {
        guard rest.count >= 4 else { return nil }
        let length = Int(rest.number() as UInt16)
        let type = Int64(rest.dropFirst(2).number() as UInt16) & clinux_NLA_TYPE_MASK
        guard length >= 4, length <= rest.count else { return nil }
        let value = rest.dropFirst(4).prefix(length - 4)
        rest = rest.dropFirst((length + 3) & ~3)
        return Attribute(type: type, value: value)
    }

    /// The first attribute of this type.
    public subscript(type: Int64) -> Attribute? { first { $0.type == type } }
}

extension ArraySlice<UInt8> {
    /// The first bytes as a number of the host's byte order; bytes that are missing count as zero.
    fileprivate func number<Value: FixedWidthInteger>() -> Value {
        var value: Value = 0
        Swift.withUnsafeMutableBytes(of: &value) { target in
            for (index, byte) in prefix(target.count).enumerated() { target[index] = byte }
        }
        return value
    }
}
