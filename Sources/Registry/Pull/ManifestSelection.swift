// SPDX-License-Identifier: Apache-2.0

internal import OCI

/// Which of an index's manifests is taken.
enum ManifestSelection {
    /// The one that runs best on a platform; the first of equals. Those that say nothing of theirs
    /// come last. nil when there is none.
    static func best(of index: Index, for wanted: Platform) -> Descriptor? {
        var best: (descriptor: Descriptor, rank: Int)?
        for descriptor in index.manifests where isImage(descriptor) {
            let rank: Int
            if let platform = descriptor.platform {
                guard let own = wanted.rank(of: platform) else { continue }
                rank = own
            } else {
                rank = .max
            }
            if best.map({ rank < $0.rank }) ?? true { best = (descriptor, rank) }
        }
        return best?.descriptor
    }

    /// Whether it leads to an image: attestations and other artifacts stand beside them.
    private static func isImage(_ descriptor: Descriptor) -> Bool {
        (descriptor.mediaType.isManifest || descriptor.mediaType.isIndex)
            && descriptor.annotations[ImageLayout.Annotation.referenceType] == nil
            && descriptor.platform?.os != "unknown"
    }
}
