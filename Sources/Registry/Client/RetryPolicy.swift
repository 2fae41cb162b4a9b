// SPDX-License-Identifier: Apache-2.0

internal import OCI

/// When something that failed is tried again, and how soon.
struct RetryPolicy: Sendable {
    let patience: Patience

    /// Whether a status may be another one next time.
    static func isPassing(_ status: Int) -> Bool {
        status == 408 || status == 429 || (500...504).contains(status) && status != 501
    }

    /// Seconds to wait before another try; nil for no more tries.
    /// - Parameters:
    ///   - failures: how many tries have failed, one at least.
    ///   - retryAfter: the header of that name (RFC 9110, 10.2.3).
    ///   - now: seconds since 1970, which dates are compared with.
    ///   - chance: from 0 to 1; clients that failed together must not come again together.
    func delay(
        failures: Int, retryAfter: String?, now: Int64 = 0, chance: Double = 0.5
    ) -> Double? {
        guard failures < patience.attempts else { return nil }
        if let asked = retryAfter.flatMap({ Self.seconds($0, now: now) }) {
            return asked <= patience.longest ? asked : nil
        }
        let base = min(0.25 * Double(1 << min(failures - 1, 10)), 8)
        return base * (0.5 + chance)
    }

    /// `120`, or a date of HTTP.
    static func seconds(_ text: String, now: Int64) -> Double? {
        if let seconds = UInt32(text) { return Double(seconds) }
        // Sun, 06 Nov 1994 08:49:37 GMT
        let parts = text.split(separator: " ")
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        guard parts.count == 6, parts[5] == "GMT",
            let month = months.firstIndex(of: String(parts[2]))
        else { return nil }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        let stamp = "\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z"
        guard let time = nanosecondsSinceEpoch(rfc3339: stamp) else { return nil }
        return Double(max(0, time / 1_000_000_000 - now))
    }
}
