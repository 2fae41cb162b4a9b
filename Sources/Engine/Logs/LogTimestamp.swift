// SPDX-License-Identifier: Apache-2.0

/// Docker's `logs --timestamps`: RFC 3339 in UTC with nine digits of a second, always 30 bytes.
enum LogTimestamp {
    static func text(_ nanoseconds: UInt64) -> [UInt8] {
        let seconds = nanoseconds / 1_000_000_000
        let (year, month, day) = date(ofDay: Int(seconds / 86400))
        let clock = Int(seconds % 86400)
        var text: [UInt8] = []
        text.reserveCapacity(31)
        put(year, 4, &text, then: "-")
        put(month, 2, &text, then: "-")
        put(day, 2, &text, then: "T")
        put(clock / 3600, 2, &text, then: ":")
        put(clock / 60 % 60, 2, &text, then: ":")
        put(clock % 60, 2, &text, then: ".")
        put(Int(nanoseconds % 1_000_000_000), 9, &text, then: "Z")
        return text
    }

    private static func put(
        _ number: Int, _ digits: Int, _ text: inout [UInt8], then next: Unicode.Scalar
    ) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            text.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
        text.append(UInt8(ascii: next))
    }

    /// The proleptic Gregorian date of a day since 1970-01-01. Years are counted from March, so that
    /// the leap day is the last of its year.
    private static func date(ofDay day: Int) -> (year: Int, month: Int, day: Int) {
        let fromMarch0 = day + 719_468
        let era = fromMarch0 / 146_097
        let dayOfEra = fromMarch0 % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let fromMarch = (5 * dayOfYear + 2) / 153
        let month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
        return (
            era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month,
            dayOfYear - (153 * fromMarch + 2) / 5 + 1
        )
    }
}
