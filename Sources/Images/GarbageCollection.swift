// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
public import OCI
public import SQLite

extension ImageStore {
    /// Removes every file that no record needs: leftovers of loads that died, layers and blobs of
    /// removed images. Does nothing while a load is under way.
    /// - Parameters:
    ///   - abandonsPulls: whether what pulls that were killed have fetched goes too.
    ///   - isInUse: whether a container stands on an image that was removed; those that none
    ///     stands on are forgotten.
    /// - Returns: whether it was done.
    @discardableResult
    public func collectGarbage(
        in database: borrowing Database, abandonsPulls: Bool = false,
        isInUse: (Digest) throws -> Bool
    ) throws -> Bool {
        guard exists(root), let lock = try FileLock.ifFree(lockPath, .exclusive) else {
            return false
        }
        defer { withExtendedLifetime(lock) {} }
        try database.transaction { () throws in
            var removed: [Digest] = []
            try database.query("SELECT id FROM images WHERE removed") { row in
                if let id = Digest(hex: row.text(0)) { removed.append(id) }
            }
            for id in removed where try !isInUse(id) {
                try database.run("DELETE FROM images WHERE id = ?", [.text(id.hex)])
            }
        }
        if abandonsPulls { try abandonPulls() }
        try removeGarbage(database)
        return true
    }

    /// As `collectGarbage`, by whoever holds the lock alone.
    func removeGarbage(_ database: borrowing Database) throws {
        var layers: Set<String> = []
        var blobs: Set<String> = []
        try database.query("SELECT id, manifest, layers, blobs FROM images") { row in
            blobs.formUnion([row.text(0), row.text(1)])
            layers.formUnion(row.text(2).split(separator: " ").map(String.init))
            blobs.formUnion(row.text(3).split(separator: " ").map(String.init))
        }
        for lease in try leases() {
            layers.formUnion(lease.layers.map(\.hex))
            blobs.formUnion(lease.blobs.map(\.hex))
        }
        let cached = try cachedPieces(database)
        layers.formUnion(cached.layers)
        blobs.formUnion(cached.blobs)
        try emptyIngest()
        try discard(from: self.layers, keeping: layers, as: "layer")
        try discard(from: self.blobs, keeping: blobs, as: "blob")
        try emptyIngest()
    }

    private func emptyIngest() throws(KernelError) {
        for name in try namesIfPresent(in: ingest) {
            try IngestDirectory.removeAbandoned("\(ingest)/\(name)")
        }
    }

    /// Moves away what is not kept, in one step each: a layer half removed is never seen in its place.
    private func discard(
        from path: String, keeping kept: Set<String>, as kind: String
    ) throws(KernelError) {
        for name in try namesIfPresent(in: path) where !kept.contains(name) {
            try attempting("remove \(path)/\(name)") { () throws(Errno) in
                _ = try syscall { rename("\(path)/\(name)", "\(ingest)/\(kind)-\(name)") }
            }
        }
    }

    func namesIfPresent(in path: String) throws(KernelError) -> [String] {
        exists(path) ? try names(in: path) : []
    }
}
