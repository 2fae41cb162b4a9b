// SPDX-License-Identifier: Apache-2.0

public import Images
internal import Linux
public import OCI
internal import SQLite

extension Engine {
    /// Loads the images of an archive.
    /// - Parameters:
    ///   - platform: which image of several to take; nil takes what runs here best.
    ///   - progress: called now and then with how far it is.
    public func loadImages(
        from source: ArchiveSource, platform: Platform? = nil,
        progress: ((LoadProgress) -> Void)? = nil
    ) throws -> [LoadedImage] {
        if !exists(location.root) { try makeDirectories(location.root, mode: 0o711) }
        return try images.load(source, platform: platform, into: try open(), progress: progress)
    }

    /// Removes an image's name, or the image, by Docker's rules.
    /// - Parameter platform: refuses an image for another one; nil takes any.
    public func removeImage(
        _ name: String, force: Bool = false, platform: Platform? = nil
    ) throws -> [RemovalEvent] {
        let database = try open()
        if let platform { _ = try image(name, platform: platform, in: database) }
        return try images.remove(name, force: force, in: database) { id in
            try ContainerTable.users(ofImage: id.hex, in: database).map {
                ImageUser(id: $0.id, isRunning: $0.status == .running && $0.process.isAlive)
            }
        }
    }

    /// The image that a reference or an ID means.
    /// - Throws: `ImageError.noSuchImage`, also when the image is for another platform.
    func image(
        _ name: String, platform: Platform?, in database: borrowing Database
    ) throws -> Image {
        guard let image = try images.image(name, in: database) else {
            throw EngineError.noSuchImage(ImageStore.shown(name))
        }
        if let platform {
            let own = try image.configuration().platform
            guard platform.rank(of: own) == 0 else {
                throw EngineError.invalid(
                    "image with reference \(name) was found but does not provide the specified "
                        + "platform (\(platform)): it is for \(own)")
            }
        }
        return image
    }

    /// Removes what nothing needs any more: leftovers of containers that died between two steps, and
    /// images that were removed while containers stood on them, once these are gone.
    public func collectGarbage() throws {
        let database = try open()
        try sweep(in: database)
        var waiting = false
        try database.query("SELECT 1 FROM images WHERE removed LIMIT 1") { _ in waiting = true }
        guard waiting else { return }
        try images.collectGarbage(in: database) { id in
            try !ContainerTable.users(ofImage: id.hex, in: database).isEmpty
        }
    }
}
