// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Glibc
internal import Images
internal import Linux
internal import OCI
internal import SQLite

/// The files of one container as its layers have them: read from the layers themselves, so that it
/// makes no difference whether it runs, and nothing of what is mounted inside is seen.
struct ContainerLayers {
    let container: Container
    /// What the container has written.
    let upper: String
    /// The image's layers, topmost first.
    let lowers: [String]

    var owners: OwnerShift { OwnerShift(base: container.idBase) }

    /// All as one tree.
    func merged() throws -> LayerDirectory { try LayerDirectory(layers: [upper] + lowers) }

    /// What the container has written, alone.
    func written() throws -> LayerDirectory { try LayerDirectory(layers: [upper]) }

    /// What it has written it on.
    func image() throws -> LayerDirectory { try LayerDirectory(layers: lowers) }

    /// Whether the engine made this, empty, to mount something over it: that is no change of the
    /// container's.
    func isMountPoint(_ path: [UInt8], _ status: stat) -> Bool {
        guard Self.enginesOwn.contains(path) else { return false }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return status.st_size == 0
        case S_IFDIR: return isEmpty(path)
        default: return false
        }
    }

    private func isEmpty(_ path: [UInt8]) -> Bool {
        guard let name = FileName(path),
            let top = try? OwnedFD.open(upper, O_RDONLY | O_DIRECTORY),
            let directory = try? OwnedFD.open(
                name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: top.raw)
        else { return false }
        return (try? entryNames(of: directory.raw).isEmpty) == true
    }

    private static let enginesOwn: Set<[UInt8]> = Set(
        (["/dev", "/proc", "/sys", UserMounts.initPath] + NetworkFile.allCases.map(\.rawValue))
            .map { Array($0.utf8.dropFirst()) })
}

extension Engine {
    /// The layers of a container, running or not.
    func layers(of container: Container, in database: borrowing Database) throws -> ContainerLayers
    {
        guard let id = Digest(hex: container.record.imageID),
            let image = try images.image(id: id, in: database)
        else { throw EngineError.noSuchImage(container.record.configuration.image) }
        // Deep trees keep a descriptor open for each level of each layer.
        if let limit = ResourceLimit.number(of: "NOFILE") {
            try? ResourceLimit.raiseAsFarAsAllowed(limit, of: 0, soft: 65_536, hard: .max)
        }
        return ContainerLayers(
            container: container, upper: location.container(container.id).upper,
            lowers: images.layerDirectories(of: image))
    }
}
