// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import SQLite

/// Why a volume is not what a command needs, in Docker's words.
public enum VolumeError: Error, Equatable, CustomStringConvertible {
    case noSuchVolume(String)
    case inUse(String, by: [String])
    case unknownDriver(String)
    /// What its driver was told is wrong.
    case refused(String, reason: String)

    public var description: String {
        switch self {
        case .noSuchVolume(let name): "get \(name): no such volume"
        case .inUse(let name, let users):
            "remove \(name): volume is in use - [\(users.joined(separator: ", "))]"
        case .unknownDriver(let name):
            "error looking up volume plugin \(name): plugin \"\(name)\" not found"
        case .refused(let name, let reason): "create \(name): \(reason)"
        }
    }
}

extension Engine {
    /// Makes a volume; one that is there already stays as it is.
    /// - Parameters:
    ///   - name: nil for one that nobody chose.
    ///   - options: what the driver is told (`VolumeOptions`).
    /// - Returns: its name.
    public func createVolume(
        _ name: String?, driver: String = "local", labels: [String: String] = [:],
        options: [String: String] = [:]
    ) throws -> String {
        guard driver == "local" else { throw VolumeError.unknownDriver(driver) }
        if let name { try VolumeName.check(name) }
        var volume = Volume(name: try name ?? ContainerNames.newID())
        volume.isAnonymous = name == nil
        volume.labels = labels
        volume.options = options
        try VolumeOptions(options, of: volume.name).check()
        let database = try open()
        try database.transaction { () throws in
            try makeVolumeFiles(volume.name)
            try VolumeTable.insert(volume, in: database)
        }
        return volume.name
    }

    /// Removes a volume and all that is in it.
    public func removeVolume(_ name: String) throws {
        let database = try open()
        let retired = try database.transaction { () throws in
            guard try VolumeTable.find(name, in: database) != nil else {
                throw VolumeError.noSuchVolume(name)
            }
            let users = try VolumeTable.users(of: name, in: database)
            guard users.isEmpty else { throw VolumeError.inUse(name, by: users) }
            return try retireVolume(name, in: database)
        }
        removeRetired([retired].compactMap { $0 })
        try sweepVolumes(in: database)
    }

    /// Removes the volumes that no container uses.
    /// - Parameter all: also those with a name that somebody chose.
    public func pruneVolumes(all: Bool, _ filters: Filters = Filters()) throws -> PruneReport {
        let filter = try PruneFilter(filters, keys: ["all", "label", "label!"])
        let all = try filters.bool("all") ?? all
        let database = try open()
        var report = PruneReport()
        for volume in try VolumeTable.all(in: database)
        where (all || volume.isAnonymous)
            && filter.admits(created: volume.created, labels: volume.shownLabels)
        {
            let retired = try database.transaction { () throws in
                try retireVolume(volume.name, in: database)
            }
            guard let retired else { continue }
            report.removed.append(volume.name)
            report.reclaimed += diskUsage(of: "\(retired)/_data")
            removeRetired([retired])
        }
        try sweepVolumes(in: database)
        try record(
            Event(.volume, "prune", "", ["reclaimed": "\(report.reclaimed)"]), in: database)
        return report
    }

    /// The names of volumes on record whose directories are gone.
    public func lostVolumes() throws -> [String] {
        try VolumeTable.all(in: try open()).map(\.name).filter {
            !exists(mountpoint(ofVolume: $0))
        }
    }

    /// Whether an error says that there is no such volume.
    public func isMissingVolume(_ error: any Error) -> Bool {
        if case VolumeError.noSuchVolume = error { true } else { false }
    }
}
