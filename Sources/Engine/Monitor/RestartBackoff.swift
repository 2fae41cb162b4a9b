// SPDX-License-Identifier: Apache-2.0

/// Whether and when a container is started again after its process has ended, as Docker decides it
/// (https://docs.docker.com/engine/containers/start-containers-automatically/): after 100 ms, then
/// twice as long each time up to a minute, and after 100 ms again once it has run for 10 s.
struct RestartBackoff: Equatable {
    static let shortest: UInt64 = 100_000_000
    static let longest: UInt64 = 60_000_000_000
    /// Who has run for so long starts quickly again.
    static let calm: UInt64 = 10_000_000_000

    /// The last wait in nanoseconds; 0 before the first.
    private(set) var delay: UInt64 = 0
    /// How often it was started again since a user started it.
    private(set) var count = 0

    /// The facts of an end.
    struct End: Equatable {
        var exitCode: Int32
        /// Nanoseconds.
        var ranFor: UInt64
        /// Whether a user has ended it.
        var byHand = false
        /// Whether whoever ended it wants it to stay so.
        var isFinal = false
        /// Whether its health check wants a new start, whatever the policy.
        var isWanted = false
    }

    /// - Returns: nanoseconds to wait before the next start; nil when there is none.
    mutating func next(after end: End, policy: RestartPolicy) -> UInt64? {
        guard restarts(after: end, policy: policy) else { return nil }
        if end.ranFor >= Self.calm { delay = 0 }
        delay = delay == 0 ? Self.shortest : min(2 * delay, Self.longest)
        count += 1
        return delay
    }

    private func restarts(after end: End, policy: RestartPolicy) -> Bool {
        if end.isFinal { return false }
        if end.isWanted { return true }
        switch policy.name {
        case .no: return false
        case .always: return true
        case .unlessStopped: return !end.byHand
        case .onFailure:
            let limit = policy.maximumRetryCount
            return end.exitCode != 0 && (limit == 0 || count < limit)
        }
    }
}
