// SPDX-License-Identifier: Apache-2.0

/// Sizes as Docker reads them: `64m`, `1.5g`, `512KiB`; binary whatever the suffix.
enum Size {
    /// The number of bytes that `text` means.
    static func bytes(_ text: String) throws(InvalidValue) -> Int64 {
        let invalid = InvalidValue("invalid size: '\(text)'")
        guard let last = text.utf8.lastIndex(where: { "0123456789. ".utf8.contains($0) }) else {
            throw invalid
        }
        let suffix = text[text.utf8.index(after: last)...].lowercased()
        var figures = text[...last]
        if figures.last == " " { figures.removeLast() }
        if figures.hasPrefix("-"), Decimal(parsing: figures.dropFirst()) != nil { throw invalid }
        guard let decimal = Decimal(parsing: figures) else {
            throw Number.syntax("ParseFloat", String(figures))
        }
        guard let factor = factor(suffix) else { throw InvalidValue("invalid suffix: '\(suffix)'") }
        guard let size = decimal.times(factor) else {
            throw InvalidValue("invalid size: '\(text)': value out of range")
        }
        return size.whole
    }

    /// A size, or -1 for no limit.
    static func bytesOrUnlimited(_ text: String) throws(InvalidValue) -> Int64 {
        text == "-1" ? -1 : try bytes(text)
    }

    private static func factor(_ suffix: String) -> UInt64? {
        guard let letter = suffix.utf8.first else { return 1 }
        switch suffix.dropFirst() {
        case "", "b", "ib": break
        default: return nil
        }
        switch letter {
        case UInt8(ascii: "b"): return suffix == "b" ? 1 : nil
        case UInt8(ascii: "k"): return 1 << 10
        case UInt8(ascii: "m"): return 1 << 20
        case UInt8(ascii: "g"): return 1 << 30
        case UInt8(ascii: "t"): return 1 << 40
        case UInt8(ascii: "p"): return 1 << 50
        default: return nil
        }
    }
}
