// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import SQLite

/// A port of a container and where on the host it is reached.
public struct PublishedPort: Equatable, Sendable {
    public let port: Port
    /// "0.0.0.0", "[::]", "127.0.0.1".
    public let address: String
    public let hostPort: String
}

extension Engine {
    /// The published ports of a container, ascending; none of one that does not run.
    public func publishedPorts(of text: String) throws -> [PublishedPort] {
        let database = try open()
        let container = try container(text, in: database)
        guard container.status == .running else { return [] }
        return try PortTable.leases(of: container.id, in: database).flatMap { lease in
            zip(lease.hostPorts, lease.containerPort...).map { hostPort, port in
                let address = lease.hostAddress
                return PublishedPort(
                    port: Port(port, lease.transport),
                    address: address.isIPv4 ? "\(address)" : "[\(address)]",
                    hostPort: "\(hostPort)")
            }
        }.sorted { ($0.port, $0.address) < ($1.port, $1.address) }
    }
}
