// SPDX-License-Identifier: Apache-2.0

/// An image's configuration: what its containers run by default, and which layers make its root. The
/// SHA-256 of the document is the image's ID.
///
/// https://github.com/opencontainers/image-spec/blob/main/config.md
public struct ImageConfiguration: Codable, Equatable, Sendable {
    /// RFC 3339.
    public var created: String?
    public var author: String?
    public var architecture: String
    public var variant: String?
    public var os: String
    public var config: Execution?
    public var rootfs: RootFileSystem
    @OmitEmpty public var history: [History] = []
    /// Docker's, beside the specification.
    public var comment: String?
    public var dockerVersion: String?

    private enum CodingKeys: String, CodingKey {
        case created, author, architecture, variant, os, config, rootfs, history, comment
        case dockerVersion = "docker_version"
    }

    public init(
        platform: Platform, diffIDs: [Digest], config: Execution? = nil, created: String? = nil
    ) {
        self.created = created
        architecture = platform.architecture
        variant = platform.variant
        os = platform.os
        self.config = config
        rootfs = RootFileSystem(diffIDs: diffIDs)
        _history = OmitEmpty()
    }

    public var platform: Platform {
        Platform(os: os, architecture: architecture, variant: variant)
    }

    /// The layers, bottom first, by the digests of their uncompressed tars.
    public struct RootFileSystem: Codable, Equatable, Sendable {
        public var type: String
        public var diffIDs: [Digest]

        private enum CodingKeys: String, CodingKey {
            case type
            case diffIDs = "diff_ids"
        }

        public init(diffIDs: [Digest]) {
            type = "layers"
            self.diffIDs = diffIDs
        }
    }

    /// One step of how the image came to be.
    public struct History: Codable, Equatable, Sendable {
        public var created: String?
        public var author: String?
        public var createdBy: String?
        public var comment: String?
        /// Whether the step made no layer.
        public var emptyLayer: Bool?

        /// A step of which nothing is known.
        public init() {}

        private enum CodingKeys: String, CodingKey {
            case created, author, comment
            case createdBy = "created_by"
            case emptyLayer = "empty_layer"
        }

        /// A step; a member that is nil is left out.
        public init(
            created: String?, author: String? = nil, createdBy: String? = nil,
            comment: String? = nil, emptyLayer: Bool? = nil
        ) {
            self.created = created
            self.author = author
            self.createdBy = createdBy
            self.comment = comment
            self.emptyLayer = emptyLayer
        }
    }
}
