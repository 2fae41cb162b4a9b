// SPDX-License-Identifier: Apache-2.0

public import OCI

/// An image of the store.
public struct Image: Sendable, Equatable {
    /// The SHA-256 of the configuration.
    public let id: Digest
    /// The manifest's digest.
    public let manifest: Digest
    /// The layers by the digests of their uncompressed tars, bottom first.
    public let diffIDs: [Digest]
    /// Bytes of the unpacked layers' files.
    public let size: Int64
    /// Nanoseconds since 1970; 0 when the image does not say.
    public let created: Int64
    /// The configuration as it stands in its blob.
    public let document: [UInt8]

    /// The parsed configuration.
    public func configuration() throws -> ImageConfiguration {
        try ImageConfiguration(json: document)
    }
}

/// A name of an image, or an image without one: a line of `images`.
public struct ImageListing: Sendable, Equatable {
    public let image: Image
    /// nil for an image without any name (dangling).
    public let reference: Reference?
    /// The digest under which the repository's registry serves the image, where it is known.
    public let digest: Digest?
    /// When the name was given, in nanoseconds since 1970.
    public let tagged: Int64

    public var isDangling: Bool { reference == nil }
}
