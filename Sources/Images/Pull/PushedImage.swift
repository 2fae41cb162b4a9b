// SPDX-License-Identifier: Apache-2.0

internal import Linux
public import OCI
public import SQLite

/// An image as it goes to a registry: its documents as they came, or were made here, and its blobs.
public struct PushedImage: Sendable {
    public let image: Image
    public let manifest: Manifest
    public let bytes: [UInt8]

    /// The manifest's digest.
    public var digest: Digest { image.manifest }
}

extension StoreSession {
    /// The image behind a tag, ready to be pushed; nil when there is none.
    public func pushed(
        _ reference: Reference, in database: borrowing Database
    ) throws -> PushedImage? {
        guard let image = try store.image(reference, in: database) else { return nil }
        guard let bytes = document(image.manifest, limit: 8 << 20) else {
            throw ImageError.invalidArchive("manifest \(image.manifest) is missing or damaged")
        }
        let manifest = try inArchive("manifest \(image.manifest.short)") {
            try Manifest(json: bytes)
        }
        for blob in manifest.layers + [manifest.config]
        where !exists(store.blobPath(blob.digest)) {
            throw ImageError.invalidArchive("blob \(blob.digest) is missing")
        }
        return PushedImage(image: image, manifest: manifest, bytes: bytes)
    }

    /// The tags of a repository that are here.
    public func tags(
        of repository: Reference, in database: borrowing Database
    ) throws -> [Reference] {
        try store.images(in: database).compactMap(\.reference)
            .filter { $0.tag != nil && $0.repository == repository.repository }
            .sorted { ($0.tag ?? "") < ($1.tag ?? "") }
    }

    /// Repositories of the same registry that have a blob, as far as we know: those by whose digests
    /// we know images that have it.
    public func repositories(
        with blob: Digest, beside reference: Reference, in database: borrowing Database
    ) throws -> [String] {
        var found: [String] = []
        try database.query(
            """
            SELECT name FROM image_references JOIN images ON images.id = image_references.image
            WHERE substr(name, 1, length(?1)) = ?1
            AND instr(' ' || blobs || ' ' || images.id || ' ', ' ' || ?2 || ' ') > 0 ORDER BY name
            """, [.text("\(reference.domain)/"), .text(blob.hex)]
        ) { row in
            guard let other = try? Reference(parsing: row.text(0)), other.digest != nil,
                other.path != reference.path, !found.contains(other.path)
            else { return }
            found.append(other.path)
        }
        return found
    }

    /// Notes under which digest a repository has an image now.
    public func note(
        _ pushed: PushedImage, at reference: Reference, in database: borrowing Database
    ) throws {
        try database.transaction { () throws in
            guard try store.image(id: pushed.image.id, in: database) != nil else { return }
            try store.record(
                reference.with(digest: pushed.digest), for: pushed.image.id, in: database)
        }
    }
}
