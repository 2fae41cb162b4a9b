// SPDX-License-Identifier: Apache-2.0

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
        let container = try container(text, in: try open())
        guard container.status == .running else { return [] }
        let bindings = container.record.hostConfiguration.portBindings
        return bindings.ports.flatMap { port in
            bindings[port].flatMap { binding -> [PublishedPort] in
                let addresses = binding.hostIP.isEmpty ? ["0.0.0.0", "[::]"] : [binding.hostIP]
                return addresses.map { address in
                    let isPlain = !address.contains(":") || address.hasPrefix("[")
                    return PublishedPort(
                        port: port, address: isPlain ? address : "[\(address)]",
                        hostPort: binding.hostPort)
                }
            }
        }
    }
}
