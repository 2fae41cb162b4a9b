// SPDX-License-Identifier: Apache-2.0

extension Engine {
    /// Removes the containers that do not run. One that starts meanwhile stays.
    public func pruneContainers(_ filters: Filters = Filters()) throws -> PruneReport {
        let filter = try PruneFilter(filters)
        var report = PruneReport()
        for container in try ContainerTable.all(in: try open())
        where filter.admits(
            created: container.created, labels: container.record.configuration.labels)
        {
            switch state(of: container) {
            case .created, .exited: break
            case .running, .paused, .restarting: continue
            }
            let files = location.container(container.id)
            let size = diskUsage(of: files.upper) + diskUsage(of: files.logs)
            // Somebody may be starting it, or have removed it.
            do { try remove(container.id) } catch let error as EngineError {
                switch error {
                case .cannotBeRemoved, .noSuchContainer: continue
                default: throw error
                }
            }
            report.removed.append(container.id)
            report.reclaimed += size
        }
        try collectGarbage()
        record(Event(.container, "prune", "", ["reclaimed": "\(report.reclaimed)"]))
        return report
    }
}
