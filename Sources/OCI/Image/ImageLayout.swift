// SPDX-License-Identifier: Apache-2.0

/// The marker file of an image layout, the directory form of images.
///
/// https://github.com/opencontainers/image-spec/blob/main/image-layout.md
public struct ImageLayout: Codable, Equatable, Sendable {
    public var imageLayoutVersion: String

    /// The only version there is.
    public static let version = "1.0.0"
    /// The marker's file name.
    public static let fileName = "oci-layout"
    /// The entry point's file name.
    public static let indexFileName = "index.json"

    public init() { imageLayoutVersion = Self.version }

    /// Where a blob lies inside a layout.
    public static func path(of digest: Digest) -> String { "blobs/sha256/\(digest.hex)" }

    /// Annotations of an index's descriptors by which tools say an image's name.
    public enum Annotation {
        /// The specification's: a tag, or with many tools the whole reference.
        public static let referenceName = "org.opencontainers.image.ref.name"
        /// containerd's and Docker's: the whole reference.
        public static let imageName = "io.containerd.image.name"
        /// BuildKit's mark on what is no image (attestations).
        public static let referenceType = "vnd.docker.reference.type"
    }
}
