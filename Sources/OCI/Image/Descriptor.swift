// SPDX-License-Identifier: Apache-2.0

/// Points at a blob and says what to expect there: kind, digest, size.
///
/// https://github.com/opencontainers/image-spec/blob/main/descriptor.md
public struct Descriptor: Codable, Equatable, Sendable {
    public var mediaType: MediaType
    public var digest: Digest
    /// Bytes.
    public var size: Int64
    @OmitEmpty public var urls: [String] = []
    @OmitEmpty public var annotations: [String: String] = [:]
    public var platform: Platform?

    public init(
        mediaType: MediaType, digest: Digest, size: Int64, annotations: [String: String] = [:],
        platform: Platform? = nil
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        _urls = OmitEmpty()
        _annotations = OmitEmpty(wrappedValue: annotations)
        self.platform = platform
    }
}
