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
        }
        if var host = try? openHostNetwork() { host.removeBridge(of: network) }
    }

    /// Whether a failure means that there is no such network.
    public func isMissingNetwork(_ error: any Error) -> Bool {
        if case EngineError.noSuchNetwork? = error as? EngineError { true } else { false }
    }

    /// The networks that no container belongs to, those aside that are always there.
    public func unusedNetworks(_ filters: Filters) throws -> [Network] {
        try filters.require(["label", "label!", "until"])
        let database = try open()
        return try NetworkTable.all(in: database).filter { network in
            guard !network.isPredefined, filters.matchLabels(network.record.labels) else {
                return false
            }
            return try EndpointTable.rows(ofNetwork: network.id, in: database).isEmpty
        }
    }
}
