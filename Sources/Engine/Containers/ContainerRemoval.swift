// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
public import SQLite

extension Engine {
    /// Removes a container and what is its own.
    /// - Parameters:
    ///   - force: whether a running one is killed first.
    ///   - volumes: whether its anonymous volumes go too.
    public func remove(_ text: String, force: Bool = false, volumes: Bool = false) throws {
        let container = try container(text, in: try open())
        if state(of: container).pid != nil {
            guard force else { throw EngineError.runningCannotBeRemoved(name: text) }
            try end(container, patience: 10)
        }
        try discard(container.id, volumes: volumes || container.removesItself)
    }

    /// Removes the record first, then the thing: a death in between leaves garbage, which `sweep`
    /// finds, never a record without its container.
    func discard(_ id: String, volumes: Bool) throws {
        let files = location.container(id)
        let lock = try? FileLock.waiting(files.lock, .exclusive)
        defer { withExtendedLifetime(lock) {} }
        let anonymous: [String]
        do {
            let database = try open()
            anonymous = volumes ? try VolumeTable.anonymous(of: id, in: database) : []
            let isGone = try database.transaction { () throws in
                guard let container = try ContainerTable.container(id: id, in: database) else {
                    return true
                }
                // Somebody may have started it since we looked.
                guard container.status != .running || !container.process.isAlive else {
                    throw EngineError.runningCannotBeRemoved(name: container.name)
                }
                return try ContainerTable.delete(id, in: database)
            }
            if isGone { try removeVolumes(anonymous, in: database) }
        }
        try removeFiles(of: id)
    }

    private func removeVolumes(
        _ names: [String], in database: borrowing Database
    ) throws {
        for name in names where try VolumeTable.deleteIfUnused(name, in: database) {
            try removeTree("\(location.volumes)/\(name)")
        }
    }

    /// Removes everything of a container that has no record.
    func removeFiles(of id: String) throws {
        let files = location.container(id)
        defer { try? removeTree(files.runtime) }  // where there is no such place, nothing is left
        try removeTree(files.directory)
    }

    /// Removes what containers left behind that died between two steps: directories without a record,
    /// unless their maker holds their lock.
    public func sweep(in database: borrowing Database) throws {
        guard let present = try? names(in: location.containers), !present.isEmpty else { return }
        var known: Set<String> = []
        try database.query("SELECT id FROM containers") { known.insert($0.text(0)) }
        for id in present where !known.contains(id) {
            guard let lock = try? FileLock.ifFree(location.container(id).lock, .exclusive) else {
                continue
            }
            defer { withExtendedLifetime(lock) {} }
            if try ContainerTable.container(id: id, in: database) == nil { try removeFiles(of: id) }
        }
    }
}
