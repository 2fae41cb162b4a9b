// SPDX-License-Identifier: Apache-2.0

/// A time as texts have it: a date, perhaps a time of day, perhaps a zone.
/// https://www.rfc-editor.org/rfc/rfc3339#section-5.6
public struct RFC3339: Equatable, Sendable {
    /// Zero where the text stops earlier.
    public var clock: CivilTime
    /// Of a second; what is finer is cut.
    public var nanoseconds: Int64 = 0
    /// Seconds east of Greenwich; nil when the text names no zone.
    public var offset: Int?
    /// Whether the text goes down to seconds, as RFC 3339 asks; Docker's options may stop earlier.
    public var hasSeconds = false

    /// Reads `2026-11-23T19:24:46.5+01:00`, of which all behind the date may be missing; nil for
    /// anything else.
    public init?(parsing text: String) {
        var scanner = TimeScanner(bytes: Array(text.utf8))
        guard let date = scanner.date() else { return nil }
        clock = date
        if scanner.take("T") || scanner.take("t") {
            guard read(timeOfDay: &scanner) else { return nil }
        }
        guard clock.isValid, scanner.zone(&offset), scanner.isAtEnd else { return nil }
    }

    /// - Returns: whether what is there of it is right.
    private mutating func read(timeOfDay scanner: inout TimeScanner) -> Bool {
        guard let hour = scanner.number(2) else { return false }
        clock.hour = hour
        guard scanner.take(":") else { return true }
        guard let minute = scanner.number(2) else { return false }
        clock.minute = minute
        guard scanner.take(":") else { return true }
        guard let second = scanner.number(2) else { return false }
        clock.second = second
        hasSeconds = true
        guard scanner.take(".") else { return true }
        guard let value = billionths(scanner.digits()) else { return false }
        nanoseconds = value
        return true
    }
}

/// A complete RFC 3339 time, as documents carry it, in nanoseconds since 1970; nil for anything else.
public func nanosecondsSinceEpoch(rfc3339 text: String) -> Int64? {
    guard let time = RFC3339(parsing: text), time.hasSeconds, let offset = time.offset else {
        return nil
    }
    let (whole, overflow) = (time.clock.seconds - Int64(offset))
        .multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? nil : whole.addingReportingOverflow(time.nanoseconds).partialValue
}

/// The digits of a fraction of a second; beyond nine they are cut. Nil for anything but digits.
public func billionths(_ digits: [UInt8]) -> Int64? {
    guard !digits.isEmpty, digits.allSatisfy(\.isDigit) else { return nil }
    var value: Int64 = 0
    for index in 0..<9 {
        value = value * 10 + (index < digits.count ? Int64(digits[index] - 0x30) : 0)
    }
    return value
}

private struct TimeScanner {
    let bytes: [UInt8]
    var position = 0
    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ mark: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: mark) else { return false }
        position += 1
        return true
    }

    mutating func digits() -> [UInt8] {
        let start = position
        while position < bytes.count, bytes[position].isDigit { position += 1 }
        return Array(bytes[start..<position])
    }

    /// Exactly `count` digits.
    mutating func number(_ count: Int) -> Int? {
        guard position + count <= bytes.count else { return nil }
        var value = 0
        for byte in bytes[position..<(position + count)] {
            guard byte.isDigit else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        position += count
        return value
    }

    mutating func date() -> CivilTime? {
        guard let year = number(4), take("-"), let month = number(2), take("-"),
            let day = number(2)
        else { return nil }
        return CivilTime(year: Int64(year), month: month, day: day)
    }

    /// `Z`, `+hh:mm` or nothing.
    /// - Returns: false if there is something else.
    mutating func zone(_ offset: inout Int?) -> Bool {
        if isAtEnd { return true }
        if take("Z") || take("z") {
            offset = 0
            return true
        }
        let sign = take("-") ? -1 : take("+") ? 1 : 0
        guard sign != 0, let hours = number(2), take(":"), let minutes = number(2), hours < 24,
            minutes < 60
        else { return false }
        offset = sign * (hours * 3600 + minutes * 60)
        return true
    }
}
