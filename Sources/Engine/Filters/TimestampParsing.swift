// SPDX-License-Identifier: Apache-2.0

import Glibc

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
        var scanner = TimeScanner(bytes: Array(text.utf8))
        guard var clock = scanner.date() else { return nil }
        var fraction: Int64 = 0
        if scanner.take("T") || scanner.take("t") {
            guard let hour = scanner.number(2) else { return nil }
            clock.hour = hour
            if scanner.take(":") {
                guard let minute = scanner.number(2) else { return nil }
                clock.minute = minute
                if scanner.take(":") {
                    guard let second = scanner.number(2) else { return nil }
                    clock.second = second
                    if scanner.take(".") {
                        guard let value = billionths(scanner.digits()) else { return nil }
                        fraction = value
                    }
                }
            }
        }
        guard clock.isValid, let zone = scanner.zone(), scanner.isAtEnd else { return nil }
        switch zone {
        case .offset(let seconds):
            self.init(seconds: clock.seconds - Int64(seconds), nanoseconds: fraction)
        case .local: self.init(seconds: Self.fromLocal(clock), nanoseconds: fraction)
        }
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

/// The digits of a fraction of a second; beyond nine they are cut.
private func billionths(_ digits: [UInt8]) -> Int64? {
    guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    var value: Int64 = 0
    for index in 0..<9 {
        value = value * 10 + (index < digits.count ? Int64(digits[index] - 0x30) : 0)
    }
    return value
}

private struct TimeScanner {
    enum Zone {
        case local
        case offset(Int)
    }

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
        while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
        return Array(bytes[start..<position])
    }

    /// Exactly `count` digits.
    mutating func number(_ count: Int) -> Int? {
        guard position + count <= bytes.count else { return nil }
        var value = 0
        for byte in bytes[position..<(position + count)] {
            guard (0x30...0x39).contains(byte) else { return nil }
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

    /// `Z`, `+hh:mm` or nothing; nil if there is something else.
    mutating func zone() -> Zone? {
        if isAtEnd { return .local }
        if take("Z") || take("z") { return .offset(0) }
        let sign = take("-") ? -1 : take("+") ? 1 : 0
        guard sign != 0, let hours = number(2), take(":"), let minutes = number(2), hours < 24,
            minutes < 60
        else { return nil }
        return .offset(sign * (hours * 3600 + minutes * 60))
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
