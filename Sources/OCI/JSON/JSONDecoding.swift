// SPDX-License-Identifier: Apache-2.0

extension Decodable {
    /// Decodes a value from a JSON document. Unknown members are ignored, as the OCI specifications
    /// ask; a missing or mistyped one throws `DecodingError`.
    public init(json bytes: [UInt8]) throws {
        try self.init(json: JSONValue(parsing: bytes))
    }

    /// Decodes a value from a parsed document.
    public init(json value: JSONValue) throws {
        self = try JSONDecoding(value: value, codingPath: []).decode(Self.self)
    }
}

extension DecodingError {
    /// The error in one short line: what is wrong at which member.
    public var line: String {
        func place(_ context: Context, _ last: String? = nil) -> String {
            let names = context.codingPath.map(\.stringValue) + (last.map { [$0] } ?? [])
            return names.isEmpty ? "document" : names.joined(separator: ".")
        }
        switch self {
        case .typeMismatch(_, let context), .dataCorrupted(let context):
            return "\(place(context)): \(context.debugDescription)"
        case .keyNotFound(let key, let context):
            return "\(place(context, key.stringValue)) is missing"
        case .valueNotFound(_, let context):
            return "\(place(context)) is missing"
        @unknown default: return "\(self)"
        }
    }
}

/// One place in a document, seen as a `Decoder`.
struct JSONDecoding: Decoder {
    let value: JSONValue
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func decode<Value: Decodable>(_: Value.Type) throws -> Value {
        try Value(from: self)
    }

    func container<Key>(keyedBy: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let object) = value else {
            throw mismatch("an object", [String: Any].self)
        }
        return KeyedDecodingContainer(Members(object: object, codingPath: codingPath))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = value else { throw mismatch("a list", [Any].self) }
        return Elements(elements: elements, codingPath: codingPath)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { self }

    fileprivate func mismatch(_ expected: String, _ type: any Any.Type) -> DecodingError {
        .typeMismatch(
            type,
            DecodingError.Context(codingPath: codingPath, debugDescription: "expected \(expected)"))
    }

    fileprivate func whole<Value: FixedWidthInteger>(_: Value.Type) throws -> Value {
        let number: Value? =
            switch value {
            case .integer(let value): Value(exactly: value)
            case .unsigned(let value): Value(exactly: value)
            case .double(let value): Value(exactly: value)
            default: nil
            }
        guard let number else { throw mismatch("a whole number in range", Value.self) }
        return number
    }
}

extension JSONDecoding: SingleValueDecodingContainer {
    func decodeNil() -> Bool { value == .null }

    func decode(_: Bool.Type) throws -> Bool {
        guard case .bool(let value) = value else { throw mismatch("true or false", Bool.self) }
        return value
    }

    func decode(_: String.Type) throws -> String {
        guard case .string(let text) = value else { throw mismatch("a string", String.self) }
        return text
    }

    func decode(_: Double.Type) throws -> Double {
        switch value {
        case .double(let value): return value
        case .integer(let value): return Double(value)
        case .unsigned(let value): return Double(value)
        default: throw mismatch("a number", Double.self)
        }
    }

    func decode(_: Float.Type) throws -> Float { Float(try decode(Double.self)) }
    func decode(_: Int.Type) throws -> Int { try whole(Int.self) }
    func decode(_: Int8.Type) throws -> Int8 { try whole(Int8.self) }
    func decode(_: Int16.Type) throws -> Int16 { try whole(Int16.self) }
    func decode(_: Int32.Type) throws -> Int32 { try whole(Int32.self) }
    func decode(_: Int64.Type) throws -> Int64 { try whole(Int64.self) }
    func decode(_: UInt.Type) throws -> UInt { try whole(UInt.self) }
    func decode(_: UInt8.Type) throws -> UInt8 { try whole(UInt8.self) }
    func decode(_: UInt16.Type) throws -> UInt16 { try whole(UInt16.self) }
    func decode(_: UInt32.Type) throws -> UInt32 { try whole(UInt32.self) }
    func decode(_: UInt64.Type) throws -> UInt64 { try whole(UInt64.self) }
}

/// A member name or an element's position.
struct JSONKey: CodingKey {
    let stringValue: String
    let intValue: Int?
    init(stringValue: String) { (self.stringValue, intValue) = (stringValue, nil) }
    init(intValue: Int) { (stringValue, self.intValue) = (String(intValue), intValue) }
}

private struct Members<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let object: JSONObject
    let codingPath: [any CodingKey]

    var allKeys: [Key] { object.members.compactMap { Key(stringValue: $0.key) } }

    func contains(_ key: Key) -> Bool { object[key.stringValue] != nil }

    func decodeNil(forKey key: Key) throws -> Bool { try place(key).decodeNil() }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try place(key).decode(type)
    }

    func nestedContainer<Nested>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { try place(key).container(keyedBy: type) }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try place(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        JSONDecoding(value: .object(object), codingPath: codingPath)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder { try place(key) }

    private func place(_ key: Key) throws -> JSONDecoding {
        guard let value = object[key.stringValue] else {
            throw DecodingError.keyNotFound(
                key, DecodingError.Context(codingPath: codingPath, debugDescription: "missing"))
        }
        return JSONDecoding(value: value, codingPath: codingPath + [key])
    }
}

private struct Elements: UnkeyedDecodingContainer {
    let elements: [JSONValue]
    let codingPath: [any CodingKey]
    private(set) var currentIndex = 0

    init(elements: [JSONValue], codingPath: [any CodingKey]) {
        self.elements = elements
        self.codingPath = codingPath
    }

    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex == elements.count }

    mutating func decodeNil() throws -> Bool {
        guard try next().decodeNil() else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let value = try next().decode(type)
        currentIndex += 1
        return value
    }

    mutating func nestedContainer<Nested>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> { try advance().container(keyedBy: type) }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try advance().unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder { try advance() }

    private mutating func advance() throws -> JSONDecoding {
        let place = try next()
        currentIndex += 1
        return place
    }

    private func next() throws -> JSONDecoding {
        let path = codingPath + [JSONKey(intValue: currentIndex)]
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(
                Any.self, DecodingError.Context(codingPath: path, debugDescription: "past the end"))
        }
        return JSONDecoding(value: elements[currentIndex], codingPath: path)
    }
}

/// A document inside a value: decoded as it stands. Only this module's coders know how.
extension JSONValue: Codable {
    public init(from decoder: any Decoder) throws {
        guard let place = decoder as? JSONDecoding else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(
                    codingPath: decoder.codingPath, debugDescription: "not this module's decoder"))
        }
        self = place.value
    }

    public func encode(to encoder: any Encoder) throws {
        throw EncodingError.invalidValue(
            self,
            EncodingError.Context(
                codingPath: encoder.codingPath, debugDescription: "not this module's encoder"))
    }
}
