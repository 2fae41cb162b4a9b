// SPDX-License-Identifier: Apache-2.0

public import OCI
internal import SQLite

extension Volume {
    /// With Docker's mark of a volume that nobody named.
    public var shownLabels: [String: String] {
        isAnonymous ? labels.merging(["com.docker.volume.anonymous": ""]) { $1 } : labels
    }
}

/// What a list of volumes shows of one of them.
public struct VolumeSummary: Equatable, Sendable {
    public var volume: Volume
    /// The directory that containers mount.
    public var mountpoint: String
    /// How many containers use it.
    public var links: Int
    /// Bytes of its files; nil when not computed.
    public var size: Int64?
}

extension Engine {
    /// The volumes that `filters` let through, by name.
    /// - Parameter sizes: whether their files are counted, which walks over the disk.
    /// - Throws: `FilterError` for filters that do not exist.
    public func listVolumes(
        _ filters: Filters = Filters(), sizes: Bool = false
    ) throws -> [VolumeSummary] {
        try filters.require(["dangling", "driver", "label", "name"])
        let isDangling = try filters.bool("dangling")
        let names = filters["name"]?.map(NamePattern.init)
        let database = try open()
        let counts = try VolumeTable.useCounts(in: database)
        return try VolumeTable.all(in: database).compactMap { volume in
            let links = counts[volume.name] ?? 0
            guard isDangling.map({ $0 == (links == 0) }) ?? true,
                filters.any("driver", { $0 == "local" }), filters.matchLabels(volume.shownLabels),
                names.map({ $0.contains { $0.matches(volume.name) } }) ?? true
            else { return nil }
            return summary(of: volume, links: links, sizes: sizes)
        }
    }

    private func summary(of volume: Volume, links: Int, sizes: Bool) -> VolumeSummary {
        let mountpoint = mountpoint(ofVolume: volume.name)
        return VolumeSummary(
            volume: volume, mountpoint: mountpoint, links: links,
            size: sizes ? diskUsage(of: mountpoint) : nil)
    }

    /// All that is known of a volume, as Docker's `inspect` has it (Engine API 1.50, Volume).
    /// - Throws: `VolumeError.noSuchVolume`.
    public func inspectVolume(_ name: String) throws -> JSONValue {
        guard let volume = try VolumeTable.find(name, in: try open()) else {
            throw VolumeError.noSuchVolume(name)
        }
        func map(_ values: [String: String]) -> JSONValue {
            values.isEmpty ? .null : (try? values.json()) ?? .null
        }
        return .object(
            JSONObject([
                ("CreatedAt", .string(volume.created.rfc3339)), ("Driver", "local"),
                ("Labels", map(volume.shownLabels)),
                ("Mountpoint", .string(mountpoint(ofVolume: name))), ("Name", .string(name)),
                ("Options", map(volume.options)), ("Scope", "local"),
            ]))
    }
}
