// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// Collects pieces of memory that go to the same descriptor, and writes many with one writev(2).
struct LogOutput: ~Copyable {
    private let stdout: CInt
    private let stderr: CInt
    private var pieces: [iovec] = []
    private var target: CInt = -1

    init(stdout: CInt, stderr: CInt) {
        self.stdout = stdout
        self.stderr = stderr
    }

    /// Queues bytes that stay where they are until `flush`.
    mutating func add(_ bytes: UnsafeRawBufferPointer, to stream: LogStream) throws(Errno) {
        if bytes.isEmpty { return }
        let fd = stream == .stdout ? stdout : stderr
        if fd != target || pieces.count == 1024 { try flush() }
        target = fd
        pieces.append(
            iovec(
                iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress),
                iov_len: bytes.count))
    }

    /// Writes what is queued.
    mutating func flush() throws(Errno) {
        if pieces.isEmpty { return }
        let fd = target
        let count = try syscall { writev(fd, pieces, CInt(pieces.count)) }
        var written = count
        for piece in pieces {
            if written >= piece.iov_len {
                written -= piece.iov_len
                continue
            }
            let rest = UnsafeRawBufferPointer(start: piece.iov_base, count: piece.iov_len)
            try writeFully(UnsafeRawBufferPointer(rebasing: rest.dropFirst(written)), to: fd)
            written = 0
        }
        pieces.removeAll(keepingCapacity: true)
    }
}

/// Cuts chunks into lines, so that each can be judged by its time and get its prefix. A line has the
/// time of the chunk in which it began.
struct LogLines: ~Copyable {
    private let options: LogOptions
    private var state = (stdout: Line(), stderr: Line())
    private var pending: [UInt8] = []
    private var pendingStream = LogStream.stdout

    private struct Line {
        /// The chunk ended before the line did.
        var isOpen = false
        var isWanted = false
    }

    init(_ options: LogOptions) { self.options = options }

    /// A line that began before what is being read: its rest is not wanted.
    mutating func skipRestOfLine(of stream: LogStream) {
        if stream == .stderr { state.stderr.isOpen = true } else { state.stdout.isOpen = true }
    }

    /// Whether no later chunk can hold a wanted line.
    func isFinished(at time: UInt64) -> Bool {
        guard let until = options.until, time > until else { return false }
        let wants = { (line: Line) in line.isOpen && line.isWanted }
        return !wants(state.stdout) && !wants(state.stderr)
    }

    /// Takes one chunk.
    mutating func add(
        _ payload: UnsafeRawBufferPointer, _ record: LogRecord, to output: inout LogOutput
    ) throws(Errno) {
        if record.stream != pendingStream || pending.count >= 256 * 1024 {
            try flush(to: &output)
            pendingStream = record.stream
        }
        var line = record.stream == .stdout ? state.stdout : state.stderr
        let isWanted =
            record.time >= options.since ?? 0 && record.time <= options.until ?? .max
        let prefix = isWanted ? options.prefix(at: record.time) : []
        var rest = payload
        while let start = rest.baseAddress, !rest.isEmpty {
            if !line.isOpen {
                line.isWanted = isWanted
                if isWanted { pending += prefix }
            }
            let newline = memchr(start, Int32(UInt8(ascii: "\n")), rest.count)
            let count = newline.map { UnsafeRawPointer($0) - start + 1 } ?? rest.count
            if line.isWanted { pending += UnsafeRawBufferPointer(rebasing: rest[..<count]) }
            line.isOpen = newline == nil
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        if record.stream == .stdout { state.stdout = line } else { state.stderr = line }
    }

    /// Hands the finished text on.
    mutating func flush(to output: inout LogOutput) throws(Errno) {
        if pending.isEmpty { return }
        var failure: Errno?
        pending.withUnsafeBytes { bytes in
            do throws(Errno) {
                try output.add(bytes, to: pendingStream)
                try output.flush()
            } catch { failure = error }
        }
        if let failure { throw failure }
        pending.removeAll(keepingCapacity: true)
    }
}
