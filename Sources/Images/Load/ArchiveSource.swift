// SPDX-License-Identifier: Apache-2.0

public import OCI

/// Where images are loaded from.
public enum ArchiveSource: Sendable {
    /// An archive, plain or compressed, or the directory of an image layout.
    case path(String)
    /// An open file or pipe with an archive, read from where it stands; it stays the caller's.
    case descriptor(CInt)
}

/// How far a load is.
public struct LoadProgress: Sendable, Equatable {
    /// Bytes of layers read so far, as they lie in the archive.
    public var done: Int64
    /// Of so many.
    public var total: Int64
}

/// An image that a load brought, or found to be here already.
public struct LoadedImage: Sendable, Equatable {
    public let image: Image
    /// The names it got.
    public let references: [Reference]
}
