// SPDX-License-Identifier: Apache-2.0

/// Durations as Go spells them: `300ms`, `1.5h`, `1h30m`; a bare 0 needs no unit.
enum DurationText {
    /// The number of nanoseconds that `text` means.
    static func nanoseconds(_ text: String) throws(InvalidValue) -> Int64 {
        let invalid = InvalidValue("time: invalid duration \"\(text)\"")
        let negative = text.hasPrefix("-")
        var rest = negative || text.hasPrefix("+") ? text.dropFirst() : text[...]
        if rest == "0" { return 0 }
        guard !rest.isEmpty else { throw invalid }
        var total: Int64 = 0
        while !rest.isEmpty {
            let figures = rest.prefix { $0 == "." || ("0"..."9").contains($0) }
            rest = rest.dropFirst(figures.count)
            guard let count = Decimal(parsing: figures) else { throw invalid }
            let unit = rest.prefix { $0 != "." && !("0"..."9").contains($0) }
            rest = rest.dropFirst(unit.count)
            guard !unit.isEmpty else {
                throw InvalidValue("time: missing unit in duration \"\(text)\"")
            }
            guard let length = length(unit) else {
                throw InvalidValue("time: unknown unit \"\(unit)\" in duration \"\(text)\"")
            }
            guard let part = count.times(length) else { throw invalid }
            let (sum, overflow) = total.addingReportingOverflow(part.whole)
            if overflow { throw invalid }
            total = sum
        }
        return negative ? -total : total
    }

    private static func length(_ unit: Substring) -> UInt64? {
        switch unit {
        case "ns": 1
        case "us", "µs", "μs": 1000
        case "ms": 1_000_000
        case "s": 1_000_000_000
        case "m": 60_000_000_000
        case "h": 3_600_000_000_000
        default: nil
        }
    }
}
