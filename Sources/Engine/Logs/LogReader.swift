// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import Linux

/// What `swocker logs` was asked for.
public struct LogOptions: Sendable {
    /// `--follow`: wait for more until the container ends.
    public var follow = false
    /// `--tail`: only the last lines of both outputs together; nil is all.
    public var tail: Int?
    /// `--timestamps`: each line begins with its time.
    public var timestamps = false
    /// `--details`: the log's labels, "k=v,k=v", or empty; nil without the option.
    public var details: String?
    /// `--since`, `--until`: nanoseconds since the epoch, inclusive.
    public var since: UInt64?
    public var until: UInt64?

    public init() {}

    /// Whether chunks must be cut into lines; otherwise they pass as they are.
    var concernLines: Bool {
        timestamps || details != nil || since != nil || until != nil
    }

    func prefix(at time: UInt64) -> [UInt8] {
        var prefix: [UInt8] = []
        if timestamps { prefix += LogTimestamp.text(time) + [UInt8(ascii: " ")] }
        if let details { prefix += Array(details.utf8) + [UInt8(ascii: " ")] }
        return prefix
    }
}

/// Reads a container's log back, byte for byte, whether or not it is still being written.
public struct LogReader: ~Copyable {
    /// The directory of the log's files.
    private let directory: String
    /// The file of a log in Docker's format; nil for segments.
    private let json: String?
    private let options: LogOptions
    private static let window = 1 << 20

    /// - Parameter directory: where `LogWriter` writes.
    public init(directory: String, options: LogOptions = LogOptions()) {
        self.directory = directory
        json = nil
        self.options = options
    }

    /// - Parameters:
    ///   - json: what `JSONLogWriter` writes.
    ///   - directory: where that is.
    init(json: String, in directory: String, options: LogOptions = LogOptions()) {
        self.directory = directory
        self.json = json
        self.options = options
    }

    /// Writes the log to two descriptors and ends with the log, or with `--follow` when the
    /// container has ended and all of its output is written.
    /// - Parameter end: readable (or hung up) when nothing more will come: the monitor's pidfd. It
    ///   is looked at with `follow` only; nil follows for ever.
    /// - Throws: what reading or writing gave; EPIPE when the reader of `stdout` is gone.
    public func copy(stdout: CInt, stderr: CInt, end: CInt? = nil) throws(KernelError) {
        var copying = LogCopy(options, stdout: stdout, stderr: stderr)
        if let json {
            let (tail, since) = (options.tail, options.since)
            try copy(&copying, end) { (_) throws(KernelError) in
                try JSONLogCursor.beginning(of: json, tail: tail, since: since)
            }
        } else {
            try copy(&copying, end) { (copying) throws(KernelError) in
                try cursor(for: &copying)
            }
        }
    }

    /// - Parameter begin: the cursor to begin with; nil while there is no log.
    private func copy<Entries: LogEntries & ~Copyable>(
        _ copying: inout LogCopy, _ end: CInt?,
        from begin: (inout LogCopy) throws(KernelError) -> Entries?
    ) throws(KernelError) {
        guard options.follow else {
            if var entries = try begin(&copying) { _ = try copying.takeAll(from: &entries) }
            return
        }
        let follow = try LogFollow(directory, end: end, until: options.until)
        while true {
            // First the end, then the log: what is written before the end is never missed.
            let isOver = try follow.isOver()
            try follow.forget()
            if var entries = try begin(&copying) {
                return try copy(&entries, &copying, follow)
            }
            if isOver { return }
            try follow.wait()
        }
    }

    private func copy<Entries: LogEntries & ~Copyable>(
        _ entries: inout Entries, _ copying: inout LogCopy, _ follow: borrowing LogFollow
    ) throws(KernelError) {
        while true {
            let isOver = try follow.isOver()
            try follow.forget()
            let isFinished = try copying.takeAll(from: &entries)
            if isOver || isFinished { return }
            entries.rest()
            try follow.wait()
        }
    }

    /// Where to begin: at the tail, at the first segment that reaches to `since`, at the beginning.
    /// - Returns: nil while there is no log.
    private func cursor(for copying: inout LogCopy) throws(KernelError) -> LogCursor? {
        while let start = try start(for: &copying) {
            do {
                return try LogCursor(directory: directory, at: start, window: LogReader.window)
            } catch { if error.errno != .noEntry { throw error } }  // rotated away meanwhile
        }
        return nil
    }

    private func start(for copying: inout LogCopy) throws(KernelError) -> LogPosition? {
        guard exists(directory) else { return nil }  // never started
        if let count = options.tail {
            let tail = try LogTail(count, in: directory)
            copying.tail = tail
            return tail.first
        }
        let numbers = try LogSegments.numbers(in: directory)
        guard var chosen = numbers.first else { return nil }
        if let since = options.since {
            var unfinished: LogStream?
            for number in numbers.dropLast() {
                guard let last = try lastRecord(of: number), last.time < since else { break }
                chosen = number + 1
                unfinished = last.isOpen ? last.stream : nil
            }
            if let unfinished { copying.skipRestOfLine(of: unfinished) }
        }
        return LogPosition(segment: chosen, offset: 0)
    }

    /// When, and of which output, the last chunk of a segment is, and whether it ends within a line.
    private func lastRecord(
        of number: UInt64
    ) throws(KernelError) -> (time: UInt64, stream: LogStream, isOpen: Bool)? {
        let segment = try LogSegments.open(number, in: directory)
        let buffer = try PageBuffer(size: LogRecord.maximumSize)
        return try attempting("read the log in \(directory)") { () throws(Errno) in
            let size = try segment.fileStatus().size
            let room = UnsafeMutableRawBufferPointer(
                rebasing: buffer.bytes[..<min(size, buffer.bytes.count)])
            let count = try segment.read(at: size - room.count, into: room)
            let bytes = UnsafeRawBufferPointer(rebasing: room[..<count])
            guard let record = LogRecord(endOf: bytes) else { return nil }
            let final = bytes[count - LogRecord.trailerSize - 1]
            return (record.time, record.stream, final != UInt8(ascii: "\n"))
        }
    }
}

/// The way of records to the two descriptors.
struct LogCopy: ~Copyable {
    private let options: LogOptions
    private var output: LogOutput
    private var lines: LogLines
    var tail: LogTail?

    init(_ options: LogOptions, stdout: CInt, stderr: CInt) {
        self.options = options
        output = LogOutput(stdout: stdout, stderr: stderr)
        lines = LogLines(options)
    }

    /// The first bytes of this output belong to a line that began before `since`.
    mutating func skipRestOfLine(of stream: LogStream) { lines.skipRestOfLine(of: stream) }

    /// Writes all records that there are.
    /// - Returns: whether nothing further is wanted (`--until`).
    mutating func takeAll<Entries: LogEntries & ~Copyable>(
        from cursor: inout Entries
    ) throws(KernelError) -> Bool {
        while try cursor.refill() {
            if try take(from: &cursor) { return true }
        }
        return false
    }

    /// Writes the records that are in the cursor's memory.
    /// - Returns: whether nothing further is wanted (`--until`).
    private mutating func take<Entries: LogEntries & ~Copyable>(
        from cursor: inout Entries
    ) throws(KernelError) -> Bool {
        var failure: Errno?
        var isFinished = false
        do throws(Errno) {
            while let (record, position, payload) = cursor.next() {
                if lines.isFinished(at: record.time) {
                    isFinished = true
                    break
                }
                let wanted = self.wanted(payload, record, position)
                if options.concernLines && record.stream != .note {
                    try lines.add(wanted, record, to: &output)
                } else {
                    try output.add(wanted, to: record.stream)
                }
            }
            try lines.flush(to: &output)
            try output.flush()
        } catch { failure = error }
        if let failure { throw KernelError(action: "write the log", errno: failure) }
        return isFinished
    }

    /// The payload without what lies before the last lines.
    private func wanted(
        _ payload: UnsafeRawBufferPointer, _ record: LogRecord, _ position: LogPosition
    ) -> UnsafeRawBufferPointer {
        guard let tail else { return payload }
        let start = record.stream == .stdout ? tail.stdout : tail.stderr
        if start.segment < position.segment { return payload }
        if start.segment > position.segment {
            return UnsafeRawBufferPointer(rebasing: payload[..<0])
        }
        let skipped = start.offset - position.offset - LogRecord.headerSize
        return UnsafeRawBufferPointer(rebasing: payload.dropFirst(max(0, skipped)))
    }
}
