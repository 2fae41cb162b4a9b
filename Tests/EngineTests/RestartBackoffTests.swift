// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Engine

struct RestartBackoffTests {
    typealias End = RestartBackoff.End

    private static let brief = End(exitCode: 1, ranFor: 1_000_000)

    @Test func theWaitDoublesUpToAMinute() {
        var backoff = RestartBackoff()
        let waits = (0..<12).map { _ in
            (backoff.next(after: Self.brief, policy: RestartPolicy(.always)) ?? 0) / 1_000_000
        }
        #expect(
            waits == [
                100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000,
            ])
        #expect(backoff.count == 12)
    }

    @Test func aCalmRunBeginsAnew() {
        var backoff = RestartBackoff()
        for _ in 0..<5 { _ = backoff.next(after: Self.brief, policy: RestartPolicy(.always)) }
        let calm = End(exitCode: 1, ranFor: 10_000_000_000)
        #expect(backoff.next(after: calm, policy: RestartPolicy(.always)) == 100_000_000)
        #expect(backoff.count == 6)
    }

    @Test(arguments: [
        (RestartPolicy.Name.no, End(exitCode: 1, ranFor: 0), false),
        (.always, End(exitCode: 0, ranFor: 0), true),
        (.always, End(exitCode: 1, ranFor: 0, byHand: true), true),
        (.always, End(exitCode: 1, ranFor: 0, byHand: true, isFinal: true), false),
        (.unlessStopped, End(exitCode: 0, ranFor: 0), true),
        (.unlessStopped, End(exitCode: 137, ranFor: 0, byHand: true), false),
        (.onFailure, End(exitCode: 0, ranFor: 0), false),
        (.onFailure, End(exitCode: 137, ranFor: 0), true),
        (.onFailure, End(exitCode: 1, ranFor: 0, isFinal: true), false),
        (.no, End(exitCode: 0, ranFor: 0, isWanted: true), true),
        (.no, End(exitCode: 0, ranFor: 0, isFinal: true, isWanted: true), false),
    ])
    func policy(_ name: RestartPolicy.Name, _ end: End, restarts: Bool) {
        var backoff = RestartBackoff()
        #expect((backoff.next(after: end, policy: RestartPolicy(name)) != nil) == restarts)
        #expect(backoff.count == (restarts ? 1 : 0))
    }

    @Test func failuresAreCounted() {
        var backoff = RestartBackoff()
        let policy = RestartPolicy(.onFailure, maximumRetryCount: 2)
        let starts = (0..<4).map { _ in backoff.next(after: Self.brief, policy: policy) != nil }
        #expect(starts == [true, true, false, false])
    }
}
