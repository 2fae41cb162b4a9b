// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
public import OCI
public import SQLite

/// A layer that a step of a build made, under everything that the step depended on.
public struct CachedLayer: Sendable, Equatable {
    /// The digest of all that went into the step.
    public var key: Digest
    /// Nil for a step that changed nothing.
    public var layer: Digest?
    /// Nanoseconds since 1970.
    public var created: Int64
    /// The instruction.
    public var text: String
    /// Which step of which build it was: what makes two runs of one step comparable.
    public var place: Digest
    /// What went into it, in order: names, and digests of what they stood for.
    public var ingredients: [Ingredient]

    /// One thing that a step depends on.
    public struct Ingredient: Sendable, Equatable {
        public var name: String
        /// Short: it tells one from another and stands for nothing else.
        public var digest: String

        /// - Parameter name: as an explanation calls it: `file src/a.c`.
        public init(name: String, digest: String) {
            self.name = name
            self.digest = digest
        }
    }

    /// A step that has been made.
    public init(
        key: Digest, layer: Digest?, created: Int64, text: String, place: Digest,
        ingredients: [Ingredient]
    ) {
        self.key = key
        self.layer = layer
        self.created = created
        self.text = text
        self.place = place
        self.ingredients = ingredients
    }
}

/// What a step has left behind, as lists and prunes see it.
public struct CacheListing: Sendable, Equatable {
    public let key: Digest
    public let layer: Digest?
    /// Bytes of the layer's files.
    public let size: Int64
    public let created: Int64
    public let used: Int64
    public let text: String
    /// Whether an image has the layer too.
    public let isShared: Bool
}

extension ImageStore {
    /// The table of the build cache, a step for `Database.open`.
    ///
    /// `layer` and `blob` are digests without "sha256:"; empty where nothing was changed. `boot` is 0
    /// when the layer is on the disk for good; else it is believed only until the machine is started
    /// anew, and the files may be torn.
    public static let cacheMigration = """
        CREATE TABLE build_cache (
            key TEXT PRIMARY KEY,
            layer TEXT NOT NULL,
            blob TEXT NOT NULL,
            size INTEGER NOT NULL,
            created INTEGER NOT NULL,
            used INTEGER NOT NULL,
            boot INTEGER NOT NULL,
            place TEXT NOT NULL,
            text TEXT NOT NULL,
            ingredients TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX build_cache_by_place ON build_cache (place, created);
        """

    private static let columns = "key, layer, created, text, place, ingredients, boot"

    /// What was made under a key, if its files are still here.
    public func cached(
        _ key: Digest, boot: Int64, in database: borrowing Database
    ) throws -> CachedLayer? {
        var found: CachedLayer?
        try database.query(
            "SELECT \(Self.columns) FROM build_cache WHERE key = ?", [.text(key.hex)]
        ) { row in
            if row.integer(6) == 0 || row.integer(6) == boot { found = CachedLayer(row) }
        }
        guard let found, let layer = found.layer else { return found }
        guard let record = layerRecord(layer), exists(blobPath(record.blob)) else { return nil }
        return found
    }

    /// What the same step was made of the last time.
    public func lastMade(
        at place: Digest, in database: borrowing Database
    ) throws -> CachedLayer? {
        var found: CachedLayer?
        try database.query(
            """
            SELECT \(Self.columns) FROM build_cache WHERE place = ? ORDER BY created DESC LIMIT 1
            """, [.text(place.hex)]
        ) { row in found = CachedLayer(row) }
        return found
    }

    /// Records what a step made. The layer must be in its place.
    /// - Parameter boot: of this run of the machine; 0 for a layer that was synced.
    public func record(
        _ made: CachedLayer, boot: Int64, in database: borrowing Database
    ) throws {
        let record = made.layer.flatMap(layerRecord)
        let lines = made.ingredients.map { "\($0.digest) \($0.name)" }.joined(separator: "\n")
        try database.run(
            """
            INSERT OR REPLACE INTO build_cache
            (key, layer, blob, size, created, used, boot, place, text, ingredients)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(made.key.hex), .text(made.layer?.hex ?? ""),
                .text(record?.blob.hex ?? ""), .integer(record?.size ?? 0),
                .integer(made.created), .integer(now()), .integer(boot), .text(made.place.hex),
                .text(made.text), .text(lines),
            ])
    }

    /// Notes that steps were used, and, after a sync, that they are there for good.
    func noteUse(
        of keys: [Digest], areSynced: Bool, in database: borrowing Database
    ) throws(DatabaseError) {
        for key in keys {
            try database.run(
                "UPDATE build_cache SET used = ?, boot = iif(?, 0, boot) WHERE key = ?",
                [.integer(now()), .integer(areSynced ? 1 : 0), .text(key.hex)])
        }
    }

    /// All steps that are kept, those used last first.
    public func cacheListing(in database: borrowing Database) throws -> [CacheListing] {
        var shared: Set<Substring> = []
        try database.query("SELECT layers FROM images") { row in
            shared.formUnion(row.text(0).split(separator: " "))
        }
        var all: [CacheListing] = []
        try database.query(
            "SELECT key, layer, size, created, used, text FROM build_cache ORDER BY used DESC, key"
        ) { row in
            guard let key = Digest(hex: row.text(0)) else { return }
            let layer = Digest(hex: row.text(1))
            all.append(
                CacheListing(
                    key: key, layer: layer, size: row.integer(2), created: row.integer(3),
                    used: row.integer(4), text: row.text(5),
                    isShared: layer.map { shared.contains($0.hex[...]) } ?? false))
        }
        return all
    }

    /// Forgets steps, and removes the files that nothing else needs.
    /// - Returns: the bytes of files that are free again; 0 while a load or a build is under way,
    ///   which leaves them to the next.
    public func forget(
        _ steps: [CacheListing], in database: borrowing Database,
        isInUse: (Digest) throws -> Bool
    ) throws -> Int64 {
        try database.transaction { () throws(DatabaseError) in
            for step in steps {
                try database.run(
                    "DELETE FROM build_cache WHERE key = ?", [.text(step.key.hex)])
            }
        }
        let isDone = try collectGarbage(in: database, isInUse: isInUse)
        var counted: Set<Digest> = []
        let gone = steps.filter { step in
            guard let layer = step.layer, !step.isShared, !exists(layerPath(layer)) else {
                return false
            }
            return counted.insert(layer).inserted
        }
        return isDone ? gone.reduce(0) { $0 + $1.size } : 0
    }

    /// The layers and blobs that the cache needs; none where there is no cache.
    func cachedPieces(
        _ database: borrowing Database
    ) throws(DatabaseError) -> (layers: Set<String>, blobs: Set<String>) {
        var pieces: (layers: Set<String>, blobs: Set<String>) = ([], [])
        var isThere = false
        try database.query("SELECT 1 FROM sqlite_master WHERE name = 'build_cache'") { _ in
            isThere = true
        }
        guard isThere else { return pieces }
        try database.query("SELECT layer, blob FROM build_cache") { row in
            pieces.layers.insert(row.text(0))
            pieces.blobs.insert(row.text(1))
        }
        return pieces
    }
}

extension CachedLayer {
    fileprivate init?(_ row: Row) {
        guard let key = Digest(hex: row.text(0)), let place = Digest(hex: row.text(4)) else {
            return nil
        }
        self.init(
            key: key, layer: Digest(hex: row.text(1)), created: row.integer(2),
            text: row.text(3), place: place,
            ingredients: row.text(5).split(separator: "\n").compactMap { line in
                let parts = line.split(separator: " ", maxSplits: 1)
                guard parts.count == 2 else { return nil }
                return Ingredient(name: String(parts[1]), digest: String(parts[0]))
            })
    }
}
