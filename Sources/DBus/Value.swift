// SPDX-License-Identifier: Apache-2.0

/// A value of D-Bus with its type.
/// https://dbus.freedesktop.org/doc/dbus-specification.html#type-system
public indirect enum Value: Equatable, Sendable {
    case byte(UInt8)
    case bool(Bool)
    case int16(Int16)
    case uint16(UInt16)
    case int32(Int32)
    case uint32(UInt32)
    case int64(Int64)
    case uint64(UInt64)
    case double(Double)
    case string(String)
    case path(String)
    case signature(String)
    /// The signature of the elements, which an empty array needs too.
    case array(of: String, [Value])
    case structure([Value])
    /// An entry of a dictionary: only in arrays.
    case entry(Value, Value)
    case variant(Value)
    /// An index into the descriptors that came with the message.
    case descriptor(UInt32)

    /// The type as D-Bus spells it: "a(sv)".
    public var signature: String {
        switch self {
        case .byte: "y"
        case .bool: "b"
        case .int16: "n"
        case .uint16: "q"
        case .int32: "i"
        case .uint32: "u"
        case .int64: "x"
        case .uint64: "t"
        case .double: "d"
        case .string: "s"
        case .path: "o"
        case .signature: "g"
        case .array(let element, _): "a\(element)"
        case .structure(let members): "(\(members.map(\.signature).joined()))"
        case .entry(let key, let value): "{\(key.signature)\(value.signature)}"
        case .variant: "v"
        case .descriptor: "h"
        }
    }

    /// The text of a string or a path.
    public var text: String? {
        switch self {
        case .string(let text), .path(let text): text
        case .variant(let value): value.text
        default: nil
        }
    }
}
