// SPDX-License-Identifier: Apache-2.0

import Glibc

/// An instant of the wall clock, as the engine's records and Docker's JSON have it.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Seconds since 1970-01-01 00:00:00 UTC; earlier instants are negative.
    public var seconds: Int64
    /// 0 up to 999,999,999, counted forward from `seconds`.
    public var nanoseconds: Int32

    /// - Parameter nanoseconds: may exceed a second or be negative.
    public init(seconds: Int64, nanoseconds: Int64 = 0) {
        let carry = nanoseconds.flooredQuotient(1_000_000_000)
        self.seconds = seconds + carry
        self.nanoseconds = Int32(nanoseconds &- carry &* 1_000_000_000)
    }

    /// Go's zero time, year 1, which Docker shows where nothing has happened yet.
    public static let never = Timestamp(seconds: -62_135_596_800)

    /// The present, from clock_gettime(2) with CLOCK_REALTIME.
    public static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int64(time.tv_nsec))
    }

    /// Earlier instants come first.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    /// The instant `nanoseconds` later.
    public func advanced(nanoseconds: Int64) -> Timestamp {
        let whole = nanoseconds.flooredQuotient(1_000_000_000)
        let rest = nanoseconds &- whole &* 1_000_000_000  // fits, if the product does not
        return Timestamp(
            seconds: seconds + whole, nanoseconds: Int64(self.nanoseconds) + rest)
    }

    /// Whole seconds from `earlier` to here, cut towards zero.
    public func seconds(since earlier: Timestamp) -> Int64 {
        let difference = seconds - earlier.seconds
        let fraction = nanoseconds - earlier.nanoseconds
        if difference > 0, fraction < 0 { return difference - 1 }
        return difference < 0 && fraction > 0 ? difference + 1 : difference
    }
}

extension Timestamp {
    /// RFC 3339 in UTC with nanoseconds, zeros at the end cut: `2026-11-23T19:24:46.5Z`
    /// (Go's RFC3339Nano, which Docker's JSON has).
    public var rfc3339Nano: String {
        let clock = CivilTime(seconds: seconds)
        guard nanoseconds != 0 else { return "\(clock.date)T\(clock.time)Z" }
        var digits = Substring(padded(Int(nanoseconds), 9))
        while digits.last == "0" { digits.removeLast() }
        return "\(clock.date)T\(clock.time).\(digits)Z"
    }

    /// RFC 3339 in UTC with all nine digits of nanoseconds, as log lines have it: equally long
    /// lines sort as texts.
    public var rfc3339NanoFixed: String {
        let clock = CivilTime(seconds: seconds)
        return "\(clock.date)T\(clock.time).\(padded(Int(nanoseconds), 9))Z"
    }

    /// RFC 3339 in local time with all nine digits: `2026-11-23T20:24:46.500000000+01:00`.
    public var localRFC3339NanoFixed: String {
        guard let local = localTime, local.tm_gmtoff != 0 else { return rfc3339NanoFixed }
        let offset = Int(local.tm_gmtoff)
        let clock = CivilTime(seconds: seconds + Int64(offset))
        let (sign, minutes) = (offset < 0 ? "-" : "+", abs(offset) / 60)
        let shift = "\(sign)\(padded(minutes / 60, 2)):\(padded(minutes % 60, 2))"
        return "\(clock.date)T\(clock.time).\(padded(Int(nanoseconds), 9))\(shift)"
    }

    private var localTime: tm? {
        var time = time_t(seconds)
        var local = tm()
        return localtime_r(&time, &local) == nil ? nil : local
    }

    /// RFC 3339 in UTC with whole seconds.
    public var rfc3339: String {
        let clock = CivilTime(seconds: seconds)
        return "\(clock.date)T\(clock.time)Z"
    }

    /// In local time, as lists print it: `2026-11-23 19:20:38 +0000 UTC`.
    public var listText: String {
        guard let local = localTime else { return rfc3339 }
        let offset = Int(local.tm_gmtoff)
        let clock = CivilTime(seconds: seconds + Int64(offset))
        let zone = local.tm_zone.map { String(cString: $0) } ?? "UTC"
        let minutes = abs(offset) / 60
        let sign = offset < 0 ? "-" : "+"
        let shift = sign + padded(minutes / 60, 2) + padded(minutes % 60, 2)
        return "\(clock.date) \(clock.time) \(shift) \(zone)"
    }
}

/// A date and a time of the proleptic Gregorian calendar.
struct CivilTime {
    var year: Int64
    var month: Int
    var day: Int
    var hour = 0
    var minute = 0
    var second = 0

    init(year: Int64, month: Int, day: Int) {
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// - Parameter seconds: since 1970-01-01 00:00:00.
    init(seconds: Int64) {
        let days = seconds.flooredQuotient(86_400)
        let rest = Int(seconds - days * 86_400)
        // Years begin in March here, so that the leap day is a year's last. 400 years have
        // 146,097 days; month m begins 153 days per 5 months after March.
        let shifted = days + 719_468
        let era = shifted.flooredQuotient(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = Int(dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100))
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
    }

    /// Seconds since 1970-01-01 00:00:00.
    var seconds: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear.flooredQuotient(400)
        let yearOfEra = shiftedYear - era * 400
        let shiftedMonth = Int64(month > 2 ? month - 3 : month + 9)
        let dayOfYear = (153 * shiftedMonth + 2) / 5 + Int64(day) - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        return days * 86_400 + Int64(hour * 3600 + minute * 60 + second)
    }

    /// Whether every field is in its range.
    var isValid: Bool {
        guard (1...12).contains(month), (0...23).contains(hour), (0...59).contains(minute),
            (0...59).contains(second)
        else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...days[month - 1]).contains(day)
    }

    var date: String { "\(padded(Int(year), 4))-\(padded(month, 2))-\(padded(day, 2))" }
    var time: String { "\(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2))" }
}

private func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

extension Int64 {
    /// Division that rounds down.
    fileprivate func flooredQuotient(_ divisor: Int64) -> Int64 {
        self / divisor - (self % divisor < 0 ? 1 : 0)
    }
}
