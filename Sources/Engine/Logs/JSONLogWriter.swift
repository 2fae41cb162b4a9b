// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// Docker's `json-file`: one JSON object for each line, as `JSONLogEntry` has it. Lines of more than
/// 16 KiB are cut into several entries, as Docker cuts them.
///
/// A line is written when it has ended, or with the process. Half an entry that a killed monitor
/// left is cut off by the next one. What a full disk has no room for is dropped and counted, and
/// told by an entry of ours on `stderr` when there is room again.
final class JSONLogWriter: LogDriver {
    /// The largest text of an entry.
    static let textLimit = 16 * 1024
    /// How much is written at once.
    private static let batchSize = 64 * 1024

    private let path: String
    private let limits: LogLimits
    private let attributes: [UInt8]
    private var file: OwnedFD
    private var size: Int
    /// Half an entry stands at the end and could not be cut off: only a new file helps.
    private var isTorn = false
    /// Lines that have begun and not ended.
    private var begun = (stdout: [UInt8](), stderr: [UInt8]())
    /// Entries on their way to the file, and how many of the container's bytes they hold.
    private var batch: [UInt8] = []
    private var batched = 0
    /// Bytes of output dropped since the last note.
    private(set) var dropped = 0

    /// - Parameters:
    ///   - path: of the file that is written; the older ones are beside it.
    ///   - attributes: what each entry says besides, in the order of their names.
    init(
        path: String, limits: LogLimits, attributes: [(name: String, value: String)] = []
    ) throws(KernelError) {
        self.path = path
        self.limits = limits
        self.attributes = JSONLogEntry.attributes(attributes)
        try removeFile(JSONLogFiles.upcoming(path))
        let file = try JSONLogWriter.open(path)
        size = try attempting("repair \(path)") { () throws(Errno) in
            let fd = file.raw
            let whole = try file.endOfWholeLines()
            if try file.fileStatus().size != whole { try syscall { ftruncate(fd, whole) } }
            return whole
        }
        self.file = file
    }

    var readable: String? { nil }
    var descriptors: [CInt] { [file.raw] }
    func oldest(afterAppending count: Int) -> UInt64 { 0 }

    func append(
        _ record: UnsafeMutableRawBufferPointer, from stream: LogStream, at time: UInt64
    ) -> LogPosition? {
        let payload = record[LogRecord.headerSize..<(record.count - LogRecord.trailerSize)]
        let ending = JSONLogEntry.ending(stream, attributes, at: time)
        if dropped > 0 { appendNote(at: time) }
        if stream == .stdout {
            cut(UnsafeRawBufferPointer(rebasing: payload), &begun.stdout, ending)
        } else {
            cut(UnsafeRawBufferPointer(rebasing: payload), &begun.stderr, ending)
        }
        flush()
        return nil
    }

    func finish() {
        for stream in [LogStream.stdout, .stderr] {
            let line = stream == .stdout ? begun.stdout : begun.stderr
            if line.isEmpty { continue }
            let ending = JSONLogEntry.ending(stream, attributes, at: Clock.realtime)
            line.withUnsafeBytes { add($0, ending) }
        }
        begun = ([], [])
        flush()
    }

    func rest() { batch = [] }

    /// Makes entries of the lines in `bytes`.
    private func cut(
        _ bytes: UnsafeRawBufferPointer, _ begun: inout [UInt8], _ ending: [UInt8]
    ) {
        var rest = bytes
        while let start = rest.baseAddress, !rest.isEmpty {
            let room = min(rest.count, JSONLogWriter.textLimit - begun.count)
            let newline = memchr(start, Int32(UInt8(ascii: "\n")), room)
            let count = newline.map { UnsafeRawPointer($0) - start + 1 } ?? room
            let piece = UnsafeRawBufferPointer(rebasing: rest[..<count])
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            let isWhole = newline != nil || begun.count + count == JSONLogWriter.textLimit
            if isWhole && begun.isEmpty {
                add(piece, ending)
                continue
            }
            begun += piece
            if isWhole {
                begun.withUnsafeBytes { add($0, ending) }
                begun.removeAll(keepingCapacity: true)
            }
        }
    }

    /// Adds one entry to the batch.
    private func add(_ text: UnsafeRawBufferPointer, _ ending: [UInt8]) {
        if size + batch.count >= limits.segmentSize || batch.count >= JSONLogWriter.batchSize {
            flush()
            if size >= limits.segmentSize || isTorn { rotate() }
        }
        batch += JSONLogEntry.beginning
        JSONLogEntry.append(text, to: &batch)
        batch += ending
        batched += text.count
    }

    private func appendNote(at time: UInt64) {
        let text = Array("swocker: \(dropped) bytes of output could not be logged\n".utf8)
        let lost = dropped
        dropped = 0
        text.withUnsafeBytes { add($0, JSONLogEntry.ending(.note, attributes, at: time)) }
        batched = 0
        let before = size
        flush()
        if size == before { dropped = lost }
    }

    /// Writes the batch, or counts it as dropped.
    private func flush() {
        if batch.isEmpty { return }
        defer {
            batch.removeAll(keepingCapacity: true)
            batched = 0
        }
        if isTorn || (size >= limits.segmentSize && !rotate()) || !look() {
            dropped += batched
            return
        }
        do throws(Errno) {
            try file.writeAll(batch)
            size += batch.count
        } catch {
            let (fd, whole) = (file.raw, size)
            isTorn = ftruncate(fd, whole) != 0
            dropped += batched
        }
    }

    /// Follows what others have done to the file: emptied or removed it.
    /// - Returns: whether there is a file.
    private func look() -> Bool {
        do {
            var status = try file.fileStatus()
            if !status.isLinked {
                file = try JSONLogWriter.open(path)
                status = try file.fileStatus()
            }
            size = status.size
            return true
        } catch { return false }
    }

    /// Begins a new file. When none can be made, the old ones stay as they are.
    @discardableResult private func rotate() -> Bool {
        do {
            let upcoming = try JSONLogWriter.open(JSONLogFiles.upcoming(path))
            try JSONLogFiles.rotate(path, keeping: limits.segmentCount)
            file = upcoming
            (size, isTorn) = (0, false)
            return true
        } catch { return false }
    }

    private static func open(_ path: String) throws(KernelError) -> OwnedFD {
        try attempting("open \(path)") { () throws(Errno) in
            try OwnedFD.open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, mode: 0o640)
        }
    }
}
