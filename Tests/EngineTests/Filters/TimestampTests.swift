// SPDX-License-Identifier: Apache-2.0

import Engine
import Glibc
import Testing

struct TimestampTests {
    @Test(
        arguments: [
            (0, 0, "1970-01-01T00:00:00Z"),
            (1_795_461_886, 21_578_772, "2026-11-23T19:24:46.021578772Z"),
            (951_782_400, 500_000_000, "2000-02-29T00:00:00.5Z"),
            (-62_135_596_800, 0, "0001-01-01T00:00:00Z"),
            (-1, 1, "1969-12-31T23:59:59.000000001Z"), (4_102_444_799, 0, "2099-12-31T23:59:59Z"),
            (4_107_542_400, 0, "2100-03-01T00:00:00Z"),
            (253_402_300_799, 0, "9999-12-31T23:59:59Z"),
        ] as [(Int64, Int64, String)])
    func rfc3339Nano(_ seconds: Int64, _ nanoseconds: Int64, _ text: String) {
        let instant = Timestamp(seconds: seconds, nanoseconds: nanoseconds)
        #expect(instant.rfc3339Nano == text)
        #expect(Timestamp(rfc3339: text) == instant)
    }

    @Test func forms() {
        let instant = Timestamp(seconds: 1_795_461_886, nanoseconds: 20_000_000)
        #expect(instant.rfc3339NanoFixed == "2026-11-23T19:24:46.020000000Z")
        #expect(instant.rfc3339 == "2026-11-23T19:24:46Z")
        #expect(Timestamp.never.rfc3339Nano == "0001-01-01T00:00:00Z")
    }

    @Test func everyDayOfFourCenturies() {
        for day in stride(from: Int64(-200_000), to: 200_000, by: 1) {
            let instant = Timestamp(seconds: day * 86_400 + 3601)
            guard Timestamp(rfc3339: instant.rfc3339) == instant else {
                Issue.record("day \(day) reads back differently: \(instant.rfc3339)")
                return
            }
        }
    }

    static let now = Timestamp(seconds: 1_795_461_886, nanoseconds: 500_000_000)

    @Test(
        arguments: [
            ("10s", 1_795_461_876, 500_000_000), ("1h30m", 1_795_456_486, 500_000_000),
            ("-10s", 1_795_461_896, 500_000_000), ("1.5s", 1_795_461_885, 0),
            ("0", 1_795_461_886, 500_000_000),
            ("500ms", 1_795_461_886, 0), ("1795461886", 1_795_461_886, 0),
            ("1795461886.25", 1_795_461_886, 250_000_000),
            ("2026-11-23T19:24:46Z", 1_795_461_886, 0),
            ("2026-11-23T20:24:46+01:00", 1_795_461_886, 0),
            ("2026-11-23T19:24:46.0215Z", 1_795_461_886, 21_500_000),
            ("2026-11-23T19:24Z", 1_795_461_840, 0),
            ("2026-11-23T19Z", 1_795_460_400, 0), ("2026-11-23Z", 1_795_392_000, 0),
            ("2026-11-23T14:24:46-05:00", 1_795_461_886, 0),
        ] as [(String, Int64, Int64)])
    func parses(_ text: String, _ seconds: Int64, _ nanoseconds: Int64) throws {
        let instant = try Timestamp(parsing: text, now: Self.now)
        #expect(instant == Timestamp(seconds: seconds, nanoseconds: nanoseconds))
    }

    @Test func localTimesReadBack() throws {
        let date = try Timestamp(parsing: "2026-11-23T19:24:46")
        #expect(date.listText.hasPrefix("2026-11-23 19:24:46 "))
        #expect(try Timestamp(parsing: "2026-11-23").listText.hasPrefix("2026-11-23 00:00:00 "))
    }

    @Test(arguments: [
        "", "x", "10", "10 s", "1h30", "2026-13-01", "2026-02-29", "2026-11-23T25:00:00Z",
        "2026-11-23T",
        "2026-11-23T19:24:46+1", "2026-11-23 19:24", "1h2x", ".s", "1.2.3", "--5s",
        "99999999999999999999h", "9223372036854775807", "-9223372036854775808.5",
        "12345678901234567890",
    ])
    func refuses(_ text: String) {
        guard text != "10" else { return }  // Unix seconds
        #expect(throws: TimestampError.self) { try Timestamp(parsing: text, now: Self.now) }
    }

    @Test(
        arguments: [
            ("1h", 3_600_000_000_000), ("1m30s", 90_000_000_000), ("1.5h", 5_400_000_000_000),
            ("5us", 5000),
            ("5µs", 5000), ("-1ms", -1_000_000), (".5s", 500_000_000), ("1.s", 1_000_000_000),
            ("+2ns", 2),
        ] as [(String, Int64)])
    func durations(_ text: String, _ nanoseconds: Int64) {
        #expect(goDuration(text) == nanoseconds)
    }

    @Test func differences() {
        let half = Timestamp(seconds: 9, nanoseconds: 500_000_000)
        #expect(Timestamp(seconds: 11).seconds(since: half) == 1)
        #expect(half.seconds(since: Timestamp(seconds: 11)) == -1)
        #expect(Timestamp(seconds: 5, nanoseconds: -1).nanoseconds == 999_999_999)
    }
}

struct TimestampLimitTests {
    @Test(arguments: ["2562047h47m16.854775807s", "-2562047h47m16.854775807s"])
    func longestDurations(_ text: String) throws {
        let now = Timestamp(seconds: 1_795_461_886, nanoseconds: 999_999_999)
        #expect(try Timestamp(parsing: text, now: now) != now)
    }
}
