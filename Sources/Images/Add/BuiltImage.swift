// SPDX-License-Identifier: Apache-2.0

public import Archive
public import Linux
public import OCI
public import SQLite

/// An image that is put together from layers which are here already.
public struct BuiltImage: Sendable {
    /// Everything but the layers' digests, which come from `layers`.
    public var configuration: ImageConfiguration
    /// Bottom first.
    public var layers: [Digest]
    /// The steps that made them, so that they are known to be used.
    public var steps: [Digest] = []
    public var annotations: [String: String] = [:]
    /// The names it gets, taken from whoever has them.
    public var references: [Reference] = []

    /// - Parameters:
    ///   - configuration: with one step of the history for each layer, and those without.
    ///   - layers: bottom first.
    public init(configuration: ImageConfiguration, layers: [Digest]) {
        self.configuration = configuration
        self.layers = layers
    }
}

extension ImageStore {
    /// Keeps the files of this store in their places for as long as the returned lock lives.
    public func lockForBuilding(_ database: borrowing Database) throws -> FileLock {
        try prepare()
        return try lockForAdding(database)
    }

    /// Makes a layer of a tar, in one pass. Whoever calls holds `lockForBuilding`, and records what needs
    /// the layer before letting go.
    /// - Returns: nil for a tar without a single entry.
    public func addLayer(_ tar: any ByteSource) throws -> Digest? {
        let ingest = try IngestDirectory(in: self.ingest)
        defer { withExtendedLifetime(ingest) {} }
        let pass = LayerPass(store: self, directory: ingest.path)
        let result = try pass.run(tar, keepsStream: false)
        guard result.diffID != Self.emptyLayer else { return nil }
        try pass.publish(result)
        return result.diffID
    }

    /// Records an image. What is there already is not written again.
    public func add(
        _ built: BuiltImage, to database: borrowing Database
    ) throws -> Image {
        guard built.layers.count <= ImagePlan.mostLayers else {
            throw ImageError.invalidArchive("max depth exceeded")
        }
        var configuration = built.configuration
        configuration.rootfs.diffIDs = built.layers
        var records: [LayerRecord] = []
        for layer in built.layers {
            guard let record = layerRecord(layer) else {
                throw ImageError.invalidArchive("layer \(layer.short) is gone")
            }
            records.append(record)
        }
        let document = try configuration.json().sorted.bytes()
        let id = Digest(of: document)
        let known = try image(id: id, in: database)
        var image = known
        if image == nil {
            image = try write(document, id, configuration, records, built.annotations)
            try flush()
        }
        guard let image else { throw ImageError.noSuchImage("\(id)") }
        try database.transaction { () throws(DatabaseError) in
            try record(image, blobs: records.map(\.blob), in: database)
            for reference in built.references {
                try record(reference, for: image.id, in: database)
            }
            try noteUse(of: built.steps, areSynced: known == nil, in: database)
        }
        return image
    }

    private func write(
        _ document: [UInt8], _ id: Digest, _ configuration: ImageConfiguration,
        _ records: [LayerRecord], _ annotations: [String: String]
    ) throws -> Image {
        var manifest = Manifest(
            config: Descriptor(
                mediaType: .ociConfiguration, digest: id, size: Int64(document.count)),
            layers: records.map {
                Descriptor(mediaType: $0.blobType, digest: $0.blob, size: $0.blobSize)
            })
        manifest.annotations = annotations
        let bytes = try manifest.json().sorted.bytes()
        let digest = Digest(of: bytes)
        for (digest, bytes) in [(id, document), (digest, bytes)] {
            try replaceFile(blobPath(digest), with: bytes, mode: 0o600)
        }
        return Image(
            id: id, manifest: digest, diffIDs: configuration.rootfs.diffIDs,
            size: records.reduce(0) { $0 + $1.size },
            created: configuration.created.flatMap(nanosecondsSinceEpoch(rfc3339:)) ?? 0,
            document: document)
    }
}
