// SPDX-License-Identifier: Apache-2.0

/// What a prune removed, as its command prints it line by line, and the room that it made.
public struct PruneReport: Equatable, Sendable {
    /// IDs, names or events, in the order in which they went.
    public var removed: [String] = []
    /// Bytes.
    public var reclaimed: Int64 = 0

    /// Nothing so far.
    public init() {}
}

/// The conditions that prunes have in common: `until`, `label`, `label!`.
public struct PruneFilter {
    /// The keys that it knows.
    public static let keys = ["label", "label!", "until"]

    private let filters: Filters
    private let until: Timestamp?

    /// - Parameters:
    ///   - keys: all that the command knows.
    ///   - now: what durations in `until` count back from.
    public init(
        _ filters: Filters, keys: [String] = PruneFilter.keys, now: Timestamp = .now
    ) throws(FilterError) {
        try filters.require(keys)
        self.filters = filters
        until = try filters.until(now)
    }

    /// Whether a thing that nobody needs may go.
    public func admits(created: Timestamp, labels: [String: String]) -> Bool {
        (until.map { created < $0 } ?? true) && filters.matchLabels(labels)
    }
}
