// SPDX-License-Identifier: Apache-2.0

public import Images
public import OCI
public import SQLite

/// Brings images of the store to their registry: the blobs that are not there yet, the configuration,
/// then the manifest, so that whatever the registry lists is whole.
public struct ImagePush: Sendable {
    let context: RegistryContext
    let store: ImageStore
    let open: @Sendable () throws -> Database
    let observer: any ProgressObserver
    /// How many blobs are sent at once.
    private static let mostAtOnce = 4

    /// - Parameter open: opens the state database.
    public init(
        _ context: RegistryContext, from store: ImageStore,
        open: @escaping @Sendable () throws -> Database, observer: any ProgressObserver
    ) {
        self.context = context
        self.store = store
        self.open = open
        self.observer = observer
    }

    /// What was pushed under one tag.
    public struct Result: Sendable {
        public let tag: String
        public let digest: Digest
        /// Bytes of the manifest.
        public let size: Int
    }

    /// Pushes tags of one repository.
    /// - Parameters:
    ///   - reference: a tag, or with `allTags` a repository.
    ///   - pushed: called for each tag when it is done.
    public func run(
        _ reference: Reference, allTags: Bool, platform: Platform?,
        pushed: (Result) -> Void
    ) async throws {
        let (session, references, images) = try load(reference, allTags: allTags)
        if let platform { try images.forEach { try check($0, platform, reference) } }
        let uploads = try plan(images, session, references[0])
        let client = try context.writer(
            for: reference, mounting: Set(uploads.flatMap(\.sources)).sorted())
        for upload in uploads { observer.layer(upload.shown, .preparing) }
        do {
            try await send(uploads, client)
        } catch {
            observer.finishLayers()
            throw error
        }
        observer.finishLayers()
        for (reference, image) in zip(references, images) {
            let tag = reference.tag ?? Reference.defaultTag
            try await client.put(image, tag: tag)
            try session.note(image, at: reference, in: try open())
            pushed(Result(tag: tag, digest: image.digest, size: image.bytes.count))
        }
    }

    private func load(
        _ reference: Reference, allTags: Bool
    ) throws -> (StoreSession, [Reference], [PushedImage]) {
        let database = try open()
        let session = try StoreSession(store, database)
        let references =
            allTags ? try session.tags(of: reference, in: database) : [reference.tagged]
        guard !references.isEmpty else {
            throw RegistryError.refused(
                "An image does not exist locally with the tag: \(reference.familiarRepository)")
        }
        let images = try references.map { reference in
            guard let image = try session.pushed(reference, in: database) else {
                throw RegistryError.refused("tag does not exist: \(reference.familiar)")
            }
            return image
        }
        return (session, references, images)
    }

    private func check(
        _ image: PushedImage, _ wanted: Platform, _ reference: Reference
    ) throws {
        let own = try image.image.configuration().platform
        guard wanted.rank(of: own) != 0 else { return }
        throw RegistryError.refused(
            "image with reference \(reference.tagged.familiar) was found but does not provide the"
                + " specified platform (\(wanted)): it is for \(own)")
    }

    /// Every blob once: layers, then configurations.
    private func plan(
        _ images: [PushedImage], _ session: StoreSession, _ reference: Reference
    ) throws -> [BlobUpload] {
        let database = try open()
        var seen: Set<Digest> = []
        var uploads: [BlobUpload] = []
        for image in images {
            for (blob, diffID) in zip(image.manifest.layers, image.image.diffIDs)
            where seen.insert(blob.digest).inserted {
                uploads.append(
                    BlobUpload(
                        blob: blob, path: store.blobPath(blob.digest), shown: diffID,
                        sources: try session.repositories(
                            with: blob.digest, beside: reference, in: database)))
            }
        }
        for image in images {
            let blob = image.manifest.config
            guard seen.insert(blob.digest).inserted else { continue }
            uploads.append(
                BlobUpload(
                    blob: blob, path: store.blobPath(blob.digest), shown: nil, sources: []))
        }
        return uploads
    }

    private func send(_ uploads: [BlobUpload], _ client: RegistryClient) async throws {
        var waiting = Array(uploads.reversed())
        let observer = observer
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.mostAtOnce {
                if let upload = waiting.popLast() {
                    group.addTask { try await client.upload(upload, observer) }
                }
            }
            while try await group.next() != nil {
                if let upload = waiting.popLast() {
                    group.addTask { try await client.upload(upload, observer) }
                }
            }
        }
    }
}
