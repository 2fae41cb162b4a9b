// SPDX-License-Identifier: Apache-2.0

internal import Images
internal import OCI
internal import SQLite

extension Engine {
    /// Removes images that no container stands on.
    /// - Parameter all: also those that have names.
    public func pruneImages(all: Bool, _ filters: Filters = Filters()) throws -> PruneReport {
        let filter = try PruneFilter(filters, keys: PruneFilter.keys + ["dangling"])
        let all = try filters.bool("dangling").map { !$0 } ?? all
        let database = try open()
        let (events, reclaimed) = try images.prune(all: all, in: database) { image in
            filter.admits(
                created: Timestamp(nanosecondsSinceEpoch: image.created),
                labels: try image.configuration().config?.labels ?? [:])
        } users: { id in
            try ContainerTable.users(ofImage: id.hex, in: database).map {
                ImageUser(id: $0.id, isRunning: $0.process.isAlive)
            }
        }
        try record(Event(.image, "prune", "", ["reclaimed": "\(reclaimed)"]), in: database)
        var report = PruneReport()
        report.reclaimed = reclaimed
        report.removed = events.map { event in
            switch event {
            case .untagged(let reference): "untagged: \(reference.familiar)"
            case .deleted(let digest): "deleted: \(digest)"
            }
        }
        return report
    }
}
