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

    /// Go's RFC3339Nano, as `json-file` has it: no zeros at the end of the fraction.
    static func trimmed(_ nanoseconds: UInt64) -> [UInt8] {
        var text = text(nanoseconds)
        text.removeLast()
        while text.last == UInt8(ascii: "0") { text.removeLast() }
        if nanoseconds % 1_000_000_000 == 0 { text.removeLast(1) }
        text.append(UInt8(ascii: "Z"))
        return text
    }

    /// Reads what `text` and `trimmed` write; nil when it is no such time.
    static func nanoseconds(_ text: UnsafeRawBufferPointer) -> UInt64? {
        guard text.count >= 20, text[text.count - 1] == UInt8(ascii: "Z"),
            let year = number(text, 0, 4), let month = number(text, 5, 2), year >= 1970,
            let day = number(text, 8, 2), let hour = number(text, 11, 2),
            let minute = number(text, 14, 2), let second = number(text, 17, 2),
            (1...12).contains(month)
        else { return nil }
        var fraction: UInt64 = 0
        if text.count > 20 {
            let digits = text.count - 21
            guard text[19] == UInt8(ascii: "."), digits <= 9,
                let value = number(text, 20, digits)
            else { return nil }
            fraction = (digits..<9).reduce(UInt64(value)) { value, _ in value * 10 }
        }
        let days = dayNumber(year, month, day)
        let seconds = UInt64(days * 86400 + hour * 3600 + minute * 60 + second)
        let (value, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? nil : value + fraction
    }

    private static func number(
        _ text: UnsafeRawBufferPointer, _ start: Int, _ count: Int
    ) -> Int? {
        var value = 0
        for byte in text[start..<(start + count)] {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return value
    }

    /// Days since 1970-01-01 of a proleptic Gregorian date; `date(ofDay:)` backwards.
    private static func dayNumber(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let yearOfEra = year % 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
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
