// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import Linux

/// The driver `local`: appends a container's output to its log, in segments of records.
///
/// One chunk is one write(2). A monitor that is killed in the middle leaves a torn record at the
/// end, which readers pass over and the next writer cuts off. A disk that is full costs log, never
/// the container: the chunk is dropped and counted, and a note in the log tells how much when there
/// is room again.
public final class LogWriter: LogDriver {
    let directory: String
    private let limits: LogLimits
    private var segment: OwnedFD
    private var number: UInt64
    private var size: Int
    /// Half a record stands at the end and could not be cut off: only a new segment helps.
    private var isTorn = false
    /// Bytes of output dropped since the last note.
    public private(set) var dropped = 0

    /// Opens the log in `directory` (an absolute path; made when it is missing) and cuts off what a
    /// killed writer left.
    public init(directory: String, limits: LogLimits = LogLimits()) throws(KernelError) {
        try makeDirectory(directory, mode: 0o700)
        let numbers = try LogSegments.numbers(in: directory)
        let number = numbers.last ?? 1
        for old in numbers where old + UInt64(limits.segmentCount) <= number {
            unlink(LogSegments.path(of: old, in: directory))
        }
        let segment = try LogWriter.open(number, in: directory, O_CREAT)
        size = try LogWriter.repair(segment, number, in: directory)
        self.segment = segment
        self.directory = directory
        self.limits = limits
        self.number = number
    }

    /// The directory of the segments.
    public var readable: String? { directory }
    /// The open descriptors.
    public var descriptors: [CInt] { [segment.raw] }
    /// Nothing waits here.
    public func finish() {}
    /// Nothing is kept here.
    public func rest() {}

    /// Where the next record will stand, as far as is known before rotation.
    var end: LogPosition { LogPosition(segment: number, offset: size) }

    /// The oldest segment that would be left after appending a chunk of `count` bytes.
    public func oldest(afterAppending count: Int) -> UInt64 {
        let last = needsRotation(for: count) ? number + 1 : number
        return last >= UInt64(limits.segmentCount) ? last - UInt64(limits.segmentCount) + 1 : 1
    }

    /// Appends one chunk.
    /// - Returns: where the record stands, or nil when it had to be dropped.
    public func append(
        _ record: UnsafeMutableRawBufferPointer, from stream: LogStream, at time: UInt64
    ) -> LogPosition? {
        let length = record.count - LogRecord.overhead
        if dropped > 0 && !appendNote(at: time) {
            dropped += length
            return nil
        }
        LogRecord(length: length, time: time, stream: stream).frame(record)
        let position = append(UnsafeRawBufferPointer(record))
        if position == nil { dropped += length }
        return position
    }

    /// Appends one chunk that stands somewhere else.
    func append(
        _ payload: [UInt8], from stream: LogStream, at time: UInt64 = Clock.realtime
    ) -> LogPosition? {
        var record = [UInt8](repeating: 0, count: LogRecord.headerSize) + payload
        record += [UInt8](repeating: 0, count: LogRecord.trailerSize)
        return record.withUnsafeMutableBytes { append($0, from: stream, at: time) }
    }

    private func appendNote(at time: UInt64) -> Bool {
        let text = Array("swocker: \(dropped) bytes of output could not be logged\n".utf8)
        var bytes = [UInt8](repeating: 0, count: LogRecord.headerSize) + text
        bytes += [UInt8](repeating: 0, count: LogRecord.trailerSize)
        bytes.withUnsafeMutableBytes {
            LogRecord(length: text.count, time: time, stream: .note).frame($0)
        }
        let position = bytes.withUnsafeBytes { append($0) }
        if position != nil { dropped = 0 }
        return position != nil
    }

    private func append(_ record: UnsafeRawBufferPointer) -> LogPosition? {
        do {
            try look()
            if isTorn || needsRotation(for: record.count - LogRecord.overhead) { try rotate() }
        } catch { return nil }
        let position = end
        do throws(Errno) {
            try segment.writeAll(record)
            size += record.count
            return position
        } catch {
            let (fd, whole) = (segment.raw, size)
            isTorn = ftruncate(fd, whole) != 0
            return nil
        }
    }

    private func needsRotation(for count: Int) -> Bool {
        size > 0 && size + count + LogRecord.overhead > limits.segmentSize
    }

    /// Begins a new segment and removes the oldest. Who still reads it keeps reading.
    private func rotate() throws(KernelError) {
        segment = try LogWriter.open(number + 1, in: directory, O_CREAT)
        number += 1
        size = 0
        isTorn = false
        let oldest = oldest(afterAppending: 0)
        if oldest > 1 { unlink(LogSegments.path(of: oldest - 1, in: directory)) }
    }

    /// Follows what others have done to the segment: a log that has been cleared goes on in the
    /// segment that was made for it.
    private func look() throws(KernelError) {
        let status = try attempting("write the log in \(directory)") { () throws(Errno) in
            try segment.fileStatus()
        }
        if status.isLinked { return }
        number = max(number + 1, try LogSegments.numbers(in: directory).last ?? 0)
        segment = try LogWriter.open(number, in: directory, O_CREAT)
        size = try LogWriter.repair(segment, number, in: directory)
        isTorn = false
    }

    private static func open(
        _ number: UInt64, in directory: String, _ flags: CInt
    ) throws(KernelError) -> OwnedFD {
        let path = LogSegments.path(of: number, in: directory)
        return try attempting("open \(path)") { () throws(Errno) in
            try OwnedFD.open(path, O_RDWR | O_APPEND | O_NOFOLLOW | flags, mode: 0o600)
        }
    }

    /// Cuts a torn record off the end of the last segment.
    /// - Returns: the segment's size.
    private static func repair(
        _ segment: borrowing OwnedFD, _ number: UInt64, in directory: String
    ) throws(KernelError) -> Int {
        let fd = segment.raw
        return try attempting("repair the log in \(directory)") { () throws(Errno) in
            let whole = try segment.endOfWholeRecords()
            if try segment.fileStatus().size != whole { try syscall { ftruncate(fd, whole) } }
            return whole
        }
    }
}

extension OwnedFD {
    /// Where the last whole record of this log segment ends. Costs one small read unless the end is
    /// torn; then the segment is walked from its start.
    func endOfWholeRecords() throws(Errno) -> Int {
        let size = try fileStatus().size
        if size == 0 { return size }
        if try endsWithRecord(at: size) { return size }
        var buffer = [UInt8](repeating: 0, count: LogRecord.maximumSize)
        var end = 0
        while true {
            let count = try read(at: end, into: &buffer)
            let whole = buffer.withUnsafeBytes { wholeRecords(in: $0[..<count]) }
            if whole == 0 { return end }
            end += whole
        }
    }

    func read(at offset: Int, into buffer: inout [UInt8]) throws(Errno) -> Int {
        var failure: Errno?
        let count = buffer.withUnsafeMutableBytes { bytes in
            do throws(Errno) { return try read(at: offset, into: bytes) } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        return count
    }

    private func endsWithRecord(at end: Int) throws(Errno) -> Bool {
        var buffer = [UInt8](repeating: 0, count: min(end, LogRecord.maximumSize))
        let count = try read(at: end - buffer.count, into: &buffer)
        return buffer.withUnsafeBytes {
            LogRecord(endOf: UnsafeRawBufferPointer(rebasing: $0[..<count])) != nil
        }
    }

    private func wholeRecords(in bytes: Slice<UnsafeRawBufferPointer>) -> Int {
        var rest = bytes
        while let record = LogRecord(startOf: UnsafeRawBufferPointer(rebasing: rest)) {
            rest = rest.dropFirst(record.size)
        }
        return bytes.count - rest.count
    }
}
