// SPDX-License-Identifier: Apache-2.0

internal import Images
internal import Linux
internal import OCI
internal import SQLite

extension Engine {
    /// Where a container's mounts come from, ready to be mounted: volumes whose driver was told so are
    /// mounted first, or stand for a directory of the host's.
    func sources(
        of record: ContainerRecord, in database: borrowing Database
    ) throws -> [SourceMount] {
        var sources: [SourceMount] = []
        for mount in record.mounts {
            var source = SourceMount(mount)
            switch mount.type {
            case .bind: break
            case .volume:
                if let name = mount.name { try prepare(&source, volume: name, in: database) }
            case .image: try prepare(&source, image: mount, in: database)
            }
            sources.append(source)
        }
        return sources
    }

    /// An image that is mounted stands for its layers.
    func prepare(
        _ source: inout SourceMount, image mount: ContainerMount, in database: borrowing Database
    ) throws {
        guard let id = mount.imageID.flatMap(Digest.init(hex:)),
            let image = try images.image(id: id, in: database)
        else { throw EngineError.noSuchImage(mount.name ?? "") }
        let layers = images.layerDirectories(of: image)
        guard let top = layers.first else {
            throw EngineError.invalid("the image \(mount.name ?? "") has no files to mount")
        }
        source.source = top
        source.layers = layers.count > 1 ? layers : []
    }

    private func prepare(
        _ source: inout SourceMount, volume name: String, in database: borrowing Database
    ) throws {
        let options = VolumeOptions(
            try VolumeTable.find(name, in: database)?.options ?? [:], of: name)
        let mountpoint = mountpoint(ofVolume: name)
        guard exists(mountpoint) else {
            throw EngineError.invalid(
                "error while mounting volume '\(mountpoint)': the volume \(name) is on record, but its "
                    + "directory is gone: remove it with 'swocker volume rm \(name)'")
        }
        if options.needsMount { try options.mount(on: mountpoint) }
        source.source = options.source(mountpoint: mountpoint)
        if options.isBind, !exists(source.source) {
            throw EngineError.invalid(
                "error while mounting volume '\(mountpoint)': failed to mount local volume: mount "
                    + "\(source.source):\(mountpoint), flags: 0x1000: no such file or directory")
        }
        if options.isReadOnly { source.isWritable = false }
    }
}
