// SPDX-License-Identifier: Apache-2.0

/// A decimal fraction, exact: sizes and CPU counts must not be rounded through a `Double`.
struct Decimal: Equatable {
    /// The digits without the point.
    var digits: UInt64 = 0
    /// How many powers of ten the digits stand for; negative behind the point.
    var exponent = 0

    /// Reads `12`, `.5`, `1.5`, `1e3`; nil for anything else.
    init?(parsing text: some StringProtocol) {
        var bytes = Array(text.utf8)[...]
        if bytes.first == UInt8(ascii: "+") { bytes.removeFirst() }
        if let mark = bytes.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }) {
            let tail = String(decoding: bytes[(mark + 1)...], as: UTF8.self)
            guard let power = Int(tail), abs(power) < 64 else { return nil }
            exponent = power
            bytes = bytes[..<mark]
        }
        var seenPoint = false
        var seenDigit = false
        for byte in bytes {
            if byte == UInt8(ascii: "."), !seenPoint {
                seenPoint = true
                continue
            }
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), append(byte) else {
                return nil
            }
            seenDigit = true
            if seenPoint { exponent -= 1 }
        }
        guard seenDigit else { return nil }
    }

    private mutating func append(_ byte: UInt8) -> Bool {
        let (product, overflow) = digits.multipliedReportingOverflow(by: 10)
        let (sum, carry) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
        digits = sum
        return !overflow && !carry
    }

    /// The value times `factor`, with what is left behind the point cut off and reported. Nil when
    /// it does not fit.
    func times(_ factor: UInt64) -> (whole: Int64, exact: Bool)? {
        var (high, low) = digits.multipliedFullWidth(by: factor)
        var exact = true
        var power = exponent
        while power < 0, high != 0 || low != 0 {
            let (upper, rest) = high.quotientAndRemainder(dividingBy: 10)
            let (lower, left) = UInt64(10).dividingFullWidth((rest, low))
            (high, low) = (upper, lower)
            if left != 0 { exact = false }
            power += 1
        }
        while power > 0, low != 0 {
            let (product, overflow) = low.multipliedReportingOverflow(by: 10)
            guard high == 0, !overflow else { return nil }
            low = product
            power -= 1
        }
        guard high == 0, let whole = Int64(exactly: low) else { return nil }
        return (whole, exact)
    }
}
