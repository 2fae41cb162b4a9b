// SPDX-License-Identifier: Apache-2.0

/// A list of manifests, mostly one image for several platforms.
///
/// https://github.com/opencontainers/image-spec/blob/main/image-index.md
/// https://github.com/distribution/distribution/blob/main/docs/content/spec/manifest-v2-2.md
public struct Index: Codable, Equatable, Sendable {
    public var schemaVersion: Int
    public var mediaType: MediaType?
    public var manifests: [Descriptor]
    @OmitEmpty public var annotations: [String: String] = [:]

    public init(manifests: [Descriptor], mediaType: MediaType = .ociIndex) {
        schemaVersion = 2
        self.mediaType = mediaType
        self.manifests = manifests
        _annotations = OmitEmpty()
    }
}
