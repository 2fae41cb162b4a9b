// SPDX-License-Identifier: Apache-2.0

/// Bytes of a message as they grow. Each value begins at a multiple of its size, counted from the
/// start of the message; lengths are written when what they count is there.
/// https://dbus.freedesktop.org/doc/dbus-specification.html#message-protocol-marshaling
struct Marshalling {
    private(set) var bytes: [UInt8] = []

    mutating func align(_ size: Int) {
        while bytes.count % size != 0 { bytes.append(0) }
    }

    mutating func put(_ number: some FixedWidthInteger) {
        align(number.bitWidth / 8)
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func put(_ value: Value) {
        switch value {
        case .byte(let number): put(number)
        case .bool(let flag): put(UInt32(flag ? 1 : 0))
        case .int16(let number): put(number)
        case .uint16(let number): put(number)
        case .int32(let number): put(number)
        case .uint32(let number), .descriptor(let number): put(number)
        case .int64(let number): put(number)
        case .uint64(let number): put(number)
        case .double(let number): put(number.bitPattern)
        case .string(let text), .path(let text):
            put(UInt32(text.utf8.count))
            bytes += text.utf8
            bytes.append(0)
        case .signature(let text): putSignature(text)
        case .array(let element, let values):
            counted(alignedTo: Self.alignment(of: element)) { array in
                for value in values { array.put(value) }
            }
        case .structure(let members):
            align(8)
            for member in members { put(member) }
        case .entry(let key, let value):
            align(8)
            put(key)
            put(value)
        case .variant(let value):
            putSignature(value.signature)
            put(value)
        }
    }

    private mutating func putSignature(_ text: String) {
        put(UInt8(truncatingIfNeeded: text.utf8.count))
        bytes += text.utf8
        bytes.append(0)
    }

    /// An array: its length does not count the padding before the first element.
    private mutating func counted(alignedTo size: Int, _ body: (inout Marshalling) -> Void) {
        put(UInt32(0))
        let length = bytes.count - 4
        align(size)
        let start = bytes.count
        body(&self)
        patch(UInt32(bytes.count - start), at: length)
    }

    /// Replaces a number that was not known before.
    mutating func patch(_ number: UInt32, at place: Int) {
        withUnsafeBytes(of: number.littleEndian) { source in
            for (offset, byte) in source.enumerated() { bytes[place + offset] = byte }
        }
    }

    /// The multiple at which values of a type begin.
    static func alignment(of signature: some StringProtocol) -> Int {
        switch signature.utf8.first {
        case UInt8(ascii: "y"), UInt8(ascii: "g"), UInt8(ascii: "v"): 1
        case UInt8(ascii: "n"), UInt8(ascii: "q"): 2
        case UInt8(ascii: "x"), UInt8(ascii: "t"), UInt8(ascii: "d"), UInt8(ascii: "("),
            UInt8(ascii: "{"):
            8
        default: 4
        }
    }
}
