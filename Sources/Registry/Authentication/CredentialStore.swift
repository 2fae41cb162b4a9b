// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import OCI

/// Where credentials come from, in this order: DOCKER_AUTH_CONFIG, a helper program, `config.json`.
public struct CredentialStore: Sendable {
    /// The directory of the client's own configuration.
    public let directory: String
    private let environment: JSONObject?

    /// - Throws: `RegistryError` when DOCKER_AUTH_CONFIG is no JSON.
    public init(directory: String, environment: (String) -> String?) throws {
        self.directory = directory
        guard let text = environment("DOCKER_AUTH_CONFIG"), !text.isEmpty else {
            self.environment = nil
            return
        }
        do { self.environment = try JSONValue(parsing: text)["auths"]?.objectValue } catch {
            throw RegistryError.configuration("DOCKER_AUTH_CONFIG: \(error)")
        }
    }

    /// What is known for a registry.
    public func credentials(forServer server: String) throws -> Credentials? {
        if let found = ClientConfigFile.credentials(in: environment, forServer: server) {
            return found
        }
        let file = try ClientConfigFile(directory: directory)
        guard let helper = file.helper(forServer: server) else {
            return file.credentials(forServer: server)
        }
        return try CredentialHelper(name: helper).get(ClientConfigFile.key(ofServer: server))
    }

    /// Keeps credentials for a registry.
    /// - Returns: the file in which they stand unencrypted; nil when a helper has them.
    public func store(_ credentials: Credentials, forServer server: String) throws -> String? {
        var file = try ClientConfigFile(directory: directory)
        let helper = file.helper(forServer: server)
        if let helper {
            try CredentialHelper(name: helper)
                .store(ClientConfigFile.key(ofServer: server), credentials)
        }
        file.set(helper == nil ? credentials : nil, forServer: server)
        try file.save()
        return helper == nil ? file.path : nil
    }

    /// Forgets a registry, also when nothing is known of it.
    public func erase(server: String) throws {
        var file = try ClientConfigFile(directory: directory)
        if let helper = file.helper(forServer: server) {
            try CredentialHelper(name: helper).erase(ClientConfigFile.key(ofServer: server))
        }
        if file.remove(server: server) { try file.save() }
    }
}
