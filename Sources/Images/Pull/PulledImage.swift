// SPDX-License-Identifier: Apache-2.0

public import OCI

/// An image as a registry describes it: manifest and configuration, checked against each other.
public struct PulledImage: Sendable {
    /// The manifest as the registry has it.
    public let manifest: [UInt8]
    /// The configuration as the registry has it.
    public let document: [UInt8]
    /// Bottom first.
    public let layers: [PulledLayer]
    /// The configuration's digest.
    public let id: Digest

    /// The most layers that an image may have.
    public static let mostLayers = ImagePlan.mostLayers

    /// - Throws: `ImageError` when the two do not fit.
    public init(manifest bytes: [UInt8], _ manifest: Manifest, document: [UInt8]) throws {
        self.manifest = bytes
        self.document = document
        var layers: [PulledLayer] = []
        let plan = try ImagePlan(references: [], document: document, manifest: bytes) {
            configuration in
            let diffIDs = configuration.rootfs.diffIDs
            guard manifest.layers.count == diffIDs.count else {
                throw ImageError.invalidArchive(
                    "image \(manifest.config.digest.short): \(manifest.layers.count) layers, but its"
                        + " configuration lists \(diffIDs.count)")
            }
            layers = zip(manifest.layers, diffIDs).map { PulledLayer(blob: $0, diffID: $1) }
            return []
        }
        id = plan.id
        self.layers = layers
    }

    /// The same as a load knows it.
    func plan(_ references: [Reference]) throws -> ImagePlan {
        try ImagePlan(references: references, document: document, manifest: manifest) { _ in
            layers.map { layer in
                LayerPlan(
                    diffID: layer.diffID, blob: layer.blob.digest,
                    stored: ArchiveContents.Stored(location: .absent, length: layer.blob.size))
            }
        }
    }
}

/// A layer of a registry: the blob, and the digest of the tar in it.
public struct PulledLayer: Sendable, Equatable {
    public let blob: Descriptor
    public let diffID: Digest
}
