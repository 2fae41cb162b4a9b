// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Linux
public import OCI
public import SQLite

/// What a saved archive is to hold of one image.
public struct SavedImage: Sendable, Equatable {
    public let image: Image
    /// The names it shall have there; none for an image that was asked for by its ID.
    public var references: [Reference]

    /// - Parameter references: the names it shall have there.
    public init(image: Image, references: [Reference]) {
        self.image = image
        self.references = references
    }
}

extension ImageStore {
    /// The images that names and IDs mean, each once, with the names by which it was asked for: a
    /// repository without a tag means `latest`.
    /// - Throws: `ImageError.noSuchImage`.
    public func imagesToSave(
        _ names: [String], in database: borrowing Database
    ) throws -> [SavedImage] {
        var saved: [SavedImage] = []
        for name in names {
            guard let image = try image(name, in: database) else {
                throw ImageError.noSuchImage(name)
            }
            let reference = try asked(name, of: image, in: database)
            if let place = saved.firstIndex(where: { $0.image.id == image.id }) {
                let known = saved[place].references
                saved[place].references += reference.filter { !known.contains($0) }
            } else {
                saved.append(SavedImage(image: image, references: reference))
            }
        }
        return saved
    }

    /// The tag that was asked for; none for an ID or a digest.
    private func asked(
        _ name: String, of image: Image, in database: borrowing Database
    ) throws -> [Reference] {
        guard let reference = try? Reference(parsing: name).tagged, reference.digest == nil else {
            return []
        }
        return try references(to: image.id, in: database).filter { $0.key == reference.key }
    }

    /// Writes images as one archive that is an OCI image layout and a docker-archive at once: blobs as
    /// they arrived, each once, so digests are those of where they came from. Equal images give equal
    /// bytes.
    ///
    /// https://github.com/opencontainers/image-spec/blob/main/image-layout.md
    /// https://github.com/moby/docker-image-spec/blob/main/v1.2.md
    /// - Parameters:
    ///   - known: an image that the other side has: its layers are left out.
    ///   - output: where the tar goes; it must stay open.
    public func save(
        _ images: [SavedImage], since known: Image? = nil, to output: CInt
    ) throws {
        let lock = try FileLock.waiting(lockPath, .shared)  // nobody removes a blob meanwhile
        defer { withExtendedLifetime(lock) {} }
        let contents = try images.map { try SavedContents($0, in: self) }
        let tar = TarOutput(to: output)
        try tar.add(ImageLayout.fileName, ImageLayout().json().bytes())
        try tar.add(
            ImageLayout.indexFileName, SavedContents.index(of: contents, since: known).bytes())
        try tar.add("manifest.json", SavedContents.dockerDocument(of: contents).bytes())
        let omitted = Set(known?.diffIDs ?? [])
        var written: Set<Digest> = []
        for content in contents {
            for blob in content.blobs(without: omitted) where written.insert(blob.digest).inserted {
                try add(blob, to: tar)
            }
        }
        try tar.finish()
    }

    private func add(_ blob: Descriptor, to tar: TarOutput) throws {
        let file = try attempting("open blob \(blob.digest.short)") { () throws(Errno) in
            try OwnedFD.open(blobPath(blob.digest))
        }
        let path = ImageLayout.path(of: blob.digest)
        try tar.add(TarEntry(path: Array(path.utf8), kind: .file, size: blob.size))
        try tar.write(FileRange(file.raw, length: blob.size))
        withExtendedLifetime(file) {}
    }
}

/// The documents of one image that is saved.
private struct SavedContents {
    let saved: SavedImage
    let manifestDescriptor: Descriptor
    let manifest: Manifest

    init(_ saved: SavedImage, in store: ImageStore) throws {
        self.saved = saved
        let digest = saved.image.manifest
        let bytes = try contents(of: store.blobPath(digest), limit: 8 << 20)
        manifest = try inArchive("manifest \(digest.short)") { try Manifest(json: bytes) }
        manifestDescriptor = Descriptor(
            mediaType: manifest.mediaType ?? .ociManifest, digest: digest, size: Int64(bytes.count))
    }

    /// Manifest, configuration, and the layers that are not to be left out.
    func blobs(without omitted: Set<Digest>) -> [Descriptor] {
        [manifestDescriptor, manifest.config]
            + zip(manifest.layers, saved.image.diffIDs).filter { !omitted.contains($1) }.map(\.0)
    }

    /// `index.json`: the manifest once for each name, as Docker writes it.
    static func index(of contents: [SavedContents], since known: Image?) throws -> JSONValue {
        var index = Index(manifests: contents.flatMap(\.roots))
        if let known { index.annotations[SavedSince.annotation] = "\(known.id)" }
        return try index.json()
    }

    private var roots: [Descriptor] {
        guard !saved.references.isEmpty else { return [manifestDescriptor] }
        return saved.references.map { reference in
            var root = manifestDescriptor
            root.annotations = [
                ImageLayout.Annotation.imageName: reference.canonical,
                ImageLayout.Annotation.referenceName: reference.tag ?? Reference.defaultTag,
            ]
            return root
        }
    }

    /// `manifest.json`, for readers of docker-archives.
    static func dockerDocument(of contents: [SavedContents]) -> JSONValue {
        .array(
            contents.map { content in
                let tags = content.saved.references.map { JSONValue.string($0.familiar) }
                return [
                    "Config": .string(ImageLayout.path(of: content.manifest.config.digest)),
                    "RepoTags": tags.isEmpty ? .null : .array(tags),
                    "Layers": .array(
                        content.manifest.layers.map {
                            .string(ImageLayout.path(of: $0.digest))
                        }),
                ]
            })
    }
}

/// The mark of an archive that leaves out the layers of an image: an annotation of its index with
/// that image's ID.
enum SavedSince {
    static let annotation = "io.swocker.save.since"
}
