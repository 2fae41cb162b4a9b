// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import Images
internal import Linux
public import OCI
internal import SQLite

/// What a load brought.
public enum LoadedName: Equatable, Sendable {
    /// A reference in its familiar form.
    case name(String)
    /// `sha256:…`, of an image without a name.
    case id(String)
}

extension Engine {
    /// Loads the images of an archive, plain or compressed, or of an OCI layout's directory.
    /// - Parameters:
    ///   - path: nil for standard input.
    ///   - platform: which image of several to take; nil takes what runs here best.
    ///   - progress: called now and then with the bytes that are done and those there are.
    /// - Returns: what came, or was here already.
    public func loadImages(
        from path: String?, platform: Platform? = nil,
        progress: ((_ done: Int64, _ total: Int64) -> Void)? = nil
    ) throws -> [LoadedName] {
        if !exists(location.root) { try makeDirectories(location.root, mode: 0o711) }
        let source = path.map(ArchiveSource.path) ?? .descriptor(STDIN_FILENO)
        let loaded = try images.load(
            source, platform: platform, into: try open(),
            progress: progress.map { tell in { tell($0.done, $0.total) } })
        for image in loaded { record(Event(image.image, "load")) }
        return loaded.flatMap { image -> [LoadedName] in
            guard !image.references.isEmpty else { return [.id("\(image.image.id)")] }
            return image.references.map { .name($0.familiar) }
        }
    }

    /// Removes an image's name, or the image, by Docker's rules.
    /// - Parameter platform: refuses an image for another one; nil takes any.
    public func removeImage(
        _ name: String, force: Bool = false, platform: Platform? = nil
    ) throws -> [RemovalEvent] {
        let database = try open()
        if let platform { _ = try image(name, platform: platform, in: database) }
        let image = try images.image(name, in: database)
        let removed = try images.remove(name, force: force, in: database) { id in
            try ContainerTable.users(ofImage: id.hex, in: database).map {
                ImageUser(id: $0.id, isRunning: $0.status == .running && $0.process.isAlive)
            }
        }
        try recordRemoval(removed, of: image, in: database)
        return removed
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
        try sweepVolumes(in: database)
        var waiting = false
        try database.query("SELECT 1 FROM images WHERE removed LIMIT 1") { _ in waiting = true }
        guard waiting else { return }
        try images.collectGarbage(in: database) { id in
            try !ContainerTable.users(ofImage: id.hex, in: database).isEmpty
        }
    }

    /// Whether an error says that there is no such container or image.
    public func isMissing(_ error: any Error) -> Bool {
        switch error {
        case EngineError.noSuchContainer, EngineError.noSuchNetwork, VolumeError.noSuchVolume,
            is ReferenceError:
            true
        default: isMissingImage(error)
        }
    }

    /// Whether an error says that there is no such image.
    public func isMissingImage(_ error: any Error) -> Bool {
        switch error {
        case EngineError.noSuchImage, ImageError.noSuchImage: true
        default: false
        }
    }
}
