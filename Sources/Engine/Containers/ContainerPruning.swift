// SPDX-License-Identifier: Apache-2.0

extension Engine {
    /// Removes the containers that do not run and meet the conditions; their anonymous volumes stay,
    /// as in Docker.
    /// - Throws: `FilterError` for a condition that prunes do not have.
    public func pruneContainers(_ filters: Filters) throws -> PruneReport {
        let filter = try PruneFilter(filters)
        var report = PruneReport()
        for container in try containers(in: try open()) {
            let labels = container.record.configuration.labels
            guard container.status == .created || container.status == .exited,
                filter.admits(created: container.created, labels: labels)
            else { continue }
            let written = diskUsage(of: location.container(container.id).upper)
            // Somebody may be starting it, or have removed it: then it is not ours to count.
            guard (try? remove(container.id)) != nil else { continue }
            report.removed.append(container.id)
            report.reclaimed += written
        }
        record(Event(.container, "prune", "", ["reclaimed": "\(report.reclaimed)"]))
        return report
    }
}
