// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import SQLite

/// Which events are asked for.
public struct EventQuery: Sendable {
    public var filter: EventFilter
    /// Nil for none of the past, unless `until` is given.
    public var since: Timestamp?
    /// Nil to follow for ever.
    public var until: Timestamp?

    public init(filter: EventFilter) { self.filter = filter }
}

extension Engine {
    /// Hands the events that are asked for to `body`, those of the past and then, as they happen,
    /// those to come, until `query.until`.
    ///
    /// Who records an event appends to the database's log. That wakes us (inotify(7)); while nothing
    /// happens, nothing is done.
    /// - Parameter body: given some events at a time; false ends it.
    public func events(_ query: EventQuery, _ body: ([Event]) throws -> Bool) throws {
        let database = try open()
        let watch = try DirectoryWatch(location.root)
        var last: Int64 = 0
        if query.since == nil && query.until == nil { last = try EventTable.newest(in: database) }
        while true {
            let ending = query.until.map { Timestamp.now >= $0 } ?? false
            try attempting("wait for events") { () throws(Errno) in try watch.drain() }
            var found: [Event] = []
            last = try EventTable.read(
                after: last, since: query.since?.nanosecondsSinceEpoch ?? .min, in: database
            ) { event in
                if let until = query.until, event.time > until { return }
                if query.filter.matches(event) { found.append(event) }
            }
            if !found.isEmpty, try !body(found) { return }
            if ending { return }
            try wait(for: watch, until: query.until)
        }
    }

    private func wait(for watch: borrowing DirectoryWatch, until: Timestamp?) throws {
        var limit: Int32 = -1
        if let until {
            let left = until.nanosecondsSinceEpoch - Timestamp.now.nanosecondsSinceEpoch
            limit = Int32(clamping: max(0, left) / 1_000_000 + 1)
        }
        let (descriptor, milliseconds) = (watch.raw, limit)
        try attempting("wait for events") { () throws(Errno) in
            var set = PollSet()
            set.add(descriptor, POLLIN)
            try set.wait(milliseconds: milliseconds)
        }
    }
}
