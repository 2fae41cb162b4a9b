// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import OCI

/// The documents of an image layout, in an archive or a directory.
///
/// https://github.com/opencontainers/image-spec/blob/main/image-layout.md
struct LayoutDocuments {
    let contents: ArchiveContents
    let choice: ImageChoice
    private static let deepestIndex = 4

    /// nil when the archive holds no image layout.
    func plans() throws -> [ImagePlan]? {
        guard let marker = try contents.document(ImageLayout.fileName) else { return nil }
        let layout = try inArchive(ImageLayout.fileName) { try ImageLayout(json: marker) }
        guard layout.imageLayoutVersion == ImageLayout.version else {
            throw ImageError.invalidArchive(
                "unsupported image layout version \(quoted(layout.imageLayoutVersion))")
        }
        guard let document = try contents.document(ImageLayout.indexFileName) else {
            throw ImageError.invalidArchive("\(ImageLayout.indexFileName) is missing")
        }
        let index = try inArchive(ImageLayout.indexFileName) { () throws -> Index in
            guard case .index(let index) = try ManifestDocument(json: document, expected: nil)
            else { throw ManifestError.mediaType(.ociManifest) }
            return index
        }
        let isPartial = index.annotations[SavedSince.annotation] != nil
        return try merge(groups(index).map { try plan($0, isPartial: isPartial) })
    }

    /// Descriptors under the same name are one image for several platforms; those without a name stand
    /// for themselves.
    private func groups(_ index: Index) throws -> [(names: [Reference], roots: [Descriptor])] {
        var groups: [(names: [Reference], roots: [Descriptor])] = []
        for root in index.manifests where isImage(root) {
            let names = try name(of: root).map { [$0] } ?? []
            if !names.isEmpty, let place = groups.firstIndex(where: { $0.names == names }) {
                groups[place].roots.append(root)
            } else {
                groups.append((names, [root]))
            }
        }
        guard !groups.isEmpty else { throw ImageError.invalidArchive("no image in the archive") }
        return groups
    }

    /// An image under several names comes once for each.
    private func merge(_ plans: [ImagePlan]) -> [ImagePlan] {
        var merged: [ImagePlan] = []
        for plan in plans {
            if let place = merged.firstIndex(where: {
                $0.id == plan.id && $0.manifest == plan.manifest
            }) {
                merged[place].references += plan.references
            } else {
                merged.append(plan)
            }
        }
        return merged
    }

    /// A reference name without "/" and ":" is a tag of an image that is not named.
    private func name(of root: Descriptor) throws -> Reference? {
        let full = root.annotations[ImageLayout.Annotation.imageName]
        let short = root.annotations[ImageLayout.Annotation.referenceName].flatMap {
            $0.utf8.contains { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "/") } ? $0 : nil
        }
        guard let text = full ?? short else { return nil }
        return try inArchive("\(ImageLayout.indexFileName): \(quoted(text))") {
            try Reference(parsing: text).tagged
        }
    }

    private func isImage(_ descriptor: Descriptor) -> Bool {
        descriptor.annotations[ImageLayout.Annotation.referenceType] == nil
            && descriptor.platform?.os != "unknown"
    }

    /// - Parameter isPartial: whether the archive says that it leaves layers out.
    private func plan(
        _ group: (names: [Reference], roots: [Descriptor]), isPartial: Bool
    ) throws -> ImagePlan {
        var candidates: [(Descriptor, Manifest, [UInt8])] = []
        var seen: Set<Digest> = []
        try collect(group.roots, into: &candidates, seen: &seen, depth: 0)
        let name = group.names.first?.familiar ?? group.roots.first?.digest.description ?? "archive"
        let (_, manifest, bytes) = try choice.choose(candidates, named: name) {
            try $0.0.platform ?? platform(of: $0.1)
        }
        let document = try blob(manifest.config, "image configuration")
        return try ImagePlan(references: group.names, document: document, manifest: bytes) {
            configuration in
            try layers(manifest, configuration.rootfs.diffIDs, isPartial: isPartial)
        }
    }

    /// The manifests that descriptors lead to. Those whose platform is stated and whose blob is not
    /// here are left out: archives may hold a part of an index. Each is visited once, so that no web
    /// of indexes costs more than the archive holds.
    private func collect(
        _ descriptors: [Descriptor], into found: inout [(Descriptor, Manifest, [UInt8])],
        seen: inout Set<Digest>, depth: Int
    ) throws {
        guard depth < Self.deepestIndex else {
            throw ImageError.invalidArchive("indexes are nested deeper than \(Self.deepestIndex)")
        }
        for descriptor in descriptors
        where isImage(descriptor) && seen.insert(descriptor.digest).inserted {
            let isOptional = depth > 0 && descriptor.platform != nil && descriptors.count > 1
            if isOptional, try contents.stored(ImageLayout.path(of: descriptor.digest)) == nil {
                continue
            }
            let bytes = try blob(descriptor, "manifest")
            let document = try inArchive("manifest \(descriptor.digest.short)") {
                try ManifestDocument(json: bytes, expected: descriptor.mediaType)
            }
            switch document {
            case .manifest(let manifest): found.append((descriptor, manifest, bytes))
            case .index(let index):
                try collect(index.manifests, into: &found, seen: &seen, depth: depth + 1)
            }
        }
    }

    private func platform(of manifest: Manifest) throws -> Platform? {
        let bytes = try blob(manifest.config, "image configuration")
        return try? ImageConfiguration(json: bytes).platform
    }

    private func layers(
        _ manifest: Manifest, _ diffIDs: [Digest], isPartial: Bool
    ) throws -> [LayerPlan] {
        guard manifest.config.mediaType.isConfiguration else {
            throw ImageError.invalidArchive(
                "not an image: unsupported configuration media type"
                    + " \(quoted(manifest.config.mediaType.rawValue))")
        }
        guard manifest.layers.count == diffIDs.count else {
            throw ImageError.invalidArchive(
                "image \(manifest.config.digest.short): \(manifest.layers.count) layers, but its"
                    + " configuration lists \(diffIDs.count)")
        }
        return try zip(manifest.layers, diffIDs).map { descriptor, diffID in
            guard descriptor.mediaType.isLayer else {
                throw ImageError.invalidArchive(
                    "layer \(descriptor.digest.short): unsupported media type"
                        + " \(quoted(descriptor.mediaType.rawValue))")
            }
            return LayerPlan(
                diffID: diffID, blob: descriptor.digest,
                stored: try layer(descriptor, isPartial: isPartial))
        }
    }

    private func layer(
        _ descriptor: Descriptor, isPartial: Bool
    ) throws -> ArchiveContents.Stored {
        let path = ImageLayout.path(of: descriptor.digest)
        if isPartial, try contents.stored(path) == nil {
            return ArchiveContents.Stored(location: .absent, length: 0)
        }
        return try located(descriptor, "layer")
    }

    /// A small blob, verified.
    private func blob(_ descriptor: Descriptor, _ what: String) throws -> [UInt8] {
        _ = try located(descriptor, what)
        guard let bytes = try contents.document(ImageLayout.path(of: descriptor.digest)) else {
            throw ImageError.invalidArchive("\(what) \(descriptor.digest) is missing")
        }
        guard Digest(of: bytes) == descriptor.digest else {
            throw ImageError.invalidArchive(
                "\(what) \(descriptor.digest): digest mismatch, content is \(Digest(of: bytes))")
        }
        return bytes
    }

    private func located(_ descriptor: Descriptor, _ what: String) throws -> ArchiveContents.Stored
    {
        guard let stored = try contents.stored(ImageLayout.path(of: descriptor.digest)) else {
            throw ImageError.invalidArchive("\(what) \(descriptor.digest) is missing")
        }
        guard stored.length == descriptor.size else {
            throw ImageError.invalidArchive(
                "\(what) \(descriptor.digest): size mismatch, \(stored.length) bytes instead of"
                    + " \(descriptor.size)")
        }
        return stored
    }
}
