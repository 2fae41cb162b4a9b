// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// The tar of a tree, as a stream that is pulled: whoever pulls decides whether it becomes a file, a
/// layer or another tree, and nothing is held but one buffer.
public final class TarStream: ByteSource {
    private let entries: any EntrySource
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: FileRange.pieceSize, alignment: 4096)
    /// Bytes that come next, before any content: a header, padding, the end.
    private var pending = [UInt8]()[...]
    private var content: (file: EntryContent.OpenFile, left: Int64)?
    private var padding = 0
    private var isEnded = false

    /// Pulls the entries as it is pulled itself.
    public init(_ entries: any EntrySource) { self.entries = entries }

    deinit { buffer.deallocate() }

    public func next() throws(ArchiveError) -> UnsafeRawBufferPointer {
        var filled = 0
        while filled < buffer.count {
            let room = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            if !pending.isEmpty {
                let piece = pending.prefix(room.count)
                room.copyBytes(from: piece)
                pending = pending.dropFirst(piece.count)
                filled += piece.count
            } else if content != nil {
                filled += try fill(room)
            } else if isEnded {
                break
            } else {
                try advance()
            }
        }
        return UnsafeRawBufferPointer(rebasing: buffer[..<filled])
    }

    private func advance() throws(ArchiveError) {
        guard let (entry, follows) = try entries.next() else {
            isEnded = true
            pending = [UInt8](repeating: 0, count: 2 * Self.block)[...]
            return
        }
        pending = Self.header(of: entry)[...]
        guard let follows, entry.size > 0 else { return }
        padding = Self.padding(after: entry.size)
        switch follows {
        case .file(let file): content = (file, entry.size)
        case .bytes(let bytes): pending += bytes + [UInt8](repeating: 0, count: padding)
        }
    }

    /// What stands before an entry's content. A directory's name ends with a slash, as other programs
    /// write it.
    private static func header(of entry: TarEntry) -> [UInt8] {
        var entry = entry
        if entry.kind == .directory { entry.path.append(UInt8(ascii: "/")) }
        let header = TarHeader(entry)
        let records = header.records
        if records.isEmpty { return header.block }
        let end = [UInt8](repeating: 0, count: padding(after: Int64(records.count)))
        return TarHeader(recordsOf: records.count).block + records + end + header.block
    }

    private static let block = 512

    private static func padding(after count: Int64) -> Int {
        (block - Int(count % Int64(block))) % block
    }

    /// Exactly as many bytes as the header says: a file that grew is cut, and one that shrank is
    /// filled up with zeroes, as in other programs that make tars.
    private func fill(_ room: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int {
        guard let (file, left) = content else { return 0 }
        let raw = file.descriptor.raw
        let wanted = min(room.count, Int(clamping: left))
        var count: Int
        do throws(Errno) {
            count = try syscall { read(raw, room.baseAddress, wanted) }
        } catch { throw .kernel(KernelError(action: "read a file", errno: error)) }
        if count == 0 {
            UnsafeMutableRawBufferPointer(rebasing: room[..<wanted])
                .initializeMemory(as: UInt8.self, repeating: 0)
            count = wanted
        }
        if left == Int64(count) {
            content = nil
            pending = [UInt8](repeating: 0, count: padding)[...]
        } else {
            content = (file, left - Int64(count))
        }
        return count
    }
}
