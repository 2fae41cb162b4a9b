// SPDX-License-Identifier: Apache-2.0

internal import CArchive

/// A tar (ustar, GNU, PAX) as a sequence of entries, each followed by its content.
public final class TarReader {
    private let archive: ArchiveHandle

    public init(_ source: any ByteSource) throws(ArchiveError) {
        archive = try ArchiveHandle(source) { archive in
            archive_read_support_format_tar(archive)
            archive_read_support_format_empty(archive)
        }
    }

    /// The next entry; what is left of the last one's content is passed over. nil at the end.
    public func next() throws(ArchiveError) -> TarEntry? {
        while let header = try archive.nextEntry() {
            if let entry = try TarEntry(header) { return entry }
        }
        return nil
    }

    /// The next piece of the current entry's content and its place in the file: what lies between
    /// pieces is a hole. The bytes are valid until the next call. nil at the end.
    public func nextBlock() throws(ArchiveError) -> (bytes: UnsafeRawBufferPointer, offset: Int64)?
    {
        try archive.nextBlock()
    }

    /// Where in the tar the current entry's content begins; asked right after `next`.
    public var contentOffset: Int64 { archive.position }
}

/// The current entry's content as a source of its own.
public final class TarContent: ByteSource {
    private let reader: TarReader
    public init(_ reader: TarReader) { self.reader = reader }

    public func next() throws(ArchiveError) -> UnsafeRawBufferPointer {
        try reader.nextBlock()?.bytes ?? UnsafeRawBufferPointer(start: nil, count: 0)
    }
}
