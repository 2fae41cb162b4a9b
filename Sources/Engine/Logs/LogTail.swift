// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// Where the last lines of a log begin. Lines of both outputs count, in the order of their ends; a
/// last line without its newline counts as one.
struct LogTail {
    /// A record to read forwards from; nil when the log is empty.
    private(set) var first: LogPosition?
    /// For each output, the first byte that belongs to the last lines.
    private(set) var stdout: LogPosition
    private(set) var stderr: LogPosition

    private var remaining: Int
    /// The outputs with a wanted line whose beginning is not found yet.
    private var isOpen = (stdout: false, stderr: false)
    private var isSeen = (stdout: false, stderr: false)

    /// Walks the log in `directory` from its end backwards, no further than it must.
    init(_ count: Int, in directory: String) throws(KernelError) {
        let numbers = try LogSegments.numbers(in: directory)
        let end = LogPosition(segment: numbers.last.map { $0 + 1 } ?? 1, offset: 0)
        (stdout, stderr, remaining) = (end, end, count)
        guard let last = numbers.last else { return }
        if count == 0 {
            let segment = try LogSegments.open(last, in: directory)
            let size = try attempting("read \(directory)") { () throws(Errno) in
                try segment.endOfWholeRecords()
            }
            let end = LogPosition(segment: last, offset: size)
            (first, stdout, stderr) = (end, end, end)
            return
        }
        let buffer = try PageBuffer(size: 4 * LogRecord.maximumSize)
        for number in numbers.reversed() {
            do { try scan(number, in: directory, buffer.bytes) } catch {
                if error.errno == .noEntry { break }  // rotated away meanwhile
                throw error
            }
            if isComplete { return }
        }
        if first == nil {
            let start = LogPosition(segment: last, offset: 0)
            (first, stdout, stderr) = (start, start, start)
            return
        }
        if isOpen.stdout { stdout = LogPosition(segment: 0, offset: 0) }
        if isOpen.stderr { stderr = LogPosition(segment: 0, offset: 0) }
    }

    private var isComplete: Bool { remaining == 0 && !isOpen.stdout && !isOpen.stderr }

    private mutating func scan(
        _ number: UInt64, in directory: String, _ buffer: UnsafeMutableRawBufferPointer
    ) throws(KernelError) {
        let segment = try LogSegments.open(number, in: directory)
        var failure: Errno?
        do throws(Errno) {
            var end = try segment.endOfWholeRecords()
            while end > 0 && !isComplete {
                let start = max(0, end - buffer.count)
                let window = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(end - start)])
                let count = try segment.read(at: start, into: window)
                guard count == window.count else { return }
                let rest = walk(UnsafeRawBufferPointer(window), at: start, in: number)
                guard rest < window.count else { return }
                end = start + rest
            }
        } catch { failure = error }
        if let failure { throw KernelError(action: "read the log in \(directory)", errno: failure) }
    }

    /// Takes the whole records at the end of `window`.
    /// - Returns: how many bytes at its beginning are left.
    private mutating func walk(
        _ window: UnsafeRawBufferPointer, at start: Int, in number: UInt64
    ) -> Int {
        var end = window.count
        while !isComplete,
            let record = LogRecord(endOf: UnsafeRawBufferPointer(rebasing: window[..<end]))
        {
            end -= record.size
            let at = LogPosition(segment: number, offset: start + end)
            first = at
            let from = end + LogRecord.headerSize
            let payload = UnsafeRawBufferPointer(rebasing: window[from..<(from + record.length)])
            count(payload, of: record.stream, at: at)
        }
        return end
    }

    private mutating func count(
        _ payload: UnsafeRawBufferPointer, of stream: LogStream, at record: LogPosition
    ) {
        guard !payload.isEmpty, stream != .note else { return }
        let isSeen = stream == .stdout ? self.isSeen.stdout : self.isSeen.stderr
        if !isSeen {
            see(stream)
            if payload[payload.count - 1] != UInt8(ascii: "\n") && remaining > 0 {
                remaining -= 1
                open(stream, true)
            }
        }
        var index = payload.count
        while index > 0 && !isComplete {
            index -= 1
            guard payload[index] == UInt8(ascii: "\n") else { continue }
            let after = LogPosition(
                segment: record.segment, offset: record.offset + LogRecord.headerSize + index + 1)
            if stream == .stdout ? isOpen.stdout : isOpen.stderr {
                if stream == .stdout { stdout = after } else { stderr = after }
                open(stream, false)
            }
            if remaining > 0 {
                remaining -= 1
                open(stream, true)
            }
        }
    }

    private mutating func see(_ stream: LogStream) {
        if stream == .stdout { isSeen.stdout = true } else { isSeen.stderr = true }
    }

    private mutating func open(_ stream: LogStream, _ value: Bool) {
        if stream == .stdout { isOpen.stdout = value } else { isOpen.stderr = value }
    }
}
