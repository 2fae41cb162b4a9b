// SPDX-License-Identifier: Apache-2.0

internal import OCI

/// What all work with registries needs: configuration, credentials, the network.
public final class RegistryContext: Sendable {
    let configuration: RegistriesConfiguration
    /// Where credentials come from.
    public let credentials: CredentialStore
    let transport: Transport

    /// - Parameter client: the directory of the client's own configuration.
    public init(client: String, environment: (String) -> String?) throws {
        configuration = RegistriesConfiguration(client: client, environment: environment)
        credentials = try CredentialStore(directory: client, environment: environment)
        transport = Transport(
            proxies: try ProxySettings(environment: environment),
            certificates: configuration.directories,
            patience: Patience(environment: environment))
        // It lives as long as the process: its connections are never closed one by one.
        _ = Unmanaged.passRetained(transport)
    }

    /// The endpoints of a reference, in the order in which they are asked.
    func clients(for reference: Reference) throws -> [RegistryClient] {
        try configuration.endpoints(of: reference).map { client($0) }
    }

    /// The registry itself, to write to.
    /// - Parameter mounting: repositories from which blobs may be taken.
    func writer(
        for reference: Reference, mounting: [String]
    ) throws -> RegistryClient {
        guard let own = try configuration.endpoints(of: reference).last(where: { !$0.isMirror })
        else { throw RegistryError.configuration("\(reference.domain): no registry to push to") }
        return client(own, pushes: true, mounting: mounting)
    }

    private func client(
        _ endpoint: Endpoint, pushes: Bool = false, mounting: [String] = [],
        trying: Credentials? = nil
    ) -> RegistryClient {
        RegistryClient(
            endpoint,
            scopes: [TokenScope(repository: endpoint.repository, pushes: pushes)]
                + mounting.prefix(8).map { TokenScope(repository: $0) },
            transport: transport,
            credentials: { [credentials] in
                try trying ?? credentials.credentials(forServer: endpoint.server)
            })
    }

    /// A registry as such, without a repository.
    /// - Parameter trying: credentials that count instead of those that are kept.
    func client(server: String, trying: Credentials? = nil) throws -> RegistryClient {
        let reference = try Reference(parsing: "\(server)/swocker")
        guard var endpoint = try configuration.endpoints(of: reference).last else {
            throw RegistryError.configuration("\(server): no such registry")
        }
        endpoint.repository = ""
        return client(endpoint, trying: trying)
    }
}
