// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// Waits for a log to grow, for the container to end, or for the time after which nothing is wanted.
struct LogFollow: ~Copyable {
    private let watch: DirectoryWatch
    private let end: CInt?
    private let until: UInt64?

    init(_ directory: String, end: CInt?, until: UInt64?) throws(KernelError) {
        watch = try DirectoryWatch(directory)
        self.end = end
        self.until = until
    }

    /// Forgets the growth so far. What is read after this and before `wait` is not missed.
    func forget() throws(KernelError) {
        try attempting("wait for the log") { () throws(Errno) in try watch.drain() }
    }

    /// Whether nothing more will come.
    func isOver() throws(KernelError) -> Bool {
        if let until, Clock.realtime > until { return true }
        guard let end else { return false }
        return try attempting("wait for the container") { () throws(Errno) in
            var set = PollSet()
            set.add(end, POLLIN)
            return try set.wait(milliseconds: 0) > 0
        }
    }

    func wait() throws(KernelError) {
        var limit: Int32 = -1
        if let until {
            let now = Clock.realtime
            limit = until > now ? Int32(clamping: (until - now) / 1_000_000 + 1) : 0
        }
        let milliseconds = limit
        try attempting("wait for the log") { () throws(Errno) in
            var set = PollSet()
            set.add(watch.raw, POLLIN)
            if let end { set.add(end, POLLIN) }
            try set.wait(milliseconds: milliseconds)
        }
    }
}
