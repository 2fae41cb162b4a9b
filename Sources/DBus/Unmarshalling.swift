// SPDX-License-Identifier: Apache-2.0

/// Reads values from the bytes of a message that somebody else has written: whatever they are, the
/// answer is values or an error, after work in proportion to their number.
struct Unmarshalling {
    private let bytes: [UInt8]
    private(set) var place: Int
    private let end: Int
    private let isBigEndian: Bool

    /// D-Bus allows 32 arrays and 32 structures in each other.
    private static let deepest = 64

    init(_ bytes: [UInt8], from place: Int = 0, to end: Int? = nil, bigEndian: Bool) {
        self.bytes = bytes
        self.place = place
        self.end = min(end ?? bytes.count, bytes.count)
        isBigEndian = bigEndian
    }

    mutating func align(_ size: Int) throws(DBusError) {
        let next = (place + size - 1) / size * size
        guard next <= end else { throw .malformed("it ends in padding") }
        place = next
    }

    mutating func number<Number: FixedWidthInteger>(
        _: Number.Type = Number.self
    ) throws(DBusError) -> Number {
        let size = Number.bitWidth / 8
        try align(size)
        guard end - place >= size else { throw .malformed("it ends in a number") }
        var number: Number = 0
        for offset in 0..<size {
            let byte = bytes[place + (isBigEndian ? offset : size - 1 - offset)]
            number = (number << (size > 1 ? 8 : 0)) | Number(truncatingIfNeeded: byte)
        }
        place += size
        return number
    }

    private mutating func text(count: Int) throws(DBusError) -> String {
        guard count >= 0, end - place > count else { throw .malformed("it ends in a text") }
        let slice = bytes[place..<place + count]
        guard bytes[place + count] == 0, !slice.contains(0),
            let text = String(validating: slice, as: UTF8.self)
        else { throw .malformed("a text is not UTF-8") }
        place += count + 1
        return text
    }

    /// Values of the types that a signature lists.
    mutating func values(_ signature: String) throws(DBusError) -> [Value] {
        var rest = Array(signature.utf8)[...]
        var values: [Value] = []
        while !rest.isEmpty { values.append(try value(&rest, depth: 0)) }
        return values
    }

    /// One value of the first type of `signature`, which is taken off.
    private mutating func value(
        _ signature: inout ArraySlice<UInt8>, depth: Int
    ) throws(DBusError) -> Value {
        guard let type = signature.popFirst() else { throw .malformed("a type is missing") }
        guard depth <= Self.deepest else { throw .malformed("it is nested too deeply") }
        switch type {
        case UInt8(ascii: "y"): return .byte(try number())
        case UInt8(ascii: "b"):
            let flag = try number(UInt32.self)
            guard flag <= 1 else { throw .malformed("a boolean is neither 0 nor 1") }
            return .bool(flag == 1)
        case UInt8(ascii: "n"): return .int16(try number())
        case UInt8(ascii: "q"): return .uint16(try number())
        case UInt8(ascii: "i"): return .int32(try number())
        case UInt8(ascii: "u"): return .uint32(try number())
        case UInt8(ascii: "h"): return .descriptor(try number())
        case UInt8(ascii: "x"): return .int64(try number())
        case UInt8(ascii: "t"): return .uint64(try number())
        case UInt8(ascii: "d"): return .double(Double(bitPattern: try number()))
        case UInt8(ascii: "s"): return .string(try text(count: Int(try number(UInt32.self))))
        case UInt8(ascii: "o"): return .path(try text(count: Int(try number(UInt32.self))))
        case UInt8(ascii: "g"): return .signature(try text(count: Int(try number(UInt8.self))))
        case UInt8(ascii: "v"): return try variant(depth: depth)
        case UInt8(ascii: "a"): return try array(&signature, depth: depth)
        case UInt8(ascii: "("): return try structure(&signature, depth: depth)
        default: throw .malformed("a type is unknown")
        }
    }

    private mutating func variant(depth: Int) throws(DBusError) -> Value {
        let text = try text(count: Int(try number(UInt8.self)))
        var signature = Array(text.utf8)[...]
        let value = try value(&signature, depth: depth + 1)
        guard signature.isEmpty else { throw .malformed("a variant has more than one type") }
        return .variant(value)
    }

    private mutating func structure(
        _ signature: inout ArraySlice<UInt8>, depth: Int
    ) throws(DBusError) -> Value {
        try align(8)
        var members: [Value] = []
        while signature.first != UInt8(ascii: ")") {
            members.append(try value(&signature, depth: depth + 1))
        }
        signature.removeFirst()
        guard !members.isEmpty else { throw .malformed("a structure is empty") }
        return .structure(members)
    }

    private mutating func array(
        _ signature: inout ArraySlice<UInt8>, depth: Int
    ) throws(DBusError) -> Value {
        let element = try Self.firstType(of: signature)
        signature = signature.dropFirst(element.count)
        let text = String(decoding: element, as: UTF8.self)
        let count = Int(try number(UInt32.self))
        try align(Marshalling.alignment(of: text))
        guard count <= end - place else { throw .malformed("an array is longer than its message") }
        let last = place + count
        var values: [Value] = []
        while place < last {
            var type = element
            if type.first == UInt8(ascii: "{") {
                values.append(try entry(type, depth: depth + 1))
            } else {
                values.append(try value(&type, depth: depth + 1))
            }
        }
        guard place == last else { throw .malformed("an array ends within an element") }
        return .array(of: text, values)
    }

    private mutating func entry(
        _ type: ArraySlice<UInt8>, depth: Int
    ) throws(DBusError) -> Value {
        var types = type.dropFirst().dropLast()
        try align(8)
        let key = try value(&types, depth: depth)
        let value = try value(&types, depth: depth)
        guard types.isEmpty else { throw .malformed("an entry has more than two types") }
        return .entry(key, value)
    }

    /// The bytes of a signature's first complete type.
    private static func firstType(
        of signature: ArraySlice<UInt8>
    ) throws(DBusError) -> ArraySlice<UInt8> {
        var open: [UInt8] = []
        for (offset, letter) in signature.enumerated() {
            switch letter {
            case UInt8(ascii: "("): open.append(UInt8(ascii: ")"))
            case UInt8(ascii: "{"): open.append(UInt8(ascii: "}"))
            case UInt8(ascii: ")"), UInt8(ascii: "}"):
                guard open.popLast() == letter else { throw .malformed("a bracket is wrong") }
            default: break
            }
            if open.isEmpty && letter != UInt8(ascii: "a") { return signature.prefix(offset + 1) }
        }
        throw .malformed("the type of an array is missing")
    }
}
