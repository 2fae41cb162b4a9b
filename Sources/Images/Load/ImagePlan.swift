// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import OCI

/// An image as an archive describes it: every document verified, no layer read yet.
struct ImagePlan {
    /// The names it shall get.
    var references: [Reference]
    let id: Digest
    let document: [UInt8]
    let configuration: ImageConfiguration
    /// The manifest as it stands in the archive; nil where the archive's form has none.
    let manifest: [UInt8]?
    /// Bottom first.
    let layers: [LayerPlan]

    /// More are more than overlay takes (OVL_MAX_STACK).
    static let mostLayers = 500

    /// Checks what the documents say of each other.
    init(
        references: [Reference], document: [UInt8], manifest: [UInt8]?,
        layers: (ImageConfiguration) throws -> [LayerPlan]
    ) throws {
        self.references = references
        self.document = document
        self.manifest = manifest
        id = Digest(of: document)
        let short = id.short
        configuration = try inArchive("image configuration \(short)") {
            try ImageConfiguration(json: document)
        }
        guard configuration.rootfs.type == "layers" else {
            throw ImageError.invalidArchive(
                "image \(short): unsupported root file system \(quoted(configuration.rootfs.type))")
        }
        guard configuration.rootfs.diffIDs.count <= Self.mostLayers else {
            throw ImageError.invalidArchive("image \(short): more than \(Self.mostLayers) layers")
        }
        self.layers = try layers(configuration)
    }
}

/// A layer as an archive describes it.
struct LayerPlan {
    let diffID: Digest
    /// The blob's digest; nil where the archive's form states none.
    let blob: Digest?
    let stored: ArchiveContents.Stored
}

/// Which of an archive's images are wanted.
struct ImageChoice {
    /// What `--platform` asked for; nil takes what runs here best.
    let platform: Platform?

    /// Chooses from images that bear the same name.
    func choose<Candidate>(
        _ candidates: [Candidate], named name: String, platform: (Candidate) throws -> Platform?
    ) throws -> Candidate {
        let wanted = self.platform ?? .host
        let ranked = try candidates.compactMap { candidate -> (candidate: Candidate, rank: Int)? in
            guard let own = try platform(candidate) else { return (candidate, .max) }
            return wanted.rank(of: own).map { (candidate, $0) }
        }
        if let best = ranked.min(by: { $0.rank < $1.rank }) { return best.candidate }
        if self.platform == nil, candidates.count == 1 { return candidates[0] }
        throw ImageError.invalidArchive("\(name): no image for platform \(wanted) in the archive")
    }
}
