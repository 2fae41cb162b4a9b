// SPDX-License-Identifier: Apache-2.0

internal import CArchive

/// A libarchive reader that pulls its bytes from a source of ours.
final class ArchiveHandle {
    private let archive: OpaquePointer
    /// What libarchive's callbacks see; it outlives them.
    private let feed: Feed

    /// - Parameter enable: chooses the formats and filters.
    init(_ source: any ByteSource, enable: (OpaquePointer) -> Void) throws(ArchiveError) {
        guard let archive = archive_read_new() else { throw .damaged("out of memory") }
        self.archive = archive
        feed = Feed(source)
        enable(archive)
        let context = Unmanaged.passUnretained(feed).toOpaque()
        try check(archive_read_open2(archive, context, nil, pullPiece, skipBytes, nil))
    }

    deinit { archive_read_free(archive) }

    /// The next entry's header; nil at the end.
    func nextEntry() throws(ArchiveError) -> OpaquePointer? {
        var entry: OpaquePointer?
        guard try check(archive_read_next_header(archive, &entry)) else { return nil }
        return entry
    }

    /// The next piece of the current entry's content and its place there; nil at the end.
    func nextBlock() throws(ArchiveError) -> (bytes: UnsafeRawBufferPointer, offset: Int64)? {
        var start: UnsafeRawPointer?
        var count = 0
        var offset: Int64 = 0
        guard try check(archive_read_data_block(archive, &start, &count, &offset)) else {
            return nil
        }
        return (UnsafeRawBufferPointer(start: start, count: count), offset)
    }

    /// How many bytes of the uncompressed stream have been consumed.
    var position: Int64 { archive_filter_bytes(archive, 0) }

    /// - Returns: false at the end. Warnings (text that does not convert to the locale) are none of
    ///   ours: names are taken as bytes.
    @discardableResult
    private func check(_ result: CInt) throws(ArchiveError) -> Bool {
        switch result {
        case ARCHIVE_EOF: return false
        case ARCHIVE_OK, ARCHIVE_WARN: return true
        default:
            if let failure = feed.failure { throw failure }
            let message = archive_error_string(archive).map { String(cString: $0) }
            throw .damaged(message.map(Self.sentence) ?? "unreadable")
        }
    }

    /// "Truncated tar archive" → "truncated tar archive".
    private static func sentence(_ text: String) -> String {
        text.prefix(1).lowercased() + text.dropFirst()
    }
}

/// What libarchive's callbacks are given.
private final class Feed {
    let source: any ByteSource
    /// The source's own error: libarchive only knows that there was one.
    var failure: ArchiveError?
    init(_ source: any ByteSource) { self.source = source }

    static func from(_ context: UnsafeMutableRawPointer) -> Feed {
        Unmanaged<Feed>.fromOpaque(context).takeUnretainedValue()
    }
}

private func pullPiece(
    _: OpaquePointer?, context: UnsafeMutableRawPointer?,
    piece: UnsafeMutablePointer<UnsafeRawPointer?>?
) -> Int {
    guard let feed = context.map(Feed.from) else { return -1 }
    do throws(ArchiveError) {
        let bytes = try feed.source.next()
        piece?.pointee = bytes.baseAddress
        return bytes.count
    } catch {
        feed.failure = error
        return -1
    }
}

private func skipBytes(_: OpaquePointer?, context: UnsafeMutableRawPointer?, count: Int64) -> Int64
{
    guard let feed = context.map(Feed.from) else { return -1 }
    do throws(ArchiveError) { return try feed.source.skip(count) } catch {
        feed.failure = error
        return -1
    }
}
