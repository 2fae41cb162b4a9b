// SPDX-License-Identifier: Apache-2.0

/// Parses an RFC 3339 time, as documents carry it, into nanoseconds since 1970; nil for anything else.
public func nanosecondsSinceEpoch(rfc3339 text: String) -> Int64? {
    var bytes = Array(text.utf8)[...]
    func number(_ digits: Int, then separator: String = "") -> Int64? {
        var value: Int64 = 0
        for _ in 0..<digits {
            guard let byte = bytes.popFirst(), byte.isDigit else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        guard separator.isEmpty || bytes.popFirst().map({ separator.utf8.contains($0) }) == true
        else { return nil }
        return value
    }
    guard let year = number(4, then: "-"), let month = number(2, then: "-"),
        let day = number(2, then: "Tt "), let hour = number(2, then: ":"),
        let minute = number(2, then: ":"), let second = number(2), (1...12).contains(month),
        (1...31).contains(day), hour < 24, minute < 60, second <= 60
    else { return nil }
    var fraction: Int64 = 0
    if bytes.first == UInt8(ascii: ".") {
        bytes.removeFirst()
        var unit: Int64 = 100_000_000
        while let digit = bytes.first, digit.isDigit {
            fraction += Int64(digit - 0x30) * unit
            unit /= 10
            bytes.removeFirst()
        }
    }
    var offset: Int64 = 0
    switch bytes.popFirst() {
    case UInt8(ascii: "Z"), UInt8(ascii: "z"): break
    case let sign? where sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"):
        guard let hours = number(2, then: ":"), let minutes = number(2) else { return nil }
        offset = (hours * 60 + minutes) * (sign == UInt8(ascii: "-") ? -60 : 60)
    default: return nil
    }
    guard bytes.isEmpty else { return nil }
    let seconds =
        daysSinceEpoch(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? nil : whole.addingReportingOverflow(fraction).partialValue
}

/// Days from 1970-01-01 in the Gregorian calendar. Years begin in March here, so that the leap day is
/// the last of its year and month lengths follow one line.
private func daysSinceEpoch(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let marchYear = month > 2 ? year : year - 1
    let marchMonth = (month + 9) % 12
    let era = marchYear >= 0 ? marchYear / 400 : (marchYear - 399) / 400
    let yearOfEra = marchYear - era * 400
    let dayOfYear = (153 * marchMonth + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
}
