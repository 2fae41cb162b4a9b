// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Glibc
internal import Linux
internal import OCI

/// One reading of a layer: in one pass its digests are taken, its blob is kept and its files are placed.
struct LayerPass {
    let store: ImageStore
    /// Where everything is made before it is renamed to its place.
    let directory: String
    /// The most bytes that the tar may have.
    var limit = Int64.max

    /// What a pass made; `publish` brings it to its place.
    struct Result {
        let diffID: Digest
        /// The digest of the stream as it was read.
        let streamDigest: Digest
        let record: LayerRecord
        fileprivate let blob: String
        fileprivate let unpacked: String
    }

    /// - Parameters:
    ///   - source: a tar, plain or compressed.
    ///   - existing: a file of ours that holds the same bytes and becomes the blob; nil to write one.
    ///   - keepsStream: whether the blob must be the stream as it is. Otherwise what registries do not
    ///     know, xz and bzip2, is kept as a plain tar.
    ///   - progress: called with the bytes read so far.
    func run(
        _ source: any ByteSource, existing: String? = nil, keepsStream: Bool,
        progress: ((Int64) -> Void)? = nil
    ) throws -> Result {
        let peeked = try PeekedSource(source, count: Compression.magicLength)
        guard let compression = Compression(detecting: peeked.first) else {
            throw ArchiveError.unknownFormat
        }
        let keepsTar = !keepsStream && (compression == .xz || compression == .bzip2)
        let own = keepsTar ? nil : existing
        // ext4 places the directory by its name: a new one each time keeps away from the inodes of an
        // earlier copy that was just removed.
        let unpacked = "\(directory)/\(Clock.monotonic).\(getpid())"
        let blobPath = own ?? "\(unpacked).blob"
        let file = own == nil ? try create(blobPath) : nil
        let blob = DigestingSource(peeked, copyTo: keepsTar ? nil : file?.raw)
        blob.onProgress = progress
        let tar =
            compression == .none
            ? blob
            : DigestingSource(
                BoundedSource(try DecompressedSource(blob, compression), limit: limit),
                copyTo: keepsTar ? file?.raw : nil)
        let size = try unpack(tar, into: unpacked)
        try tar.drain()
        try blob.drain()
        let streamDigest = blob.finish()
        let diffID = tar === blob ? streamDigest : tar.finish()
        let record = LayerRecord(
            size: size, blob: keepsTar ? diffID : streamDigest,
            blobSize: keepsTar ? tar.count : blob.count,
            blobType: keepsTar ? .ociLayer : compression.mediaType)
        return Result(
            diffID: diffID, streamDigest: streamDigest, record: record, blob: blobPath,
            unpacked: unpacked)
    }

    private func create(_ path: String) throws(KernelError) -> ArchiveContents.OpenFile {
        try attempting("write \(path)") { () throws(Errno) in
            ArchiveContents.OpenFile(
                try OwnedFD.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600))
        }
    }

    private func unpack(_ tar: any ByteSource, into path: String) throws -> Int64 {
        try makeDirectory(path, mode: 0o755)
        try makeDirectory("\(path)/fs", mode: 0o755)
        let mask = umask(0)
        defer { umask(mask) }
        let root = try attempting("open \(path)/fs") { () throws(Errno) in
            try OwnedFD.open("\(path)/fs", O_RDONLY | O_DIRECTORY)
        }
        let unpacker = LayerUnpacker(root: root)
        try unpacker.unpack(try TarReader(tar))
        return unpacker.size
    }

    /// Renames blob and layer to their places, where they are whole or not at all.
    func publish(_ result: Result) throws {
        try move(result.blob, to: store.blobPath(result.record.blob))
        try replaceFile(
            "\(result.unpacked)/layer.json", with: result.record.json().bytes(), mode: 0o600)
        try move(result.unpacked, to: store.layerPath(result.diffID))
    }

    private func move(_ path: String, to place: String) throws(KernelError) {
        try attempting("rename \(path) to \(place)") { () throws(Errno) in
            do throws(Errno) { try syscall { rename(path, place) } } catch {
                // Another was first, with the same content.
                guard error == .exists || error == .notEmpty else { throw error }
            }
        }
    }
}

extension Compression {
    fileprivate var mediaType: MediaType {
        switch self {
        case .gzip: MediaType(rawValue: MediaType.ociLayer.rawValue + "+gzip")
        case .zstd: MediaType(rawValue: MediaType.ociLayer.rawValue + "+zstd")
        case .none, .xz, .bzip2: .ociLayer
        }
    }
}
