// SPDX-License-Identifier: Apache-2.0

internal import OCI

/// Who one is to a registry: proven, kept, forgotten.
public struct RegistryLogin: Sendable {
    private let context: RegistryContext
    /// `host[:port]`; `docker.io` for Docker Hub.
    private let server: String

    /// - Parameter server: nil for Docker Hub; a URL is taken for its host.
    public init(_ context: RegistryContext, server: String?) {
        self.context = context
        let host = ClientConfigFile.hostname(server ?? "docker.io")
        self.server =
            ClientConfigFile.key(ofServer: host) == ClientConfigFile.hubKey
            ? "docker.io" : host
    }

    /// The server as messages name it.
    public var shown: String { ClientConfigFile.key(ofServer: server) }

    /// What is known already.
    public func known() throws -> Credentials? {
        try context.credentials.credentials(forServer: server)
    }

    /// Asks the registry whether it believes them.
    /// - Throws: `RegistryError.unauthorized` when it does not.
    public func prove(_ credentials: Credentials) async throws {
        try await context.client(server: server, trying: credentials).ping()
    }

    /// - Returns: the file in which they stand unencrypted; nil when a helper has them.
    public func keep(_ credentials: Credentials) throws -> String? {
        try context.credentials.store(credentials, forServer: server)
    }

    /// Forgets them, also when there were none.
    public func forget() throws { try context.credentials.erase(server: server) }
}
