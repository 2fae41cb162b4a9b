// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import OCI
public import SQLite

extension ImageStore {
    /// Gives an image one more name; a name that meant another image moves.
    /// - Throws: `ImageError.noSuchImage`, `ReferenceError`.
    public func tag(
        _ source: String, as target: String, in database: borrowing Database
    ) throws {
        let reference = try Reference(parsing: target)
        guard reference.digest == nil else { throw ImageError.digestAsTag }
        try database.transaction { () throws in
            guard let image = try image(source, in: database) else {
                throw ImageError.noSuchImage(Self.shown(source))
            }
            try record(reference, for: image.id, in: database)
        }
    }

    /// Records a name.
    func record(
        _ reference: Reference, for id: Digest, in database: borrowing Database
    ) throws(DatabaseError) {
        try database.run(
            """
            INSERT INTO image_references (name, image, tagged) VALUES (?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET image = excluded.image, tagged = excluded.tagged
            """, [.text(reference.key), .text(id.hex), .integer(now())])
    }

    /// A name as messages show it: with the tag that was meant.
    public static func shown(_ name: String) -> String {
        (try? Reference(parsing: name))?.tagged.familiar ?? name
    }
}

/// Nanoseconds since 1970 (clock_gettime(2)).
func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
