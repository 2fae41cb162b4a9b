// SPDX-License-Identifier: Apache-2.0

/// The kinds of document and blob that an image consists of, in both vocabularies.
///
/// https://github.com/opencontainers/image-spec/blob/main/media-types.md
/// https://github.com/distribution/distribution/blob/main/docs/content/spec/manifest-v2-2.md
public struct MediaType: Hashable, Sendable, RawRepresentable, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }

    public static let ociIndex = MediaType("application/vnd.oci.image.index.v1+json")
    public static let ociManifest = MediaType("application/vnd.oci.image.manifest.v1+json")
    public static let ociConfiguration = MediaType("application/vnd.oci.image.config.v1+json")
    public static let ociLayer = MediaType("application/vnd.oci.image.layer.v1.tar")
    public static let dockerList = MediaType(
        "application/vnd.docker.distribution.manifest.list.v2+json")
    public static let dockerManifest = MediaType(
        "application/vnd.docker.distribution.manifest.v2+json")
    public static let dockerConfiguration = MediaType(
        "application/vnd.docker.container.image.v1+json")
    public static let dockerLayer = MediaType("application/vnd.docker.image.rootfs.diff.tar")

    private init(_ text: String) { rawValue = text }

    public var isIndex: Bool { self == .ociIndex || self == .dockerList }
    public var isManifest: Bool { self == .ociManifest || self == .dockerManifest }
    public var isConfiguration: Bool { self == .ociConfiguration || self == .dockerConfiguration }

    /// Whether the blob is a layer: a tar, whatever its compression is called. What a layer is really
    /// compressed with, its first bytes say: archives in the wild get the suffix wrong.
    public var isLayer: Bool {
        switch self {
        case .ociLayer, .dockerLayer: true
        case let type where type.hasPrefix(.ociLayer, "+"): ["gzip", "zstd"].contains(type.suffix)
        case let type where type.hasPrefix(.dockerLayer, "."):
            ["gzip", "zstd"].contains(type.suffix)
        default: isForeignLayer
        }
    }

    /// Whether the layer need not be distributed by registries (base layers of Windows, mostly).
    public var isForeignLayer: Bool {
        rawValue.hasPrefix("application/vnd.oci.image.layer.nondistributable.v1.tar")
            || rawValue.hasPrefix("application/vnd.docker.image.rootfs.foreign.diff.tar")
    }

    private func hasPrefix(_ type: MediaType, _ separator: String) -> Bool {
        rawValue.hasPrefix(type.rawValue + separator)
    }

    private var suffix: Substring {
        rawValue[(rawValue.lastIndex { $0 == "+" || $0 == "." } ?? rawValue.startIndex)...]
            .dropFirst()
    }
}

extension MediaType: Codable {
    public init(from decoder: any Decoder) throws {
        self.init(rawValue: try decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var place = encoder.singleValueContainer()
        try place.encode(rawValue)
    }
}
