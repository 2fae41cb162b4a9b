// SPDX-License-Identifier: Apache-2.0

/// How long ago or how long, in words: `About a minute`, `3 hours`.
/// - Parameter seconds: whole seconds; negative ones count as none.
func humanDuration(seconds: Int64) -> String {
    switch seconds {
    case ..<1: return "Less than a second"
    case 1: return "1 second"
    case ..<60: return "\(seconds) seconds"
    default: break
    }
    switch seconds / 60 {
    case 1: return "About a minute"
    case let minutes where minutes < 60: return "\(minutes) minutes"
    default: break
    }
    switch (seconds + 1800) / 3600 {
    case 1: return "About an hour"
    case let hours where hours < 48: return "\(hours) hours"
    case let hours where hours < 24 * 7 * 2: return "\(hours / 24) days"
    case let hours where hours < 24 * 30 * 2: return "\(hours / 24 / 7) weeks"
    case let hours where hours < 24 * 365 * 2: return "\(hours / 24 / 30) months"
    default: return "\(seconds / 3600 / 24 / 365) years"
    }
}

/// A size in decimal units: `1.98MB`.
/// - Parameter digits: significant ones; Docker has 3 in lists and 4 in totals.
func humanSize(_ bytes: Int64, digits: Int = 3) -> String {
    scaled(bytes, by: 1000, digits, ["B", "kB", "MB", "GB", "TB", "PB", "EB"])
}

/// A size in binary units, as memory has them: `796KiB`, `23.54GiB`.
func humanBinarySize(_ bytes: Int64) -> String {
    scaled(bytes, by: 1024, 4, ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"])
}

/// Where rounding reaches the next unit it is taken: `1GB`, not Docker's `1e+03MB`.
private func scaled(_ bytes: Int64, by base: Double, _ digits: Int, _ units: [String]) -> String {
    var value = Double(bytes)
    var unit = 0
    while value >= base, unit + 1 < units.count {
        value /= base
        unit += 1
    }
    var text = decimal(value, "g", precision: digits)
    if let rounded = Double(text), rounded >= base, unit + 1 < units.count {
        text = decimal(value / base, "g", precision: digits)
        unit += 1
    }
    return text + units[unit]
}

/// A share as a percentage with two digits: `12.50%`.
func percentage(_ share: Double) -> String { decimal(share * 100, "f", precision: 2) + "%" }
