// SPDX-License-Identifier: Apache-2.0

public import Linux

/// Writes a tar, entry by entry: headers of POSIX's ustar, with PAX records before those that ustar
/// cannot hold (long names, large files and owners, nanoseconds, extended attributes). Equal entries
/// give equal bytes.
///
/// https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13
public final class TarOutput {
    private let sink: (UnsafeRawBufferPointer) throws(Errno) -> Void
    private var buffer: [UInt8] = []
    /// Bytes that the entry under way still needs.
    private var missing: Int64 = 0
    private var padding = 0

    private static let bufferSize = 64 << 10
    private static let block = 512

    /// - Parameter sink: takes the bytes in their order, some 64 KiB at a time.
    public init(to sink: @escaping (UnsafeRawBufferPointer) throws(Errno) -> Void) {
        self.sink = sink
    }

    /// Writes to a descriptor, which must stay open.
    public convenience init(to descriptor: CInt) {
        self.init { bytes throws(Errno) in try writeAll(bytes, to: descriptor) }
    }

    /// Begins an entry. A file's `size` bytes must follow (`write`), before the next entry.
    public func add(_ entry: TarEntry) throws(ArchiveError) {
        try endContent()
        let header = TarHeader(entry)
        let records = header.records
        if !records.isEmpty {
            try put(TarHeader(recordsOf: records.count).block)
            try put(records + [UInt8](repeating: 0, count: Self.padding(of: records.count)))
        }
        try put(header.block)
        missing = entry.kind == .file ? entry.size : 0
        padding = Self.padding(of: Int(missing))
    }

    /// A whole file, owned by root, of 1970: for documents.
    public func add(_ path: String, _ content: [UInt8]) throws(ArchiveError) {
        try add(TarEntry(path: Array(path.utf8), kind: .file, size: Int64(content.count)))
        missing = 0
        try put(content)
    }

    /// A piece of the entry's content. More than its size is an error.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
        guard bytes.count <= missing else { throw .damaged("an entry is longer than it said") }
        missing -= Int64(bytes.count)
        guard bytes.count + buffer.count > Self.bufferSize else {
            buffer.append(contentsOf: bytes)
            return
        }
        try flush()
        try send(bytes)
    }

    /// All that `source` gives, as the entry's content.
    public func write(_ source: any ByteSource) throws(ArchiveError) {
        while true {
            let piece = try source.next()
            if piece.isEmpty { return }
            try write(piece)
        }
    }

    /// Ends the archive: two blocks of zeros.
    public func finish() throws(ArchiveError) {
        try endContent()
        try put([UInt8](repeating: 0, count: 2 * Self.block))
        try flush()
    }

    private func endContent() throws(ArchiveError) {
        guard missing == 0 else { throw .truncated }
        try put([UInt8](repeating: 0, count: padding))
        padding = 0
    }

    private static func padding(of count: Int) -> Int { (block - count % block) % block }

    private func put(_ bytes: [UInt8]) throws(ArchiveError) {
        buffer += bytes
        if buffer.count >= Self.bufferSize { try flush() }
    }

    private func flush() throws(ArchiveError) {
        let bytes = buffer
        buffer.removeAll(keepingCapacity: true)
        var failure: ArchiveError?
        bytes.withUnsafeBytes { bytes in
            do throws(ArchiveError) { try send(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private func send(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
        do throws(Errno) { try sink(bytes) } catch {
            throw .kernel(KernelError(action: "write archive", errno: error))
        }
    }
}
