// SPDX-License-Identifier: Apache-2.0

public import Archive
internal import Linux
public import OCI
public import SQLite

/// An image to be made of one layer more than another has, or of one layer alone.
public struct NewImage: Sendable {
    /// What it stands on; nil for nothing.
    public var base: Image?
    public var platform: Platform
    /// What its containers run by default.
    public var execution: ImageConfiguration.Execution
    /// The step that makes it, as `history` shows it.
    public var step: ImageConfiguration.History
    /// A name that it gets; taken from an image that has it.
    public var reference: Reference?

    public init(
        on base: Image?, platform: Platform, execution: ImageConfiguration.Execution,
        step: ImageConfiguration.History, reference: Reference?
    ) {
        self.base = base
        self.platform = platform
        self.execution = execution
        self.step = step
        self.reference = reference
    }
}

extension ImageStore {
    /// Makes an image. Its layer is read once: in that pass its digest is taken, its blob kept and its
    /// files placed, so that what a container will see is what the blob says. A layer without a single
    /// entry makes none, as in Docker. The image is recorded when all of it is here, or not at all.
    /// - Parameters:
    ///   - layer: a tar, plain or compressed with gzip, zstd, xz or bzip2.
    ///   - progress: called with the bytes read so far.
    public func add(
        _ new: NewImage, layer: any ByteSource, to database: borrowing Database,
        progress: ((Int64) -> Void)? = nil
    ) throws -> Image {
        do {
            return try addLocked(new, layer, database, progress)
        } catch {
            if let lock = try? FileLock.ifFree(lockPath, .exclusive) {
                try? removeGarbage(database)
                _ = consume lock
            }
            throw error
        }
    }

    private func addLocked(
        _ new: NewImage, _ layer: any ByteSource, _ database: borrowing Database,
        _ progress: ((Int64) -> Void)?
    ) throws -> Image {
        try prepare()
        let lock = try lockForAdding(database)
        defer { withExtendedLifetime(lock) {} }
        let ingest = try IngestDirectory(in: self.ingest)
        let pass = LayerPass(store: self, directory: ingest.path)
        let result = try pass.run(layer, keepsStream: false, progress: progress)
        guard result.record.blobSize > 0 else {
            throw ImageError.invalidArchive("unexpected EOF: the archive is empty")
        }
        var draft = try ImageDraft(new, in: self)
        if result.diffID == Self.emptyLayer {
            draft.appendEmptyStep(new.step)
        } else {
            try draft.append(result.diffID, result.record, new.step)
            try pass.publish(result)
        }
        let image = try draft.keep(in: self)
        try flush()
        withExtendedLifetime(ingest) {}
        return try database.transaction { () throws in
            if let base = new.base, try self.image(id: base.id, in: database) == nil {
                throw ImageError.noSuchImage("\(base.id)")  // it went while we were at work
            }
            try record(image, blobs: draft.blobs, in: database)
            if let reference = new.reference {
                try record(reference, for: image.id, in: database)
            }
            return try self.image(id: image.id, in: database) ?? image
        }
    }

    /// The digest of a tar without entries.
    static var emptyLayer: Digest { Digest(of: [UInt8](repeating: 0, count: 1024)) }
}

/// The documents of an image on their way.
private struct ImageDraft {
    var configuration: ImageConfiguration
    var layers: [Descriptor] = []
    var size: Int64

    var blobs: [Digest] { layers.map(\.digest) }

    init(_ new: NewImage, in store: ImageStore) throws {
        configuration = ImageConfiguration(
            platform: new.platform, diffIDs: new.base?.diffIDs ?? [], config: new.execution,
            created: new.step.created)
        configuration.author = new.step.author
        configuration.comment = new.step.comment
        size = new.base?.size ?? 0
        guard let base = new.base else { return }
        configuration.history = try base.configuration().history
        let path = store.blobPath(base.manifest)
        let document = try contents(of: path, limit: 8 << 20)
        layers = try Manifest(json: document).layers.map { layer in
            var layer = layer
            layer.mediaType = layer.mediaType.inOCI
            return layer
        }
        guard layers.count == base.diffIDs.count else {
            throw ImageError.invalidArchive("manifest \(base.manifest) does not fit its image")
        }
    }

    mutating func append(
        _ diffID: Digest, _ record: LayerRecord, _ step: ImageConfiguration.History
    ) throws {
        guard configuration.rootfs.diffIDs.count < ImagePlan.mostLayers else {
            throw ImageError.invalidArchive("max depth exceeded")
        }
        configuration.rootfs.diffIDs.append(diffID)
        configuration.history.append(step)
        layers.append(
            Descriptor(mediaType: record.blobType, digest: record.blob, size: record.blobSize))
        size += record.size
    }

    mutating func appendEmptyStep(_ step: ImageConfiguration.History) {
        var step = step
        step.emptyLayer = true
        configuration.history.append(step)
    }

    /// Stores configuration and manifest.
    func keep(in store: ImageStore) throws -> Image {
        let document = try configuration.json().sorted.bytes()
        let id = Digest(of: document)
        let manifest = try Manifest(
            config: Descriptor(
                mediaType: .ociConfiguration, digest: id, size: Int64(document.count)),
            layers: layers
        ).json().bytes()
        let digest = Digest(of: manifest)
        for (digest, bytes) in [(id, document), (digest, manifest)] {
            try replaceFile(store.blobPath(digest), with: bytes, mode: 0o600)
        }
        return Image(
            id: id, manifest: digest, diffIDs: configuration.rootfs.diffIDs, size: size,
            created: configuration.created.flatMap(nanosecondsSinceEpoch(rfc3339:)) ?? 0,
            document: document)
    }
}

extension MediaType {
    /// The same kind of layer in OCI's words.
    fileprivate var inOCI: MediaType {
        let docker = MediaType.dockerLayer.rawValue
        guard rawValue.hasPrefix(docker) else { return self }
        let suffix = rawValue.dropFirst(docker.utf8.count + 1)
        return suffix.isEmpty
            ? .ociLayer : MediaType(rawValue: "\(MediaType.ociLayer.rawValue)+\(suffix)")
    }
}

extension JSONValue {
    /// The same with members in the order of their keys, so that equal values have equal bytes:
    /// dictionaries have no order of their own.
    var sorted: JSONValue {
        switch self {
        case .array(let elements): .array(elements.map(\.sorted))
        case .object(let object):
            .object(
                JSONObject(
                    object.members.sorted { $0.key < $1.key }.map { ($0.key, $0.value.sorted) }))
        default: self
        }
    }
}
