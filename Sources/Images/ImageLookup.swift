// SPDX-License-Identifier: Apache-2.0

public import OCI
public import SQLite

extension ImageStore {
    /// The image that `name` means: a reference (`latest` where it has no tag), else an ID or the
    /// beginning of exactly one, with or without `sha256:`. nil when there is none.
    ///
    /// One query on the path of every container start; no file is opened.
    /// - Throws: `ReferenceError` for a text that can be neither.
    public func image(_ name: String, in database: borrowing Database) throws -> Image? {
        let prefix = Self.identifierPrefix(name)
        do {
            let reference = try Reference(parsing: name)
            if let image = try image(reference, in: database) { return image }
            if let image = try imageByManifest(reference, in: database) { return image }
        } catch let error as ReferenceError {
            if prefix == nil { throw error }
        }
        guard let prefix else { return nil }
        return try image(startingWith: prefix, in: database)
    }

    /// The image that bears a reference; with tag and digest the digest decides.
    public func image(
        _ reference: Reference, in database: borrowing Database
    ) throws(DatabaseError) -> Image? {
        try first(
            """
            SELECT \(Image.columns) FROM image_references
            JOIN images ON images.id = image_references.image WHERE name = ?
            """, [.text(reference.key)], in: database)
    }

    /// The image that a repository has under its manifest's digest: loaded ones have a tag there and
    /// no name by digest.
    private func imageByManifest(
        _ reference: Reference, in database: borrowing Database
    ) throws(DatabaseError) -> Image? {
        guard let digest = reference.digest else { return nil }
        return try first(
            """
            SELECT \(Image.columns) FROM images WHERE manifest = ?1 AND EXISTS
            (SELECT 1 FROM image_references WHERE image = images.id
             AND substr(name, 1, length(?2) + 1) = ?2 || ':')
            """, [.text(digest.hex), .text(reference.repository)], in: database)
    }

    /// The image of an ID, also one that was removed while containers stand on it.
    public func image(
        id: Digest, in database: borrowing Database
    ) throws(DatabaseError) -> Image? {
        try first(
            "SELECT \(Image.columns) FROM images WHERE id = ?", [.text(id.hex)], in: database)
    }

    /// The hexadecimal digits of a text that may be the beginning of an ID.
    static func identifierPrefix(_ name: String) -> String? {
        let digits = name.hasPrefix("sha256:") ? name.dropFirst(7) : name[...]
        guard (1...64).contains(digits.utf8.count), digits.utf8.allSatisfy(\.isLowercaseHex) else {
            return nil
        }
        return String(digits)
    }

    private func image(
        startingWith prefix: String, in database: borrowing Database
    ) throws(DatabaseError) -> Image? {
        var found: [Image] = []
        try database.query(
            """
            SELECT \(Image.columns) FROM images
            WHERE id >= ?1 AND id < ?1 || 'g' AND NOT removed LIMIT 2
            """, [.text(prefix)]
        ) { row in Image(row).map { found.append($0) } }
        return found.count == 1 ? found.first : nil
    }

    private func first(
        _ query: String, _ values: [DatabaseValue], in database: borrowing Database
    ) throws(DatabaseError) -> Image? {
        var image: Image?
        try database.query(query, values) { row in image = image ?? Image(row) }
        return image
    }

    /// All names of all images, and the images without one; newest image first.
    public func images(in database: borrowing Database) throws(DatabaseError) -> [ImageListing] {
        var rows: [(image: Image, reference: Reference?, tagged: Int64)] = []
        try database.query(
            """
            SELECT \(Image.columns), name, tagged FROM images
            LEFT JOIN image_references ON images.id = image_references.image
            WHERE NOT removed ORDER BY created DESC, id, name
            """
        ) { row in
            guard let image = Image(row) else { return }
            let reference = row.optionalText(7).flatMap { try? Reference(parsing: $0) }
            rows.append((image, reference, row.integer(8)))
        }
        return Self.listings(rows)
    }

    /// Names by digest show as the digest of the repository's tags; alone they are lines themselves.
    private static func listings(
        _ rows: [(image: Image, reference: Reference?, tagged: Int64)]
    ) -> [ImageListing] {
        var digests: [String: Digest] = [:]
        var tagged: Set<String> = []
        func key(_ image: Image, _ reference: Reference) -> String {
            "\(image.id.hex) \(reference.repository)"
        }
        for case (let image, let reference?, _) in rows {
            if let digest = reference.digest { digests[key(image, reference)] = digest }
            if reference.tag != nil { tagged.insert(key(image, reference)) }
        }
        return rows.compactMap { image, reference, time in
            let key = reference.map { key(image, $0) }
            if let key, reference?.tag == nil, tagged.contains(key) { return nil }
            return ImageListing(
                image: image, reference: reference, digest: key.flatMap { digests[$0] },
                tagged: time)
        }
    }

    /// The names of one image, in order.
    public func references(
        to id: Digest, in database: borrowing Database
    ) throws(DatabaseError) -> [Reference] {
        var references: [Reference] = []
        try database.query(
            "SELECT name FROM image_references WHERE image = ? ORDER BY name", [.text(id.hex)]
        ) { row in
            if let reference = try? Reference(parsing: row.text(0)) { references.append(reference) }
        }
        return references
    }
}

extension Reference {
    /// How the name is recorded: with its tag, or with its digest when it has one.
    var key: String {
        (digest.map { with(digest: $0) } ?? tagged).canonical
    }
}

extension Image {
    static var columns: String { "id, manifest, layers, size, created, configuration, removed" }

    init?(_ row: Row) {
        guard let id = Digest(hex: row.text(0)), let manifest = Digest(hex: row.text(1)) else {
            return nil
        }
        self.id = id
        self.manifest = manifest
        diffIDs = row.text(2).split(separator: " ").compactMap { Digest(hex: String($0)) }
        size = row.integer(3)
        created = row.integer(4)
        document = row.bytes(5)
    }
}
