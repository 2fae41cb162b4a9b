// SPDX-License-Identifier: Apache-2.0

/// A list or map for which absent, null and empty are one thing in JSON: empty here, absent there.
///
/// The wrapper asks nothing of its value, its extensions do: a constraint of the type itself is
/// looked up anew in every process for every kind of value, and that takes longer than the coding.
@propertyWrapper
public struct OmitEmpty<Value> {
    public var wrappedValue: Value

    public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }
}

extension OmitEmpty where Value: EmptyInitializable {
    public init() { wrappedValue = Value() }
}

extension OmitEmpty: Sendable where Value: Sendable {}
extension OmitEmpty: Equatable where Value: Equatable {}

extension OmitEmpty: Decodable where Value: Decodable {
    public init(from decoder: any Decoder) throws { wrappedValue = try Value(from: decoder) }
}

extension OmitEmpty: Encodable where Value: Encodable {
    public func encode(to encoder: any Encoder) throws { try wrappedValue.encode(to: encoder) }
}

/// A collection that can begin empty.
public protocol EmptyInitializable { init() }
extension Array: EmptyInitializable {}
extension Dictionary: EmptyInitializable {}

extension KeyedDecodingContainer {
    public func decode<Value: Decodable & EmptyInitializable>(
        _: OmitEmpty<Value>.Type, forKey key: Key
    ) throws -> OmitEmpty<Value> {
        OmitEmpty(wrappedValue: try decodeIfPresent(Value.self, forKey: key) ?? Value())
    }
}

extension KeyedEncodingContainer {
    public mutating func encode<Value: Encodable & Collection>(
        _ value: OmitEmpty<Value>, forKey key: Key
    ) throws {
        if !value.wrappedValue.isEmpty { try encode(value.wrappedValue, forKey: key) }
    }
}
