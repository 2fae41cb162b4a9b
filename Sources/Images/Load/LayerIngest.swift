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
        let pass = LayerPass(store: store, directory: directory)
        // What was unpacked from a stream is a file of ours already.
        let result = try pass.run(
            try plan.stored.source(), existing: plan.stored.spooled,
            keepsStream: plan.blob != nil, progress: progress)
        if let stated = plan.blob, result.streamDigest != stated {
            throw ImageError.invalidArchive(
                "layer \(stated): digest mismatch, content is \(result.streamDigest)")
        }
        guard result.diffID == plan.diffID else {
            throw ImageError.invalidArchive(
                "layer \(result.streamDigest): unpacked digest mismatch, content is "
                    + "\(result.diffID) instead of \(plan.diffID)")
        }
        try pass.publish(result)
        return result.record
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
