// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
public import OCI
public import SQLite

extension ImageStore {
    /// Removes images that no container stands on: those without a name, or all.
    /// - Parameters:
    ///   - isWanted: whether an image may go, as far as its user is concerned.
    ///   - users: the containers that were made from an image.
    /// - Returns: what was done, and the bytes of the disk that are free again: none while a load is
    ///   under way, which keeps files in their places.
    public func prune(
        all: Bool, in database: borrowing Database, isWanted: (Image) throws -> Bool,
        users: (Digest) throws -> [ImageUser]
    ) throws -> (events: [RemovalEvent], reclaimed: Int64) {
        var candidates: [Image] = []
        for listing in try images(in: database) where all || listing.isDangling {
            if candidates.last?.id != listing.image.id { candidates.append(listing.image) }
        }
        let before = try pieces(in: database)
        var events: [RemovalEvent] = []
        for image in candidates where try isWanted(image) {
            events += try database.transaction { () throws in
                guard try users(image.id).isEmpty,
                    try self.image(id: image.id, in: database) != nil
                else { return [] }
                let references = try references(to: image.id, in: database)
                guard all || references.isEmpty else { return [] }
                var removal = Removal(
                    image: image, force: false, users: [], references: references)
                return try removal.runWhole(in: database)
            }
        }
        let after = try pieces(in: database)
        let unfinished = partialSize()
        let isDone = try collectGarbage(in: database, abandonsPulls: true) {
            try !users($0).isEmpty
        }
        let gone = before.filter { after[$0.key] == nil }
        return (events, isDone ? gone.values.reduce(unfinished, +) : 0)
    }
}

/// What an image occupies of the disk: its layers' files, and its blobs. A piece may be of several
/// images.
public struct ImageFootprint: Sendable, Equatable {
    public let image: Image
    /// Bytes of each piece, by its name on the disk.
    public let pieces: [String: Int64]

    /// Bytes of all pieces.
    public var size: Int64 { pieces.values.reduce(0, +) }
}

extension ImageStore {
    /// What each image occupies, also those that were removed while containers stand on them.
    public func footprints(in database: borrowing Database) throws -> [ImageFootprint] {
        var rows: [(image: Image, blobs: [String])] = []
        try database.query("SELECT \(Image.columns), blobs FROM images ORDER BY created DESC, id") {
            row in
            guard let image = Image(row) else { return }
            rows.append((image, row.text(7).split(separator: " ").map(String.init)))
        }
        return rows.map { image, blobs in
            var pieces: [String: Int64] = [:]
            for layer in image.diffIDs { pieces["layers/\(layer.hex)"] = layerSize(layer) }
            for hex in [image.id.hex, image.manifest.hex] + blobs {
                pieces["blobs/\(hex)"] = Digest(hex: hex).map(blobSize) ?? 0
            }
            return ImageFootprint(image: image, pieces: pieces)
        }
    }

    private func pieces(in database: borrowing Database) throws -> [String: Int64] {
        try footprints(in: database).reduce(into: [:]) { $0.merge($1.pieces) { $1 } }
    }

    /// Bytes of a layer's files.
    func layerSize(_ layer: Digest) -> Int64 { layerRecord(layer)?.size ?? 0 }

    private func blobSize(_ blob: Digest) -> Int64 {
        guard let file = try? OwnedFD.open(blobPath(blob), openPath),
            let status = try? status(of: file.raw)
        else { return 0 }
        return Int64(status.st_size)
    }
}
