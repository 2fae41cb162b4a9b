// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Linux
public import OCI
public import SQLite

/// The store while images travel into it or out of it: nothing that is here, or comes, is removed
/// meanwhile.
/// Any number may be at work at a time.
public final class StoreSession: Sendable {
    public let store: ImageStore
    private let lock: FileLock

    public init(_ store: ImageStore, _ database: borrowing Database) throws {
        self.store = store
        try store.prepare()
        for path in [store.pulls, store.partials] { try makeDirectory(path, mode: 0o700) }
        lock = try store.lockForAdding(database)
    }

    /// A small blob of the store; nil when it is not here, or is damaged.
    public func document(_ digest: Digest, limit: Int) -> [UInt8]? {
        guard let bytes = try? contents(of: store.blobPath(digest), limit: limit),
            Digest(of: bytes) == digest
        else { return nil }
        return bytes
    }

    /// Whether nothing of a layer is to be fetched: it is here with a blob, be it another one.
    public func has(_ layer: PulledLayer) -> Bool { record(of: layer) != nil }

    private func record(of layer: PulledLayer) -> LayerRecord? {
        guard let record = store.layerRecord(layer.diffID) else { return nil }
        if layer.blob.digest != record.blob, exists(store.blobPath(layer.blob.digest)) {
            return LayerRecord(
                size: record.size, blob: layer.blob.digest, blobSize: layer.blob.size,
                blobType: layer.blob.mediaType)
        }
        return exists(store.blobPath(record.blob)) ? record : nil
    }

    /// Keeps what comes of an image from now on, until it is recorded, also over our death.
    public func hold(_ image: PulledImage) throws {
        let manifest = Digest(of: image.manifest)
        let lease = PullLease(
            layers: image.layers.map(\.diffID),
            blobs: [manifest, image.id] + image.layers.map(\.blob.digest))
        let bytes = try lease.json().bytes()
        try replaceFile(store.leasePath(manifest), with: bytes, mode: 0o600)
        for (digest, bytes) in [(image.id, image.document), (manifest, image.manifest)]
        where !exists(store.blobPath(digest)) {
            try replaceFile(store.blobPath(digest), with: bytes, mode: 0o600)
        }
    }

    /// Takes a layer's blob for fetching; nil while another process fetches it.
    public func take(_ layer: PulledLayer) throws -> PartialBlob? {
        try PartialBlob.take("\(store.partials)/\(layer.blob.digest.hex)")
    }

    /// Records an image all of whose layers are here, with its names.
    /// - Returns: the image, and whether anything changed: a name or the image is new.
    public func record(
        _ image: PulledImage, as references: [Reference], in database: borrowing Database
    ) throws -> (image: Image, isNew: Bool) {
        let plan = try image.plan(references)
        var records: [Digest: LayerRecord] = [:]
        for layer in image.layers { records[layer.diffID] = record(of: layer) }
        guard image.layers.allSatisfy({ records[$0.diffID] != nil }) else {
            throw ImageError.invalidArchive("image \(image.id.short): a layer is missing")
        }
        let kept = try store.keepDocuments(plan, records)
        try store.flush()
        let (loaded, isNew) = try database.transaction { () throws in
            let before = try references.map { try store.image($0, in: database)?.id }
            let loaded = try store.record(plan, kept, records, in: database)
            return (loaded, before.contains { $0 != image.id })
        }
        try? removeFile(store.leasePath(Digest(of: image.manifest)))
        return (loaded.image, isNew)
    }
}

extension StoreSession {
    /// Gives an image up whose registry does not send what it promised: what has come of it is
    /// garbage, for the next who tidies.
    public func abandon(_ image: PulledImage) {
        try? removeFile(store.leasePath(Digest(of: image.manifest)))
        for layer in image.layers {
            // What another pull fetches stays.
            if let partial = try? take(layer) { partial.discard() }
        }
    }
}

extension ImageStore {
    /// Removes what no record needs, if nobody is at work.
    public func tidy(_ database: borrowing Database) throws {
        guard exists(root), let lock = try FileLock.ifFree(lockPath, .exclusive) else { return }
        defer { withExtendedLifetime(lock) {} }
        try removeGarbage(database)
    }
}
