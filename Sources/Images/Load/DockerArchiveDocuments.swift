// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import OCI

/// The documents of a docker-archive, what `docker save` wrote before version 25.
///
/// https://github.com/moby/docker-image-spec/blob/main/v1.2.md#combined-image-json--filesystem-changeset-format
struct DockerArchiveDocuments {
    let contents: ArchiveContents
    let choice: ImageChoice

    /// One image of `manifest.json`.
    private struct Item: Codable {
        var config: String
        @OmitEmpty var names: [String] = []
        @OmitEmpty var layers: [String] = []

        private enum CodingKeys: String, CodingKey {
            case config = "Config"
            case names = "RepoTags"
            case layers = "Layers"
        }
    }

    /// nil when the archive is no docker-archive.
    func plans() throws -> [ImagePlan]? {
        guard let document = try contents.document("manifest.json") else { return nil }
        let items = try inArchive("manifest.json") { try [Item](json: document) }
        let plans = try items.map(plan)
        guard let wanted = choice.platform else { return plans }
        let fitting = plans.filter { wanted.rank(of: $0.configuration.platform) != nil }
        guard !fitting.isEmpty else {
            throw ImageError.invalidArchive("no image for platform \(wanted) in the archive")
        }
        return fitting
    }

    private func plan(_ item: Item) throws -> ImagePlan {
        guard let document = try contents.document(item.config) else {
            throw ImageError.invalidArchive("image configuration \(quoted(item.config)) is missing")
        }
        let stated = statedDigest(item.config)
        guard stated == nil || stated == Digest(of: document) else {
            throw ImageError.invalidArchive(
                "image configuration \(quoted(item.config)): digest mismatch, content is"
                    + " \(Digest(of: document))")
        }
        let references = try item.names.map { name in
            try inArchive("manifest.json: \(quoted(name))") { try Reference(parsing: name).tagged }
        }
        return try ImagePlan(references: references, document: document, manifest: nil) {
            try layers(item, $0.rootfs.diffIDs)
        }
    }

    private func layers(_ item: Item, _ diffIDs: [Digest]) throws -> [LayerPlan] {
        guard item.layers.count == diffIDs.count else {
            throw ImageError.invalidArchive(
                "image configuration \(quoted(item.config)): lists \(diffIDs.count) layers, but"
                    + " manifest.json \(item.layers.count)")
        }
        return try zip(item.layers, diffIDs).map { path, diffID in
            guard let stored = try contents.stored(path) else {
                throw ImageError.invalidArchive("layer \(quoted(path)) is missing")
            }
            return LayerPlan(
                diffID: diffID, blob: path.hasPrefix("blobs/") ? statedDigest(path) : nil,
                stored: stored)
        }
    }

    /// The digest that a file's name is: `<hex>.json`, `blobs/sha256/<hex>`.
    private func statedDigest(_ path: String) -> Digest? {
        let name = path.split(separator: "/").last ?? ""
        return Digest(hex: String(name.hasSuffix(".json") ? name.dropLast(5) : name))
    }
}
