// SPDX-License-Identifier: Apache-2.0

/// Go's zero value, by which Docker's `omitempty` members are left out.
public protocol GoZero {
    /// The value of an unset member.
    static var zero: Self { get }
}

extension Bool: GoZero { public static var zero: Bool { false } }
extension String: GoZero { public static var zero: String { "" } }
extension Int64: GoZero {}
extension Int: GoZero {}
extension UInt32: GoZero {}

// The wrappers' parameters are constrained where the wrappers are coded, not where they are stored:
// each constraint on a stored type costs a search through all conformances when the type is first
// needed, which is more than the coding itself.

/// A scalar that is absent from JSON while it has Go's zero value.
@propertyWrapper
public struct OmitZero<Value> {
    public var wrappedValue: Value

    public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }
}

extension OmitZero: Sendable where Value: Sendable {}
extension OmitZero: Equatable where Value: Equatable {}

extension OmitZero: Codable where Value: Codable & GoZero {
    public init(from decoder: any Decoder) throws { wrappedValue = try Value(from: decoder) }
    public func encode(to encoder: any Encoder) throws { try wrappedValue.encode(to: encoder) }
}

/// A list that JSON shows as null while it is empty: Go's nil slice.
@propertyWrapper
public struct NullWhenEmpty<Value> {
    public var wrappedValue: Value

    public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }
}

extension NullWhenEmpty: Sendable where Value: Sendable {}
extension NullWhenEmpty: Equatable where Value: Equatable {}

extension NullWhenEmpty: Codable
where Value: Codable & Collection & ExpressibleByArrayLiteral {
    public init(from decoder: any Decoder) throws {
        let place = try decoder.singleValueContainer()
        wrappedValue = place.decodeNil() ? [] : try Value(from: decoder)
    }

    public func encode(to encoder: any Encoder) throws {
        guard wrappedValue.isEmpty else { return try wrappedValue.encode(to: encoder) }
        var place = encoder.singleValueContainer()
        try place.encodeNil()
    }
}

/// An optional value that JSON always shows, as null when there is none: Go's pointer.
@propertyWrapper
public struct Nullable<Value> {
    public var wrappedValue: Value?

    public init() { wrappedValue = nil }
    public init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }
}

extension Nullable: Sendable where Value: Sendable {}
extension Nullable: Equatable where Value: Equatable {}

extension Nullable: Codable where Value: Codable {
    public init(from decoder: any Decoder) throws {
        let place = try decoder.singleValueContainer()
        wrappedValue = place.decodeNil() ? nil : try Value(from: decoder)
    }

    public func encode(to encoder: any Encoder) throws {
        if let wrappedValue { return try wrappedValue.encode(to: encoder) }
        var place = encoder.singleValueContainer()
        try place.encodeNil()
    }
}

extension KeyedDecodingContainer {
    public func decode<Value: Codable & GoZero>(
        _: OmitZero<Value>.Type, forKey key: Key
    ) throws -> OmitZero<Value> {
        OmitZero(wrappedValue: try decodeIfPresent(Value.self, forKey: key) ?? .zero)
    }

    public func decode<Value: Codable & Collection & ExpressibleByArrayLiteral>(
        _: NullWhenEmpty<Value>.Type, forKey key: Key
    ) throws -> NullWhenEmpty<Value> {
        NullWhenEmpty(wrappedValue: try decodeIfPresent(Value.self, forKey: key) ?? [])
    }

    public func decode<Value: Codable>(
        _: Nullable<Value>.Type, forKey key: Key
    ) throws -> Nullable<Value> {
        Nullable(wrappedValue: try decodeIfPresent(Value.self, forKey: key))
    }
}

extension KeyedEncodingContainer {
    public mutating func encode<Value: Codable & Equatable & GoZero>(
        _ value: OmitZero<Value>, forKey key: Key
    ) throws {
        if value.wrappedValue != .zero { try encode(value.wrappedValue, forKey: key) }
    }
}
