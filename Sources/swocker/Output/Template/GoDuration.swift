// SPDX-License-Identifier: Apache-2.0

/// Go's text of a time.Duration in nanoseconds: `1h0m0s`, `1.5s`, `200ms`
/// (https://pkg.go.dev/time#Duration.String).
func goDurationText(_ nanoseconds: Int64) -> String {
    let length = nanoseconds.magnitude
    let sign = nanoseconds < 0 ? "-" : ""
    switch length {
    case 0: return "0s"
    case ..<1_000: return "\(sign)\(length)ns"
    case ..<1_000_000: return sign + decimal(length, per: 1_000) + "µs"
    case ..<1_000_000_000: return sign + decimal(length, per: 1_000_000) + "ms"
    default: break
    }
    let minutes = length / 60_000_000_000
    var text = decimal(length % 60_000_000_000, per: 1_000_000_000) + "s"
    if minutes > 0 { text = "\(minutes % 60)m" + text }
    if minutes >= 60 { text = "\(minutes / 60)h" + text }
    return sign + text
}

/// A quotient with as many digits as it has.
private func decimal(_ value: UInt64, per unit: UInt64) -> String {
    var digits = String(unit + value % unit).dropFirst()
    while digits.last == "0" { digits.removeLast() }
    return "\(value / unit)" + (digits.isEmpty ? "" : ".\(digits)")
}
