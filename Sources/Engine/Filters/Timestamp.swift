// SPDX-License-Identifier: Apache-2.0

import Glibc
internal import OCI

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
