// SPDX-License-Identifier: Apache-2.0

/// What a descriptor of an image leads to: a manifest or a list of them.
public enum ManifestDocument: Equatable, Sendable {
    case manifest(Manifest)
    case index(Index)

    /// Parses a document and decides what it is. One that could be read as both, or that says one
    /// thing where the descriptor says another, is refused: two readers must never see two images
    /// behind one digest (CVE-2021-41190).
    /// - Parameter expected: the media type by which the document was asked for; nil where nothing
    ///   said one.
    public init(json bytes: [UInt8], expected: MediaType?) throws {
        let document = try JSONValue(parsing: bytes)
        let isIndex = document["manifests"] != nil
        guard isIndex != (document["config"] != nil || document["layers"] != nil) else {
            throw ManifestError.ambiguous(isIndex)
        }
        guard document["schemaVersion"]?.integerValue == 2 else {
            throw ManifestError.schemaVersion
        }
        let stated = document["mediaType"]?.stringValue.map(MediaType.init(rawValue:))
        for type in [stated, expected] {
            guard let type else { continue }
            guard isIndex ? type.isIndex : type.isManifest else {
                throw ManifestError.mediaType(type)
            }
        }
        self =
            isIndex ? .index(try Index(json: document)) : .manifest(try Manifest(json: document))
    }
}

/// Why a document is neither a manifest nor an index.
public enum ManifestError: Error, Equatable, CustomStringConvertible {
    /// Both (true) or neither (false) of the two.
    case ambiguous(Bool)
    case schemaVersion
    case mediaType(MediaType)

    public var description: String {
        switch self {
        case .ambiguous(true): "the document is both a manifest and an index"
        case .ambiguous(false): "the document is neither a manifest nor an index"
        case .schemaVersion: "unsupported schema version: only 2 is known"
        case .mediaType(let type): "unsupported media type \(quoted(type.rawValue))"
        }
    }
}
