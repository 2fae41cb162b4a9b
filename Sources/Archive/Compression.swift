// SPDX-License-Identifier: Apache-2.0

internal import CArchive

/// How a stream is compressed, told by its first bytes alone.
public enum Compression: Sendable, Equatable {
    case none, gzip, zstd, xz, bzip2

    /// Enough first bytes to tell.
    public static let magicLength = 512

    /// nil for what is neither one of the known compressions nor a tar.
    public init?(detecting first: some Collection<UInt8>) {
        let first = Array(first)
        if first.starts(with: [0x1F, 0x8B]) {
            self = .gzip
        } else if first.starts(with: [0x28, 0xB5, 0x2F, 0xFD])
            || first.count >= 4 && first[0] & 0xF0 == 0x50 && first[1...3] == [0x2A, 0x4D, 0x18]
        {
            self = .zstd  // a frame, or a skippable one before it
        } else if first.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]) {
            self = .xz
        } else if first.starts(with: Array("BZh".utf8)) {
            self = .bzip2
        } else if first.isEmpty || Self.isTar(first) {
            self = .none
        } else {
            return nil
        }
    }

    /// Whether a block is a tar's first: the header's checksum is right, or all is zero (an empty tar).
    private static func isTar(_ block: [UInt8]) -> Bool {
        guard block.count >= 512 else { return false }
        let header = block.prefix(512)
        if header.allSatisfy({ $0 == 0 }) { return true }
        let checksum = 148..<156  // counted as blanks
        let sum = header.indices.reduce(0) {
            $0 + (checksum.contains($1) ? 0x20 : Int(header[$1]))
        }
        let digits = header[checksum].drop { $0 == 0x20 }.prefix { (0x30...0x37).contains($0) }
        return !digits.isEmpty && digits.reduce(0) { $0 << 3 + Int($1 & 7) } == sum
    }
}

/// What another source decompresses to.
public final class DecompressedSource: ByteSource {
    private let archive: ArchiveHandle
    private var isBegun = false

    public init(_ upstream: any ByteSource, _ compression: Compression) throws(ArchiveError) {
        archive = try ArchiveHandle(upstream) { archive in
            archive_read_support_format_raw(archive)
            archive_read_support_format_empty(archive)
            switch compression {
            case .none: break
            case .gzip: archive_read_support_filter_gzip(archive)
            case .zstd: archive_read_support_filter_zstd(archive)
            case .xz: archive_read_support_filter_xz(archive)
            case .bzip2: archive_read_support_filter_bzip2(archive)
            }
        }
    }

    public func next() throws(ArchiveError) -> UnsafeRawBufferPointer {
        if !isBegun {
            isBegun = true
            guard try archive.nextEntry() != nil else {
                return UnsafeRawBufferPointer(start: nil, count: 0)
            }
        }
        return try archive.nextBlock()?.bytes ?? UnsafeRawBufferPointer(start: nil, count: 0)
    }
}
