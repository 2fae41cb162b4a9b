// SPDX-License-Identifier: Apache-2.0

/// Numbers as Go's `strconv` reads them, with its messages, because Docker's users meet both.
enum Number {
    /// A truth value: `1 t T TRUE true True`, `0 f F FALSE false False`.
    static func boolean(_ text: String) throws(InvalidValue) -> Bool {
        switch text {
        case "1", "t", "T", "TRUE", "true", "True": true
        case "0", "f", "F", "FALSE", "false", "False": false
        default: throw syntax("ParseBool", text)
        }
    }

    /// A whole number: decimal, or `0x`, `0o`, `0b`, a leading 0 for octal, `_` between digits.
    static func integer(_ text: String) throws(InvalidValue) -> Int64 {
        let negative = text.hasPrefix("-")
        let digits = negative || text.hasPrefix("+") ? text.dropFirst() : text[...]
        let magnitude = try magnitude(digits, of: text, "ParseInt")
        let limit = UInt64(Int64.max) + (negative ? 1 : 0)
        guard let magnitude, magnitude <= limit else { throw range("ParseInt", text) }
        return negative ? Int64(truncatingIfNeeded: 0 &- magnitude) : Int64(magnitude)
    }

    /// A whole number from 0 to `limit`.
    static func unsigned(
        _ text: String, upTo limit: UInt64 = .max
    ) throws(InvalidValue) -> UInt64 {
        guard let number = try magnitude(text[...], of: text, "ParseUint"), number <= limit else {
            throw range("ParseUint", text)
        }
        return number
    }

    /// Nil when the digits are right but the number is too large.
    private static func magnitude(
        _ digits: Substring, of text: String, _ function: String
    ) throws(InvalidValue) -> UInt64? {
        var bytes = Array(digits.utf8)
        var radix: UInt64 = 10
        if bytes.count > 1, bytes[0] == UInt8(ascii: "0") {
            switch bytes[1] | 0x20 {
            case UInt8(ascii: "x"): radix = 16
            case UInt8(ascii: "o"): radix = 8
            case UInt8(ascii: "b"): radix = 2
            default: radix = 8
            }
            let prefixed = !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[1])
            bytes.removeFirst(prefixed && bytes[1] != UInt8(ascii: "_") ? 2 : 1)
        }
        var value: UInt64? = bytes.isEmpty ? nil : 0
        guard value != nil, bytes.last != UInt8(ascii: "_") else { throw syntax(function, text) }
        for byte in bytes where byte != UInt8(ascii: "_") {
            guard let digit = digit(byte), digit < radix else { throw syntax(function, text) }
            value = value.flatMap { appending(digit, to: $0, radix: radix) }
        }
        return value
    }

    private static func appending(_ digit: UInt64, to value: UInt64, radix: UInt64) -> UInt64? {
        let (product, overflow) = value.multipliedReportingOverflow(by: radix)
        let (sum, carry) = product.addingReportingOverflow(digit)
        return overflow || carry ? nil : sum
    }

    private static func digit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    static func syntax(_ function: String, _ text: String) -> InvalidValue {
        InvalidValue("strconv.\(function): parsing \"\(text)\": invalid syntax")
    }

    static func range(_ function: String, _ text: String) -> InvalidValue {
        InvalidValue("strconv.\(function): parsing \"\(text)\": value out of range")
    }
}
