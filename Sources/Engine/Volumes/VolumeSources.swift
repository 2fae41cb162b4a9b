// SPDX-License-Identifier: Apache-2.0

internal import Linux
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
            if mount.type == .volume, let name = mount.name {
                try prepare(&source, volume: name, in: database)
            }
            sources.append(source)
        }
        return sources
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
