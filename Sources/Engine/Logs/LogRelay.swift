// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// `mode=non-blocking`: rather than that the container waits for the log's disk, output is dropped.
///
/// A fork of the monitor, `swocker-log`, writes the log and may wait as it likes. A socket that
/// keeps the bounds of packets lies between, and its buffer in the kernel is the memory that output
/// may fill. What finds no room is counted, and a note in the log tells how much it was. When the
/// monitor is killed, what waits is lost.
final class LogRelay: LogDriver {
    private let bufferSize: Int
    private let open: () throws -> any LogDriver
    private var socket: OwnedFD?
    private var process: OwnedFD?
    /// Bytes of output dropped since the last note.
    private(set) var dropped = 0

    /// - Parameters:
    ///   - bufferSize: how many bytes may wait, the kernel's bookkeeping included.
    ///   - open: opens the log; called in the process that writes it, at its beginning.
    init(bufferSize: Int, open: @escaping () throws -> any LogDriver) {
        self.bufferSize = bufferSize
        self.open = open
    }

    var readable: String? { nil }
    var descriptors: [CInt] { socket.descriptors + process.descriptors }
    func oldest(afterAppending count: Int) -> UInt64 { 0 }
    func rest() {}

    func append(
        _ record: UnsafeMutableRawBufferPointer, from stream: LogStream, at time: UInt64
    ) -> LogPosition? {
        let length = record.count - LogRecord.overhead
        if (dropped > 0 && !sendNote(at: time)) || !send(record, from: stream, at: time) {
            dropped += length
        }
        return nil
    }

    func finish() {
        if dropped > 0 {
            // The container has ended, so nobody waits for the disk but this process.
            setBlocking()
            _ = sendNote(at: Clock.realtime)
        }
        end()
    }

    /// Waits until the writer has written what it was given; the next chunk gets another.
    private func end() {
        socket = nil
        if let process = process.take() { _ = try? process.reap() }
    }

    private func sendNote(at time: UInt64) -> Bool {
        let text = Array("swocker: \(dropped) bytes of output were dropped\n".utf8)
        var bytes = [UInt8](repeating: 0, count: LogRecord.headerSize) + text
        bytes += [UInt8](repeating: 0, count: LogRecord.trailerSize)
        guard bytes.withUnsafeMutableBytes({ send($0, from: .note, at: time) }) else {
            return false
        }
        dropped = 0
        return true
    }

    /// - Returns: whether there was room.
    private func send(
        _ record: UnsafeMutableRawBufferPointer, from stream: LogStream, at time: UInt64
    ) -> Bool {
        let length = record.count - LogRecord.overhead
        LogRecord(length: length, time: time, stream: stream).frame(record)
        do {
            if socket == nil { try begin() }
            guard let fd = number(of: socket) else { return false }
            let flags = Int32(MSG_NOSIGNAL)
            let count = try syscall { Glibc.send(fd, record.baseAddress, record.count, flags) }
            return count == record.count
        } catch {
            if error as? Errno == .brokenPipe || error as? Errno == .connectionReset { end() }
            return false
        }
    }

    private func setBlocking() {
        switch socket {
        case .some(let socket): try? socket.setNonblocking(false)
        case nil: break
        }
    }

    private func begin() throws {
        let pair = try DescriptorPair.sockets(packets: true)
        try pair.first.setNonblocking(true)
        setBuffer(of: pair.first.raw)
        let reader = pair.second.raw
        process = try fork {
            ThisProcess.closeAll(from: 3, keeping: [reader])
            try? ThisProcess.setName("swocker-log")
            do { try self.write(from: reader) } catch { return 1 }
            return 0
        }
        socket = pair.takeFirst()
    }

    /// Without the right to more, the kernel's limit for everybody holds (net.core.wmem_max).
    private func setBuffer(of fd: CInt) {
        var size = CInt(clamping: max(bufferSize, 2 * LogRecord.maximumSize) / 2)
        let length = socklen_t(MemoryLayout<CInt>.size)
        if setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, length) != 0 {
            setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, length)
        }
    }

    // What follows is the fork's.

    private func write(from fd: CInt) throws {
        let log = try open()
        let buffer = try PageBuffer(size: LogRecord.maximumSize)
        while true {
            let count = try syscall { recv(fd, buffer.bytes.baseAddress, buffer.bytes.count, 0) }
            if count == 0 { break }
            let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<count])
            guard let record = LogRecord(startOf: UnsafeRawBufferPointer(bytes)) else { continue }
            _ = log.append(bytes, from: record.stream, at: record.time)
        }
        log.finish()
    }
}
