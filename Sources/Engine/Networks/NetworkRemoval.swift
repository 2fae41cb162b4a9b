// SPDX-License-Identifier: Apache-2.0

internal import SQLite

extension Engine {
    /// Removes a network that no container runs in.
    public func removeNetwork(_ text: String) throws {
        let database = try open()
        let network = try NetworkTable.find(text, in: database)
        guard !network.isPredefined else {
            throw EngineError.invalid(
                "\(network.name) is a pre-defined network and cannot be removed")
        }
        try database.transaction { () throws in
            let rows = try EndpointTable.rows(ofNetwork: network.id, in: database)
            if let used = rows.first(where: { $0.cable != nil }) {
                let name = try ContainerTable.container(id: used.container, in: database)?.name
                throw EngineError.invalid(
                    "error while removing network: network \(network.name) has active endpoints "
                        + "(name:\"\(name ?? "")\" id:\"\(used.id.prefix(12))\")")
            }
            // Containers that do not run lose their place, and say so at their next start.
            try database.run("DELETE FROM endpoints WHERE network = ?", [.text(network.id)])
            _ = try NetworkTable.delete(network.id, in: database)
            try record(Event(network, "destroy"), in: database)
        }
        if var host = try? openHostNetwork() { host.removeBridge(of: network) }
    }

    /// Whether a failure means that there is no such network.
    public func isMissingNetwork(_ error: any Error) -> Bool {
        if case EngineError.noSuchNetwork? = error as? EngineError { true } else { false }
    }

    /// Removes the networks that no container belongs to, those aside that are always there.
    public func pruneNetworks(_ filters: Filters) throws -> PruneReport {
        let filter = try PruneFilter(filters)
        var report = PruneReport()
        let database = try open()
        for network in try NetworkTable.all(in: database)
        where !network.isPredefined
            && filter.admits(created: network.created, labels: network.record.labels)
        {
            guard try EndpointTable.rows(ofNetwork: network.id, in: database).isEmpty else {
                continue
            }
            try removeNetwork(network.id)
            report.removed.append(network.name)
        }
        try record(Event(.network, "prune", "", ["reclaimed": "0"]), in: database)
        return report
    }

    /// The networks that meet conditions, by name.
    public func listNetworks(_ filters: Filters) throws -> [Network] {
        try filters.require([
            "dangling", "driver", "id", "label", "label!", "name", "scope", "type",
        ])
        let dangling = try filters.bool("dangling")
        let names = filters["name"]?.map(NamePattern.init)
        let database = try open()
        return try NetworkTable.all(in: database).filter { network in
            guard filters.any("driver", { $0 == network.record.driver }),
                filters.any("id", { network.id.hasPrefix($0) }),
                names.map({ $0.contains { $0.matches(network.name) } }) ?? true,
                filters.any("scope", { $0 == "local" }),
                filters.any("type", { $0 == (network.isPredefined ? "builtin" : "custom") }),
                filters.matchLabels(network.record.labels)
            else { return false }
            guard let dangling else { return true }
            let rows = try EndpointTable.rows(ofNetwork: network.id, in: database)
            return (rows.isEmpty && !network.isPredefined) == dangling
        }
    }
}
