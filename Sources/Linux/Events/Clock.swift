// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// The two clocks, in nanoseconds (clock_gettime(2)).
public enum Clock {
    /// Since the epoch, UTC; may jump when the host's clock is set.
    public static var realtime: UInt64 { now(CLOCK_REALTIME) }

    /// Since some fixed moment; never goes back.
    public static var monotonic: UInt64 { now(CLOCK_MONOTONIC) }

    private static func now(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
