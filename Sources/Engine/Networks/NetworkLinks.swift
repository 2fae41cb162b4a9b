// SPDX-License-Identifier: Apache-2.0

internal import SQLite

// `--link`: a name for another container that only this one knows. Docker's older form of networks
// copied the other's environment too; we serve the name, as Docker does in user-defined networks.
extension Engine {
    /// Finds the containers that `name[:alias]` mean.
    /// - Returns: `ID:alias` for each.
    func resolve(
        _ links: [String], mode: String, in database: borrowing Database
    ) throws -> [String] {
        guard let first = links.first else { return [] }
        let kind = mode == "host" ? "host" : mode.hasPrefix("container:") ? "container" : ""
        if !kind.isEmpty { throw Self.undefined(kind) }
        if mode == "none" {
            throw EngineError.invalid("could not link to \(first): the container has no network")
        }
        return try links.map { text in
            let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
            let name = parts.first ?? ""
            let other: Container
            do { other = try container(name, in: database) } catch {
                throw EngineError.invalid("could not get container for \(name): \(error)")
            }
            if other.record.hostConfiguration.networkMode == "host" {
                throw Self.undefined("host")
            }
            return "\(other.id):\(parts.count > 1 ? parts[1] : other.name)"
        }
    }

    private static func undefined(_ kind: String) -> EngineError {
        let subject = kind == "host" ? "host type networking" : "container type network"
        return .invalid(
            "conflicting options: \(subject) can't be used with links. This would result in "
                + "undefined behavior")
    }

    /// On the default network a container starts only after those that it is linked to.
    func refuseDeadLinks(of container: Container, in database: borrowing Database) throws {
        guard !container.record.hostConfiguration.links.isEmpty else { return }
        for row in try EndpointTable.rows(ofContainer: container.id, in: database) {
            guard try NetworkTable.find(row.network, in: database).name == "bridge" else {
                continue
            }
            for link in row.settings.links ?? [] {
                let parts = link.split(separator: ":", maxSplits: 1).map(String.init)
                guard parts.count == 2,
                    let other = try ContainerTable.container(id: parts[0], in: database),
                    state(of: other).pid == nil
                else { continue }
                throw EngineError.invalid(
                    "Cannot link to a non running container: /\(other.name) AS "
                        + "/\(container.name)/\(parts[1])")
            }
        }
    }
}

extension NetworkAttachment {
    func with(links: [String]) -> NetworkAttachment {
        var own = self
        own.links = links.isEmpty ? nil : links
        return own
    }
}
