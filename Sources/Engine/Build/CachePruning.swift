// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Images
internal import Linux
internal import OCI
internal import SQLite

extension Engine {
    /// Removes what builds have left behind: steps that no image has a layer of, or all, and with all
    /// of them what caches of RUN steps hold.
    /// - Parameter kept: bytes that may stay, those used last.
    public func pruneBuildCache(
        all: Bool, keeping kept: Int64 = 0, _ filters: Filters = Filters()
    ) throws -> PruneReport {
        try filters.require(["until", "id"])
        let until = try filters.until(.now)
        let database = try open()
        var room = kept
        var doomed: [CacheListing] = []
        for step in try images.cacheListing(in: database) where all || !step.isShared {
            let id = String(step.key.hex.prefix(25))
            guard filters.any("id", { id.hasPrefix($0) }) else { continue }
            let used = Timestamp(nanosecondsSinceEpoch: step.used)
            guard until.map({ used < $0 }) ?? true else { continue }
            if room > 0, step.size <= room {
                room -= step.size
                continue
            }
            doomed.append(step)
        }
        var report = PruneReport()
        report.reclaimed = try images.forget(doomed, in: database) { id in
            try !ContainerTable.users(ofImage: id.hex, in: database).isEmpty
        }
        report.removed = doomed.map { String($0.key.hex.prefix(25)) }
        if all, kept == 0, filters == Filters() { report.reclaimed += try pruneCacheMounts() }
        try record(
            Event(.builder, "prune", "", ["reclaimed": "\(report.reclaimed)"]), in: database)
        return report
    }

    /// Removes the caches that no RUN step uses now.
    /// - Returns: the bytes that they held.
    private func pruneCacheMounts() throws -> Int64 {
        guard exists(location.cacheMounts) else { return 0 }
        var bytes: Int64 = 0
        for name in try names(in: location.cacheMounts) {
            let path = "\(location.cacheMounts)/\(name)"
            guard let lock = try? FileLock.ifFree("\(path)/lock", .exclusive) else { continue }
            defer { withExtendedLifetime(lock) {} }
            bytes += diskUsage(of: path)
            try removeTree(path)
        }
        return bytes
    }

    /// What is kept of builds, as `system df` counts it.
    public func buildCache() throws -> [CacheSummary] {
        try images.cacheListing(in: try open()).map {
            CacheSummary(
                id: String($0.key.hex.prefix(25)), size: $0.size, isShared: $0.isShared,
                text: $0.text)
        }
    }
}

/// A step of the build cache.
public struct CacheSummary: Sendable, Equatable {
    public let id: String
    /// Bytes of its layer's files.
    public let size: Int64
    /// Whether an image has the layer too.
    public let isShared: Bool
    public let text: String
}
