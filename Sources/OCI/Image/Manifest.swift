// SPDX-License-Identifier: Apache-2.0

/// An image for one platform: its configuration and its layers, bottom first.
///
/// https://github.com/opencontainers/image-spec/blob/main/manifest.md
/// https://github.com/distribution/distribution/blob/main/docs/content/spec/manifest-v2-2.md
public struct Manifest: Codable, Equatable, Sendable {
    public var schemaVersion: Int
    public var mediaType: MediaType?
    public var config: Descriptor
    public var layers: [Descriptor]
    @OmitEmpty public var annotations: [String: String] = [:]

    public init(config: Descriptor, layers: [Descriptor], mediaType: MediaType = .ociManifest) {
        schemaVersion = 2
        self.mediaType = mediaType
        self.config = config
        self.layers = layers
        _annotations = OmitEmpty()
    }
}
