// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Glibc
internal import Linux
public import OCI
public import SQLite

extension ImageStore {
    /// Loads the images of an archive: an OCI archive, an image layout's directory or a docker-archive,
    /// plain or compressed with gzip, zstd, xz or bzip2. Every digest and size is verified; an image is
    /// recorded when all of it is here, or not at all. Any number of loads may run at a time.
    ///
    /// Layers are worked on in forked children: the process must be single-threaded.
    /// - Parameters:
    ///   - platform: which image of several to take; nil takes what runs here best.
    ///   - workers: how many children at most; nil for one per processor, 0 for none.
    ///   - progress: called now and then.
    @discardableResult
    public func load(
        _ source: ArchiveSource, platform: Platform? = nil, into database: borrowing Database,
        workers: Int? = nil, progress: ((LoadProgress) -> Void)? = nil
    ) throws -> [LoadedImage] {
        do {
            return try loadLocked(source, platform, database, workers, progress)
        } catch {
            if let lock = try? FileLock.ifFree(lockPath, .exclusive) {
                try? removeGarbage(database)
                _ = consume lock
            }
            throw error
        }
    }

    private func loadLocked(
        _ source: ArchiveSource, _ platform: Platform?, _ database: borrowing Database,
        _ workers: Int?, _ progress: ((LoadProgress) -> Void)?
    ) throws -> [LoadedImage] {
        try prepare()
        let lock = try lockForAdding(database)
        defer { withExtendedLifetime(lock) {} }
        let ingest = try IngestDirectory(in: self.ingest)
        let plans = try Self.plans(in: try ArchiveContents(source, ingest: ingest), platform)
        let layers = Self.distinct(plans.flatMap(\.layers)).map {
            LayerIngest(store: self, plan: $0, directory: ingest.path)
        }
        let limit = workers ?? sysconf(CInt(_SC_NPROCESSORS_ONLN))
        let records = try self.ingest(layers, limit: limit, progress)
        let images = try plans.map { try keepDocuments($0, records) }
        try flush()
        return try database.transaction { () throws in
            try zip(plans, images).map { try record($0, $1, records, in: database) }
        }
    }

    private static func plans(
        in contents: ArchiveContents, _ platform: Platform?
    ) throws -> [ImagePlan] {
        let choice = ImageChoice(platform: platform)
        if let plans = try LayoutDocuments(contents: contents, choice: choice).plans() {
            return plans
        }
        if let plans = try DockerArchiveDocuments(contents: contents, choice: choice).plans() {
            return plans
        }
        throw ImageError.invalidArchive(
            "not an image archive: neither oci-layout nor manifest.json is in it")
    }

    private static func distinct(_ layers: [LayerPlan]) -> [LayerPlan] {
        var seen: Set<Digest> = []
        return layers.filter { seen.insert($0.diffID).inserted }
    }

    private func ingest(
        _ layers: [LayerIngest], limit: Int, _ progress: ((LoadProgress) -> Void)?
    ) throws -> [Digest: LayerRecord] {
        var records: [Digest: LayerRecord] = [:]
        var missing: [LayerIngest] = []
        for layer in layers {
            if let record = try layer.present() {
                records[layer.plan.diffID] = record
            } else {
                missing.append(layer)
            }
        }
        let meter = ProgressMeter(
            total: missing.reduce(0) { $0 + $1.plan.stored.length }, report: progress)
        if limit == 0 || missing.count < 2 {
            for layer in missing {
                let diffID = layer.plan.diffID
                records[diffID] = try layer.run { meter.advance(diffID, to: $0) }
            }
        } else {
            var workers = LayerWorkers(missing, limit: limit) { meter.advance($0, to: $1) }
            records.merge(try workers.run()) { $1 }
        }
        return records
    }

    /// Stores an image's configuration and manifest; makes a manifest where the archive had none.
    /// - Returns: the image as it will be recorded.
    func keepDocuments(
        _ plan: ImagePlan, _ records: [Digest: LayerRecord]
    ) throws -> Image {
        let manifest = try plan.manifest(records) ?? plan.madeManifest(records).json().bytes()
        let digest = Digest(of: manifest)
        for (digest, bytes) in [(plan.id, plan.document), (digest, manifest)] {
            try replaceFile(blobPath(digest), with: bytes, mode: 0o600)
        }
        return Image(
            id: plan.id, manifest: digest, diffIDs: plan.configuration.rootfs.diffIDs,
            size: plan.layers.reduce(0) { $0 + (records[$1.diffID]?.size ?? 0) },
            created: plan.configuration.created.flatMap(nanosecondsSinceEpoch(rfc3339:)) ?? 0,
            document: plan.document)
    }

    /// What the records will point to must outlive a power cut that the records outlive.
    func flush() throws(KernelError) {
        try attempting("sync \(root)") { () throws(Errno) in
            let directory = try OwnedFD.open(root, O_RDONLY | O_DIRECTORY)
            try syncFileSystem(of: directory.raw)
        }
    }

    /// Records an image with its names.
    func record(
        _ plan: ImagePlan, _ image: Image, _ records: [Digest: LayerRecord],
        in database: borrowing Database
    ) throws -> LoadedImage {
        let blobs = plan.layers.compactMap { records[$0.diffID]?.blob }
        try record(image, blobs: blobs, in: database)
        for reference in plan.references { try record(reference, for: image.id, in: database) }
        // An image that was here already keeps its first manifest.
        let recorded = try self.image(id: image.id, in: database) ?? image
        return LoadedImage(image: recorded, references: plan.references)
    }

    /// Records an image without a name; one that was removed but for its containers is back.
    func record(
        _ image: Image, blobs: [Digest], in database: borrowing Database
    ) throws(DatabaseError) {
        try database.run(
            """
            INSERT INTO images (id, manifest, configuration, layers, blobs, size, created)
            VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET removed = 0
            """,
            [
                .text(image.id.hex), .text(image.manifest.hex),
                .text(String(decoding: image.document, as: UTF8.self)),
                .text(image.diffIDs.map(\.hex).joined(separator: " ")),
                .text(blobs.map(\.hex).joined(separator: " ")), .integer(image.size),
                .integer(image.created),
            ])
    }
}

extension ImagePlan {
    /// The archive's own manifest, unless it speaks of blobs that are not here: of layers that were
    /// left out and that the store has in another form.
    fileprivate func manifest(_ records: [Digest: LayerRecord]) -> [UInt8]? {
        let fits = layers.allSatisfy { $0.blob == nil || $0.blob == records[$0.diffID]?.blob }
        return fits ? manifest : nil
    }

    /// A manifest for an image whose archive has none that fits.
    fileprivate func madeManifest(_ records: [Digest: LayerRecord]) -> Manifest {
        Manifest(
            config: Descriptor(
                mediaType: .ociConfiguration, digest: id, size: Int64(document.count)),
            layers: layers.compactMap { layer in
                records[layer.diffID].map {
                    Descriptor(mediaType: $0.blobType, digest: $0.blob, size: $0.blobSize)
                }
            })
    }
}

/// Adds up how far the layers are.
private final class ProgressMeter {
    private let total: Int64
    private let report: ((LoadProgress) -> Void)?
    private var done: [Digest: Int64] = [:]

    init(total: Int64, report: ((LoadProgress) -> Void)?) {
        self.total = total
        self.report = report
    }

    func advance(_ layer: Digest, to bytes: Int64) {
        guard let report else { return }
        done[layer] = bytes
        report(LoadProgress(done: done.values.reduce(0, +), total: total))
    }
}
