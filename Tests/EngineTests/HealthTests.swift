// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Engine

struct HealthTests {
    private static func configuration(
        retries: Int = 2, startPeriod: Int64 = 0
    ) -> HealthConfiguration {
        var configuration = HealthConfiguration()
        (configuration.retries, configuration.startPeriod) = (retries, startPeriod)
        return configuration
    }

    /// Exit codes of probes, the start period, and the statuses after each.
    private static let courses: [([Int32], Int64, [String])] = [
        ([0], 0, ["healthy"]),
        ([1, 1, 1], 0, ["starting", "unhealthy", "unhealthy"]),
        ([1, 0, 1, 1], 0, ["starting", "healthy", "healthy", "unhealthy"]),
        ([-1, -1, 0], 0, ["starting", "unhealthy", "healthy"]),
        ([1, 1, 1, 1], 4, ["starting", "starting", "starting", "starting"]),
        ([0, 1, 1], 9, ["healthy", "healthy", "unhealthy"]),
    ]

    @Test(arguments: courses)
    func statuses(_ codes: [Int32], _ startPeriod: Int64, _ expected: [String]) {
        var health = Health()
        let configuration = Self.configuration(startPeriod: startPeriod)
        var seen: [String] = []
        for (second, code) in codes.enumerated() {
            let former = health.status
            let result = Health.Result(start: 0, end: 0, exitCode: code, output: "")
            let isChanged = health.take(result, sinceStart: Int64(second), configuration)
            #expect(isChanged == (former != health.status))
            seen.append(health.status.rawValue)
        }
        #expect(seen == expected)
        #expect(health.log.count == min(codes.count, 5))
    }

    @Test func fiveResultsAreKept() {
        var health = Health()
        for code in Int32(0)..<9 {
            let result = Health.Result(start: 0, end: 0, exitCode: code, output: "")
            _ = health.take(result, sinceStart: 0, Self.configuration())
        }
        #expect(health.log.map(\.exitCode) == [4, 5, 6, 7, 8] && health.failingStreak == 8)
    }

    @Test func theStartHasAnIntervalOfItsOwn() {
        var health = Health()
        var configuration = Self.configuration(startPeriod: 60)
        (configuration.interval, configuration.startInterval) = (30, 5)
        #expect(health.wait(sinceStart: 10, configuration) == 5)
        #expect(health.wait(sinceStart: 60, configuration) == 30)
        let good = Health.Result(start: 0, end: 0, exitCode: 0, output: "")
        _ = health.take(good, sinceStart: 10, configuration)
        #expect(health.wait(sinceStart: 10, configuration) == 30)
    }

    private static let durations: [(Int64, String)] = [
        (0, "0s"), (1_500, "1.5µs"), (200_000_000, "200ms"), (1_000_000_000, "1s"),
        (1_500_000_000, "1.5s"), (90_000_000_000, "1m30s"), (3_600_000_000_000, "1h0m0s"),
    ]

    @Test(arguments: durations)
    func duration(_ nanoseconds: Int64, _ text: String) {
        #expect(goDuration(nanoseconds) == text)
    }
}
