// SPDX-License-Identifier: Apache-2.0

/// What a list of images shows of one of them, and what filters ask about it.
public struct ImageSummary: Sendable, Equatable {
    /// `sha256:` and 64 hexadecimal digits.
    public var id: String
    /// References with tags in their familiar form, such as `busybox:latest`; none when dangling.
    public var tags: [String]
    /// References with digests in their familiar form, such as `busybox@sha256:…`.
    public var digests: [String]
    /// When it was built, by its configuration.
    public var created: Timestamp
    /// Bytes of all layers, unpacked.
    public var size: Int64
    /// Bytes of layers that other images have too; nil when not computed.
    public var sharedSize: Int64?
    /// Containers made from the image; nil when not counted.
    public var containers: Int?
    /// Of its configuration.
    public var labels: [String: String]

    /// What is not given is empty or unknown.
    public init(
        id: String, tags: [String], digests: [String] = [], created: Timestamp, size: Int64,
        sharedSize: Int64? = nil, containers: Int? = nil, labels: [String: String] = [:]
    ) {
        self.id = id
        self.tags = tags
        self.digests = digests
        self.created = created
        self.size = size
        self.sharedSize = sharedSize
        self.containers = containers
        self.labels = labels
    }

    /// Whether no tag leads to the image.
    public var isDangling: Bool { tags.isEmpty }
}
