// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Glibc
internal import Linux
internal import OCI

/// What is known of a layer that is here; kept beside its files as `layer.json`.
struct LayerRecord: Codable, Equatable {
    /// Bytes of the files.
    let size: Int64
    /// The blob it was unpacked from.
    let blob: Digest
    let blobSize: Int64
    let blobType: MediaType
}

/// The work on one layer: read it once, and in that pass verify its digests, keep its blob, unpack it.
struct LayerIngest {
    let store: ImageStore
    let plan: LayerPlan
    /// The load's own directory.
    let directory: String

    /// Whether a load has nothing to do for this layer.
    func present() throws -> LayerRecord? {
        if plan.stored.isAbsent { return try expected() }
        guard let record = store.layerRecord(plan.diffID) else { return nil }
        let blob = plan.blob ?? record.blob
        guard exists(store.blobPath(blob)) else { return nil }
        guard blob != record.blob else { return record }
        return LayerRecord(
            size: record.size, blob: blob, blobSize: plan.stored.length, blobType: record.blobType)
    }

    /// What the store has of a layer that the archive leaves out (`save --since`). Its blob there may
    /// be another one, with the same files.
    private func expected() throws -> LayerRecord {
        guard let record = store.layerRecord(plan.diffID), exists(store.blobPath(record.blob))
        else {
            throw ImageError.invalidArchive(
                "layer \(plan.diffID.short) is not in the archive, which was saved without the"
                    + " layers of another image: load that one first")
        }
        return record
    }

    /// Does the work. In case another load does the same, the first to end wins.
    /// - Parameter progress: called with the bytes read so far.
    func run(progress: @escaping (Int64) -> Void) throws -> LayerRecord {
        do { return try ingest(progress) } catch let error as ImageError {
            throw error
        } catch {
            throw ImageError.invalidArchive("layer \(plan.diffID.short): \(error)")
        }
    }

    private func ingest(_ progress: @escaping (Int64) -> Void) throws -> LayerRecord {
        let compression = try compression()
        // Registries know no layers in xz or bzip2: where no manifest asks for the blob as it is, the
        // plain tar is kept.
        let keepsTar = plan.blob == nil && (compression == .xz || compression == .bzip2)
        // What was unpacked from a stream is a file of ours already.
        let own = keepsTar ? nil : plan.stored.spooled
        let blobPath = own ?? "\(directory)/blob-\(plan.diffID.hex)"
        let file = own == nil ? try create(blobPath) : nil
        let blob = DigestingSource(try plan.stored.source(), copyTo: keepsTar ? nil : file?.raw)
        blob.onProgress = progress
        let tar =
            compression == .none
            ? blob
            : DigestingSource(
                try DecompressedSource(blob, compression), copyTo: keepsTar ? file?.raw : nil)
        // ext4 places the directory by its name: a new one each time keeps away from the inodes of an
        // earlier copy that was just removed.
        let unpacked = "\(directory)/\(Clock.monotonic).\(plan.diffID.hex)"
        let size = try unpack(tar, into: unpacked)
        try tar.drain()
        try blob.drain()
        let (kept, type) = keepsTar ? (tar, MediaType.ociLayer) : (blob, compression.mediaType)
        let record = try verified(tar: tar, blob: blob, kept: kept, size: size, type: type)
        try publish(record, blob: blobPath, unpacked: unpacked)
        return record
    }

    private func compression() throws -> Compression {
        let first = try PeekedSource(try plan.stored.source(), count: Compression.magicLength).first
        guard let compression = Compression(detecting: first) else {
            throw ArchiveError.unknownFormat
        }
        return compression
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

    private func verified(
        tar: DigestingSource, blob: DigestingSource, kept: DigestingSource, size: Int64,
        type: MediaType
    ) throws -> LayerRecord {
        let blobDigest = blob.finish()
        let diffID = tar === blob ? blobDigest : tar.finish()
        if let stated = plan.blob, blobDigest != stated {
            throw ImageError.invalidArchive(
                "layer \(stated): digest mismatch, content is \(blobDigest)")
        }
        guard diffID == plan.diffID else {
            throw ImageError.invalidArchive(
                "layer \(blobDigest): unpacked digest mismatch, content is \(diffID) instead of"
                    + " \(plan.diffID)")
        }
        return LayerRecord(
            size: size, blob: kept === blob ? blobDigest : diffID, blobSize: kept.count,
            blobType: type)
    }

    /// Renames blob and layer to their places, where they are whole or not at all.
    private func publish(_ record: LayerRecord, blob: String, unpacked: String) throws {
        try move(blob, to: store.blobPath(record.blob))
        try replaceFile("\(unpacked)/layer.json", with: record.json().bytes(), mode: 0o600)
        try move(unpacked, to: store.layerPath(plan.diffID))
    }

    private func move(_ path: String, to place: String) throws(KernelError) {
        try attempting("rename \(path) to \(place)") { () throws(Errno) in
            do throws(Errno) { try syscall { rename(path, place) } } catch {
                // Another load was first, with the same content.
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

extension ImageStore {
    /// What is known of an unpacked layer; nil when it is not here.
    func layerRecord(_ diffID: Digest) -> LayerRecord? {
        guard let bytes = try? contents(of: "\(layerPath(diffID))/layer.json", limit: 4096) else {
            return nil
        }
        return try? LayerRecord(json: bytes)
    }
}
