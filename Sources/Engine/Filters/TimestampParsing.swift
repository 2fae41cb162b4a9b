// SPDX-License-Identifier: Apache-2.0

import Glibc
internal import OCI

/// A text that is no instant and no duration.
public struct TimestampError: Error, Equatable, CustomStringConvertible {
    /// Docker's words.
    public let description: String
    init(_ text: String) { description = "failed to parse value as time or duration: \"\(text)\"" }
}

extension Timestamp {
    /// An instant as `--since` and `--until` take it: a Go duration before `now` (`1h30m`), RFC
    /// 3339 with parts missing (`2026-11-23T19:20`, without a zone in local time), a date, or Unix
    /// seconds with a fraction.
    public init(
        parsing text: String, now: Timestamp = .now
    ) throws(TimestampError) {
        if let duration = goDuration(text) {
            self = now.advanced(nanoseconds: -duration)
        } else if let instant = Timestamp(unix: text) ?? Timestamp(rfc3339: text) {
            self = instant
        } else {
            throw TimestampError(text)
        }
    }

    /// Unix seconds, perhaps with a fraction: `1795461886.5`.
    init?(unix text: String) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let seconds = Int64(parts[0]), abs(seconds / 2) < 1 << 52 else { return nil }
        var fraction: Int64 = 0
        if parts.count == 2 {
            guard let value = billionths(Array(parts[1].utf8)) else { return nil }
            fraction = value
        }
        self.init(seconds: seconds, nanoseconds: parts[0].hasPrefix("-") ? -fraction : fraction)
    }

    /// RFC 3339, of which everything behind the date can be missing; without a zone it is local.
    public init?(rfc3339 text: String) {
        guard let time = RFC3339(parsing: text) else { return nil }
        let seconds = time.offset.map { time.clock.seconds - Int64($0) }
        self.init(
            seconds: seconds ?? Self.fromLocal(time.clock), nanoseconds: time.nanoseconds)
    }

    /// The instant at which clocks of the local time zone show `clock`.
    private static func fromLocal(_ clock: CivilTime) -> Int64 {
        var local = tm()
        local.tm_year = CInt(clock.year - 1900)
        local.tm_mon = CInt(clock.month - 1)
        local.tm_mday = CInt(clock.day)
        local.tm_hour = CInt(clock.hour)
        local.tm_min = CInt(clock.minute)
        local.tm_sec = CInt(clock.second)
        local.tm_isdst = -1
        return Int64(mktime(&local))
    }
}

/// The nanoseconds of a duration in Go's syntax (time.ParseDuration): numbers with units, such as
/// `1h30m`, `1.5s`, `-2ms`; nil if `text` is none. `0` needs no unit.
public func goDuration(_ text: String) -> Int64? {
    var rest = Substring(text)
    let isNegative = rest.first == "-"
    if isNegative || rest.first == "+" { rest.removeFirst() }
    if rest == "0" { return 0 }
    guard !rest.isEmpty else { return nil }
    var total = 0.0
    var whole: Int64 = 0
    while !rest.isEmpty {
        let number = rest.prefix { ("0"..."9").contains($0) || $0 == "." }
        rest = rest.dropFirst(number.count)
        let unit = rest.prefix { !("0"..."9").contains($0) && $0 != "." }
        rest = rest.dropFirst(unit.count)
        let scale: Int64
        switch unit {
        case "ns": scale = 1
        case "us", "µs", "μs": scale = 1_000
        case "ms": scale = 1_000_000
        case "s": scale = 1_000_000_000
        case "m": scale = 60_000_000_000
        case "h": scale = 3_600_000_000_000
        default: return nil
        }
        if let count = Int64(number) {
            let (product, tooLarge) = count.multipliedReportingOverflow(by: scale)
            let (sum, overflow) = whole.addingReportingOverflow(product)
            guard !tooLarge, !overflow else { return nil }
            whole = sum
        } else {
            guard number.contains(where: \.isNumber), let count = Double("0\(number)0") else {
                return nil
            }
            total += count * Double(scale)
        }
    }
    guard let fraction = Int64(exactly: total.rounded(.towardZero)) else { return nil }
    let (sum, overflow) = whole.addingReportingOverflow(fraction)
    return overflow ? nil : isNegative ? -sum : sum
}
