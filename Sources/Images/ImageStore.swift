// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
public import OCI

/// The images of one engine: blobs, unpacked layers, and the records that name them.
///
/// ```
/// <root>/images.lock             shared by whoever adds, held alone by whoever removes
/// <root>/content/blobs/sha256/   verified and immutable
/// <root>/content/ingest/         what is still being made, one locked directory per load
/// <root>/layers/<diff id>/fs     an unpacked layer, ready as an overlay lower
/// ```
///
/// Everything is made whole in `ingest`, then renamed to its place, then recorded. What has no record
/// is garbage, and goes when the next load begins or the next image is removed.
public struct ImageStore: Sendable {
    /// The engine's directory, `/var/lib/swocker` by default.
    public let root: String

    /// Costs nothing: directories are made by the first load.
    public init(root: String) { self.root = root }

    /// The tables of images, as steps for `Database.open`.
    ///
    /// `layers` and `blobs` are digests without "sha256:", bottom first, parted by blanks. A
    /// `removed` image has no name and shows in no list, but containers still stand on it.
    public static let migrations = [
        """
        CREATE TABLE images (
            id TEXT PRIMARY KEY,
            manifest TEXT NOT NULL,
            configuration TEXT NOT NULL,
            layers TEXT NOT NULL,
            blobs TEXT NOT NULL,
            size INTEGER NOT NULL,
            created INTEGER NOT NULL,
            removed INTEGER NOT NULL DEFAULT 0
        ) WITHOUT ROWID;
        CREATE TABLE image_references (
            name TEXT PRIMARY KEY,
            image TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
            tagged INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX image_references_by_image ON image_references (image);
        """
    ]

    var lockPath: String { "\(root)/images.lock" }
    var blobs: String { "\(root)/content/blobs/sha256" }
    var ingest: String { "\(root)/content/ingest" }
    var layers: String { "\(root)/layers" }

    /// Where a blob lies, if it is here.
    public func blobPath(_ digest: Digest) -> String { "\(blobs)/\(digest.hex)" }

    /// Where a layer lies, if it is here.
    public func layerPath(_ diffID: Digest) -> String { "\(layers)/\(diffID.hex)" }

    /// The directories of an image's layers, topmost first, as overlay's `lowerdir` takes them.
    public func layerDirectories(of image: Image) -> [String] {
        image.diffIDs.reversed().map { "\(layerPath($0))/fs" }
    }

    /// The archive of an image that came with the program: `<directory>/<name>.tar` for
    /// `docker.io/library/<name>:latest`.
    public static func bundledArchive(
        for reference: Reference, in directories: [String]
    ) -> String? {
        let reference = reference.tagged
        let prefix = "docker.io/library/"
        guard reference.repository.hasPrefix(prefix), reference.tag == Reference.defaultTag,
            reference.digest == nil
        else { return nil }
        let name = reference.repository.dropFirst(prefix.utf8.count)
        guard !name.utf8.contains(UInt8(ascii: "/")) else { return nil }
        return directories.lazy.map { "\($0)/\(name).tar" }.first(where: exists)
    }

    /// Makes the directories; other users see nothing of them.
    func prepare() throws(KernelError) {
        try makeDirectories(root, mode: 0o700)
        for path in ["\(root)/content", "\(root)/content/blobs", blobs, ingest, layers] {
            try makeDirectory(path, mode: 0o700)
        }
    }
}
