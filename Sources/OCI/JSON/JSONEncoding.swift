// SPDX-License-Identifier: Apache-2.0

extension Encodable {
    /// The value as a JSON document, members in the order of their declaration.
    public func json() throws -> JSONValue {
        let place = JSONPlace()
        try place.encode(self, codingPath: [])
        return place.value
    }
}

/// A place in a document under construction; containers fill it.
private final class JSONPlace {
    private enum Content {
        case value(JSONValue)
        case array([JSONPlace])
        case object([(key: String, place: JSONPlace)])
    }
    private var content = Content.value(.null)

    var value: JSONValue {
        switch content {
        case .value(let value): value
        case .array(let places): .array(places.map(\.value))
        case .object(let members): .object(JSONObject(members.map { ($0.key, $0.place.value) }))
        }
    }

    func set(_ value: JSONValue) { content = .value(value) }
    func becomeObject() { if case .object = content {} else { content = .object([]) } }
    func becomeArray() { if case .array = content {} else { content = .array([]) } }

    func member(_ key: String) -> JSONPlace {
        let place = JSONPlace()
        if case .object(var members) = content {
            content = .value(.null)  // one owner, so that the list grows in place
            members.append((key, place))
            content = .object(members)
        }
        return place
    }

    func element() -> JSONPlace {
        let place = JSONPlace()
        if case .array(var places) = content {
            content = .value(.null)
            places.append(place)
            content = .array(places)
        }
        return place
    }

    var count: Int {
        guard case .array(let places) = content else { return 0 }
        return places.count
    }

    func encode<Value: Encodable>(_ value: Value, codingPath: [any CodingKey]) throws {
        // Types are compared before they are cast: a cast to a map or list looks conformances up.
        if Value.self == JSONValue.self, let value = value as? JSONValue {
            set(value)
        } else if Value.self == String.self, let value = value as? String {
            set(.string(value))
        } else if Value.self == [String].self, let value = value as? [String] {
            set(.array(value.map(JSONValue.string)))
        } else if Value.self == [String: String].self, let value = value as? [String: String] {
            // A map's order is nobody's; sorted, equal records have equal bytes.
            set(.object(JSONObject(value.sorted { $0.key < $1.key }.map { ($0, .string($1)) })))
        } else {
            try value.encode(to: JSONEncoding(place: self, codingPath: codingPath))
        }
    }
}

private struct JSONEncoding: Encoder {
    let place: JSONPlace
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key>(keyedBy: Key.Type) -> KeyedEncodingContainer<Key> {
        place.becomeObject()
        return KeyedEncodingContainer(MembersWriter(place: place, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        place.becomeArray()
        return ElementsWriter(place: place, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }
}

extension JSONEncoding: SingleValueEncodingContainer {
    func encodeNil() { place.set(.null) }
    func encode(_ value: Bool) { place.set(.bool(value)) }
    func encode(_ value: String) { place.set(.string(value)) }
    func encode(_ value: Double) { place.set(.double(value)) }
    func encode(_ value: Float) { place.set(.double(Double(value))) }
    func encode(_ value: Int) { place.set(.integer(Int64(value))) }
    func encode(_ value: Int8) { place.set(.integer(Int64(value))) }
    func encode(_ value: Int16) { place.set(.integer(Int64(value))) }
    func encode(_ value: Int32) { place.set(.integer(Int64(value))) }
    func encode(_ value: Int64) { place.set(.integer(value)) }
    func encode(_ value: UInt) { whole(UInt64(value)) }
    func encode(_ value: UInt8) { whole(UInt64(value)) }
    func encode(_ value: UInt16) { whole(UInt64(value)) }
    func encode(_ value: UInt32) { whole(UInt64(value)) }
    func encode(_ value: UInt64) { whole(value) }
    func encode<Value: Encodable>(_ value: Value) throws {
        try place.encode(value, codingPath: codingPath)
    }

    private func whole(_ value: UInt64) {
        place.set(Int64(exactly: value).map(JSONValue.integer) ?? .unsigned(value))
    }
}

private struct MembersWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let place: JSONPlace
    let codingPath: [any CodingKey]

    func encodeNil(forKey key: Key) { place.member(key.stringValue).set(.null) }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        try place.member(key.stringValue).encode(value, codingPath: codingPath + [key])
    }

    func nestedContainer<Nested>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> { encoding(key).container(keyedBy: type) }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        encoding(key).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { JSONEncoding(place: place, codingPath: codingPath) }
    func superEncoder(forKey key: Key) -> any Encoder { encoding(key) }

    private func encoding(_ key: Key) -> JSONEncoding {
        JSONEncoding(place: place.member(key.stringValue), codingPath: codingPath + [key])
    }
}

private struct ElementsWriter: UnkeyedEncodingContainer {
    let place: JSONPlace
    let codingPath: [any CodingKey]
    var count: Int { place.count }

    func encodeNil() { place.element().set(.null) }

    func encode<Value: Encodable>(_ value: Value) throws {
        try place.element().encode(value, codingPath: codingPath)
    }

    func nestedContainer<Nested>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        encoding().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { encoding().unkeyedContainer() }
    func superEncoder() -> any Encoder { encoding() }

    private func encoding() -> JSONEncoding {
        JSONEncoding(place: place.element(), codingPath: codingPath)
    }
}
