// SPDX-License-Identifier: Apache-2.0

/// A list or map for which absent, null and empty are one thing in JSON: empty here, absent there.
@propertyWrapper
public struct OmitEmpty<Value: Codable & Sendable & Collection & Equatable>: Codable, Sendable,
    Equatable
where Value: EmptyInitializable {
    public var wrappedValue: Value

    public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }
    public init() { wrappedValue = Value() }

    public init(from decoder: any Decoder) throws { wrappedValue = try Value(from: decoder) }
    public func encode(to encoder: any Encoder) throws { try wrappedValue.encode(to: encoder) }
}

/// A collection that can begin empty.
public protocol EmptyInitializable { init() }
extension Array: EmptyInitializable {}
extension Dictionary: EmptyInitializable {}

extension KeyedDecodingContainer {
    public func decode<Value>(
        _: OmitEmpty<Value>.Type, forKey key: Key
    ) throws -> OmitEmpty<Value> {
        OmitEmpty(wrappedValue: try decodeIfPresent(Value.self, forKey: key) ?? Value())
    }
}

extension KeyedEncodingContainer {
    public mutating func encode<Value>(_ value: OmitEmpty<Value>, forKey key: Key) throws {
        if !value.wrappedValue.isEmpty { try encode(value.wrappedValue, forKey: key) }
    }
}
