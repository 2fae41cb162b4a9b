// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// Walks a log in Docker's format forwards, from file to file, also while it is written, rotated,
/// emptied or removed. It holds the file it reads open and knows it by its inode.
struct JSONLogCursor: ~Copyable, LogEntries {
    private let path: String
    private var file: OwnedFD
    private let buffer: PageBuffer
    /// Where in the file the buffer begins; what of it is filled, and what is taken.
    private var start: Int
    private var filled = 0
    private var taken = 0
    private static let window = 1 << 20

    /// - Parameter offset: where a line of `file` begins.
    init(_ path: String, from file: consuming OwnedFD, at offset: Int) throws(KernelError) {
        let buffer = try PageBuffer(size: JSONLogCursor.window)
        self.path = path
        self.file = file
        self.buffer = buffer
        start = offset
    }

    mutating func next() -> (LogRecord, LogPosition, UnsafeRawBufferPointer)? {
        while let line = nextLine() {
            guard let (record, text) = JSONLogParser.entry(in: line) else { continue }
            return (record, LogPosition(segment: 0, offset: 0), text)
        }
        return nil
    }

    private mutating func nextLine() -> UnsafeMutableRawBufferPointer? {
        let unread = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[taken..<filled])
        guard let first = unread.baseAddress,
            let newline = memchr(first, Int32(UInt8(ascii: "\n")), unread.count)
        else { return nil }
        let count = UnsafeMutableRawPointer(newline) - first
        taken += count + 1
        return UnsafeMutableRawBufferPointer(rebasing: unread[..<count])
    }

    mutating func refill() throws(KernelError) -> Bool {
        while true {
            if try load() { return true }
            guard let following = try following() else { return false }
            // An entry may have come between the look and the end of this file.
            if try load() { return true }
            file = following
            (start, filled, taken) = (0, 0, 0)
        }
    }

    mutating func rest() {
        start += taken
        (filled, taken) = (0, 0)
        buffer.rest()
    }

    /// - Returns: whether there is at least one whole line in memory.
    private mutating func load() throws(KernelError) -> Bool {
        start += taken
        (filled, taken) = (0, 0)
        let (size, _, _) = try status(of: file)
        if size < start { start = 0 }  // somebody has emptied it
        while true {
            let (offset, bytes) = (start, buffer.bytes)
            do throws(Errno) { filled = try file.read(at: offset, into: bytes) } catch {
                throw KernelError(action: "read \(path)", errno: error)
            }
            if bytes[..<filled].contains(UInt8(ascii: "\n")) { return true }
            if filled < bytes.count { return false }
            start += filled  // no entry is so long
        }
    }

    /// The file after this one: the next newer; the oldest when this one has been removed.
    private borrowing func following() throws(KernelError) -> OwnedFD? {
        while true {
            let (_, isLinked, inode) = try status(of: file)
            var newer: OwnedFD?
            var isFound = false
            try JSONLogFiles.newestFirst(path) { (file: consuming OwnedFD) throws(KernelError) in
                if try status(of: file).inode == inode {
                    isFound = true
                    return false
                }
                newer = consume file
                return true
            }
            if isFound || !isLinked { return newer }
            // Rotated out of sight during the look, or removed: look again.
            if try status(of: file).isLinked { usleep(1000) }
        }
    }

    private borrowing func status(
        of file: borrowing OwnedFD
    ) throws(KernelError) -> (size: Int, isLinked: Bool, inode: UInt64) {
        do throws(Errno) { return try file.fileStatus() } catch {
            throw KernelError(action: "read \(path)", errno: error)
        }
    }
}

extension JSONLogCursor {
    /// A cursor at the last `tail` entries, or at the first that may be wanted.
    /// - Parameters:
    ///   - tail: how many entries; nil for all.
    ///   - since: files that were last written before this time are left out.
    /// - Returns: nil while there is no log.
    static func beginning(
        of path: String, tail: Int?, since: UInt64?
    ) throws(KernelError) -> JSONLogCursor? {
        var chosen: OwnedFD?
        var offset = 0
        var remaining = tail ?? .max
        var isFirst = true
        try JSONLogFiles.newestFirst(path) { (file: consuming OwnedFD) throws(KernelError) in
            defer { isFirst = false }
            if !isFirst, let since, try modified(file, path) < since { return false }
            do throws(Errno) {
                offset = tail == nil ? 0 : try file.offset(ofLast: &remaining)
            } catch { throw KernelError(action: "read \(path)", errno: error) }
            chosen = consume file
            return remaining > 0
        }
        guard let file = chosen.take() else { return nil }
        return try JSONLogCursor(path, from: file, at: offset)
    }

    /// When a file was written last, a second added for the kernel's coarse clock.
    private static func modified(
        _ file: borrowing OwnedFD, _ path: String
    ) throws(KernelError) -> UInt64 {
        let fd = file.raw
        var status = stat()
        try attempting("read \(path)") { () throws(Errno) in
            _ = try syscall { fstat(fd, &status) }
        }
        return UInt64(clamping: status.st_mtim.tv_sec + 2) * 1_000_000_000
    }
}

extension OwnedFD {
    /// Where the last lines of this file begin.
    /// - Parameter count: how many; what the file has is taken off.
    fileprivate func offset(ofLast count: inout Int) throws(Errno) -> Int {
        var end = try endOfWholeLines()
        if count == 0 { return end }
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        end -= 1  // the newline of the last one
        while end > 0 {
            let start = max(0, end - buffer.count)
            guard try read(at: start, into: &buffer) >= end - start else { return 0 }
            var window = buffer[..<(end - start)]
            while let newline = window.lastIndex(of: UInt8(ascii: "\n")) {
                count -= 1
                if count == 0 { return start + newline + 1 }
                window = window[..<newline]
            }
            end = start
        }
        if end == 0 { count -= 1 }
        return 0
    }
}
