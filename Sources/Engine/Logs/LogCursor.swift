// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// What a log holds, forwards, for `LogCopy`.
protocol LogEntries: ~Copyable {
    /// The next entry of what is in memory, or nil: what it is, where it is, and its text, which
    /// stays valid until `refill`.
    mutating func next() -> (LogRecord, LogPosition, UnsafeRawBufferPointer)?
    /// Reads on.
    /// - Returns: whether there may be one more entry in memory.
    mutating func refill() throws(KernelError) -> Bool
    /// Gives the memory back until the next `refill`.
    mutating func rest()
}

/// Walks a log forwards, from segment to segment, also while it is being written and rotated. It
/// holds the segment it reads open, so that rotation takes nothing away from under it.
struct LogCursor: ~Copyable, LogEntries {
    private let directory: String
    private var segment: OwnedFD
    /// Where the next record begins.
    private(set) var position: LogPosition
    /// What of the segment is in memory: `filled` bytes of `buffer`, from `start` of the file.
    private let buffer: PageBuffer
    private var start: Int
    private var filled = 0

    /// - Parameters:
    ///   - position: where a record begins.
    ///   - window: how much is read at once, in bytes; at least one record.
    init(directory: String, at position: LogPosition, window: Int) throws(KernelError) {
        let buffer = try PageBuffer(size: max(window, LogRecord.maximumSize))
        segment = try LogSegments.open(position.segment, in: directory)
        self.buffer = buffer
        self.directory = directory
        self.position = position
        start = position.offset
    }

    /// The next record of what is in memory, or nil. Its payload stays valid until `refill`.
    mutating func next() -> (LogRecord, LogPosition, UnsafeRawBufferPointer)? {
        let unread = buffer.bytes[(position.offset - start)..<filled]
        guard let record = LogRecord(startOf: UnsafeRawBufferPointer(rebasing: unread)) else {
            return nil
        }
        let at = position
        position.offset += record.size
        let payload = unread.dropFirst(LogRecord.headerSize).prefix(record.length)
        return (record, at, UnsafeRawBufferPointer(rebasing: payload))
    }

    /// Reads on, in the next segment when this one is finished.
    /// - Returns: whether there is at least one more record in memory.
    mutating func refill() throws(KernelError) -> Bool {
        while true {
            if try load() { return true }
            guard let following = try following() else { return false }
            // A record may have come between the look and the end of this segment.
            if try load() { return true }
            segment = try LogSegments.open(following, in: directory)
            position = LogPosition(segment: following, offset: 0)
        }
    }

    /// Gives the memory back until the next `refill`.
    mutating func rest() {
        buffer.rest()
        start = position.offset
        filled = 0
    }

    private mutating func load() throws(KernelError) -> Bool {
        let (offset, bytes) = (position.offset, buffer.bytes)
        start = offset
        filled = 0
        do { filled = try segment.read(at: offset, into: bytes) } catch {
            throw KernelError(
                action: "read \(LogSegments.path(of: position.segment, in: directory))",
                errno: error)
        }
        return LogRecord(startOf: UnsafeRawBufferPointer(rebasing: bytes[..<filled])) != nil
    }

    /// The segment after this one. Only one that rotation has unlinked can be followed by a gap.
    private func following() throws(KernelError) -> UInt64? {
        let next = position.segment + 1
        if exists(LogSegments.path(of: next, in: directory)) { return next }
        guard let status = try? segment.fileStatus(), !status.isLinked else { return nil }
        return try LogSegments.numbers(in: directory).first { $0 >= next }
    }
}
