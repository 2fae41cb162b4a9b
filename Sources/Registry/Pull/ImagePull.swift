// SPDX-License-Identifier: Apache-2.0

internal import Archive
public import Images
public import OCI
public import SQLite

/// What a pull is asked for.
public struct PullOrder: Sendable {
    public var reference: Reference
    /// nil for what runs here best.
    public var platform: Platform?

    public init(_ reference: Reference, platform: Platform? = nil) {
        self.reference = reference
        self.platform = platform
    }
}

/// What a pull brought.
public struct PulledReference: Sendable {
    public let image: Image
    /// Of what the reference led to: a manifest or an index.
    public let digest: Digest
    /// Whether anything changed.
    public let isNew: Bool
}

/// Brings images from a registry into the store.
///
/// Manifest, configuration, then the layers, each verified; the image is recorded when all of it is
/// here, or not at all. What has come stays over a pull that was killed or broke off, for a day; it
/// goes at once when it is wrong.
public struct ImagePull: Sendable {
    let context: RegistryContext
    let store: ImageStore
    let open: @Sendable () throws -> Database
    let observer: any ProgressObserver

    /// - Parameter open: opens the state database.
    public init(
        _ context: RegistryContext, into store: ImageStore,
        open: @escaping @Sendable () throws -> Database, observer: any ProgressObserver
    ) {
        self.context = context
        self.store = store
        self.open = open
        self.observer = observer
    }

    /// Pulls one image.
    public func run(_ order: PullOrder) async throws -> PulledReference {
        let reference = order.reference
        let clients = try context.clients(for: reference)
        let session = try session()
        let (root, place) = try await find(reference, clients)
        // The endpoint that knew it is asked first for the rest.
        let order = PullOrder(reference, platform: order.platform)
        let sources = [clients[place]] + clients.indices.filter { $0 != place }.map { clients[$0] }
        let image = try await resolve(root, order, from: clients[place], session)
        observer.say("\(reference.tag ?? "\(root.digest)"): Pulling from \(shownPath(reference))")
        try session.hold(image)
        do {
            try await LayerFetching(session: session, clients: sources, observer: observer)
                .fetch(image.layers)
        } catch let error as RegistryError where error.isFinal {
            observer.finishLayers()
            session.abandon(image)
            throw error
        } catch {
            observer.finishLayers()
            throw error
        }
        observer.finishLayers()
        var names = [reference.with(digest: root.digest)]
        if reference.digest == nil { names.append(reference.tagged) }
        let (recorded, isNew) = try session.record(image, as: names, in: try open())
        return PulledReference(image: recorded, digest: root.digest, isNew: isNew)
    }

    /// The tags that a repository has.
    public func tags(of reference: Reference) async throws -> [String] {
        guard let own = try context.clients(for: reference).last else { return [] }
        return try await own.tags(of: reference.familiarRepository)
    }

    private func session() throws -> StoreSession {
        let database = try open()
        return try StoreSession(store, database)
    }

    private func shownPath(_ reference: Reference) -> String {
        reference.domain == "docker.io" ? reference.path : reference.path
    }

    // MARK: - Manifests

    /// What the reference leads to, at the first endpoint that has it.
    private func find(
        _ reference: Reference, _ clients: [RegistryClient]
    ) async throws -> (FetchedManifest, Int) {
        let target = reference.digest.map { "\($0)" } ?? reference.tagged.tag ?? ""
        let name = reference.tagged.familiar
        for (place, client) in clients.enumerated() {
            do {
                return (try await client.manifest(target, of: name), place)
            } catch let error as RegistryError {
                // A mirror that has not got it, or is not there, is passed over.
                guard place + 1 < clients.count else { throw error }
            }
        }
        throw RegistryError.noSuchManifest(name)
    }

    /// The deepest that indexes may be nested.
    private static let deepestIndex = 4

    private func resolve(
        _ root: FetchedManifest, _ order: PullOrder, from client: RegistryClient,
        _ session: StoreSession
    ) async throws -> PulledImage {
        let name = order.reference.tagged.familiar
        let wanted = order.platform ?? .host
        var fetched = root
        for _ in 0..<Self.deepestIndex {
            switch try fetched.document() {
            case .index(let index):
                guard let next = ManifestSelection.best(of: index, for: wanted) else {
                    throw RegistryError.noPlatform("\(wanted)")
                }
                fetched = try await manifest(next, name, from: client, session)
            case .manifest(let manifest):
                let image = try await image(fetched, manifest, from: client, session)
                try check(image, order)
                return image
            }
        }
        throw RegistryError.invalid(
            "\(name): indexes are nested deeper than \(Self.deepestIndex)")
    }

    private func manifest(
        _ descriptor: Descriptor, _ name: String, from client: RegistryClient,
        _ session: StoreSession
    ) async throws -> FetchedManifest {
        guard descriptor.size <= Int64(RegistryClient.largestDocument) else {
            throw RegistryError.invalid(
                "manifest \(descriptor.digest): larger than \(RegistryClient.largestDocument) bytes"
            )
        }
        if let bytes = session.document(descriptor.digest, limit: RegistryClient.largestDocument) {
            return FetchedManifest(
                bytes: bytes, digest: descriptor.digest, mediaType: descriptor.mediaType)
        }
        let fetched = try await client.manifest(
            "\(descriptor.digest)", of: name, size: descriptor.size)
        return FetchedManifest(
            bytes: fetched.bytes, digest: fetched.digest, mediaType: descriptor.mediaType)
    }

    private func image(
        _ fetched: FetchedManifest, _ manifest: Manifest, from client: RegistryClient,
        _ session: StoreSession
    ) async throws -> PulledImage {
        guard manifest.config.mediaType.isConfiguration else {
            throw RegistryError.invalid(
                "not an image: unsupported configuration media type"
                    + " \(quoted(manifest.config.mediaType.rawValue))")
        }
        guard manifest.layers.count <= PulledImage.mostLayers else {
            throw RegistryError.invalid(
                "image \(manifest.config.digest.short): more than \(PulledImage.mostLayers) layers")
        }
        for layer in manifest.layers {
            guard layer.mediaType.isLayer, !layer.mediaType.isForeignLayer else {
                throw RegistryError.invalid(
                    "layer \(layer.digest.short): unsupported media type"
                        + " \(quoted(layer.mediaType.rawValue))")
            }
            guard layer.size >= 0 else {
                throw RegistryError.invalid("layer \(layer.digest.short): invalid size")
            }
        }
        let document: [UInt8]
        if let bytes = session.document(
            manifest.config.digest, limit: RegistryClient.largestDocument)
        {
            document = bytes
        } else {
            document = try await client.document(manifest.config, "image configuration")
        }
        do {
            return try PulledImage(manifest: fetched.bytes, manifest, document: document)
        } catch let error as ImageError {
            throw RegistryError.invalid("\(error)")
        }
    }

    /// An image that is not in an index must be for the platform that was asked for.
    private func check(_ image: PulledImage, _ order: PullOrder) throws {
        guard let wanted = order.platform else { return }
        let own = try ImageConfiguration(json: image.document).platform
        guard wanted.rank(of: own) == nil else { return }
        throw RegistryError.invalid(
            "image with reference \(order.reference.tagged.familiar) was found but its platform"
                + " (\(own)) does not match the specified platform (\(wanted))")
    }
}
