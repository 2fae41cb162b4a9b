// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
public import OCI

/// Where a reference's registry and its mirrors are, by the files that other engines have for it:
/// containers' `registries.conf` (version 2), else containerd's `hosts.toml`.
///
/// https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md
/// https://github.com/containerd/containerd/blob/main/docs/hosts.md
public struct RegistriesConfiguration: Sendable {
    /// Directories that have one of a host's name in them, with certificates and `hosts.toml`.
    let directories: [String]
    /// The first that exists counts.
    let files: [String]

    /// - Parameter client: the directory of the client's own configuration.
    public init(client: String, environment: (String) -> String?) {
        directories = [
            "\(client)/certs.d", "/etc/containerd/certs.d", "/etc/containers/certs.d",
            "/etc/docker/certs.d",
        ]
        files =
            environment("CONTAINERS_REGISTRIES_CONF").map { [$0] }
            ?? ["/etc/containers/registries.conf"]
    }

    /// Where to ask for a reference, in order; the registry itself is last.
    public func endpoints(of reference: Reference) throws -> [Endpoint] {
        if let endpoints = try containersEndpoints(of: reference) { return endpoints }
        if let endpoints = try containerdEndpoints(of: reference) { return endpoints }
        return [try Self.own(reference)]
    }

    private static func own(_ reference: Reference) throws -> Endpoint {
        guard let endpoint = Endpoint(of: reference) else {
            throw RegistryError.configuration("invalid registry \(quoted(reference.domain))")
        }
        return endpoint
    }

    private func containersEndpoints(of reference: Reference) throws -> [Endpoint]? {
        guard let path = files.first(where: exists) else { return nil }
        let document = try Self.document(path)
        return try Self.within(path) {
            try Self.containersEndpoints(of: reference, in: document)
        }
    }

    /// By `registries.conf`; nil when it says nothing of the reference.
    static func containersEndpoints(
        of reference: Reference, in document: JSONObject
    ) throws -> [Endpoint]? {
        let name = reference.repository
        let fitting = (document["registry"]?.arrayValue ?? []).compactMap {
            entry -> (prefix: String, entry: JSONValue)? in
            let location = entry["location"]?.stringValue ?? ""
            let prefix = entry["prefix"]?.stringValue ?? location
            return matches(name, prefix) ? (prefix, entry) : nil
        }
        guard let (prefix, entry) = fitting.max(by: { $0.prefix.count < $1.prefix.count }) else {
            return nil
        }
        if entry["blocked"]?.boolValue == true {
            throw RegistryError.configuration("registry \(prefix) is blocked")
        }
        func endpoint(_ table: JSONValue, isMirror: Bool) throws -> Endpoint {
            let location = table["location"]?.stringValue ?? ""
            let isHub = location.isEmpty || location == reference.domain && prefix == location
            var endpoint =
                isHub
                ? try own(reference)
                : try rewritten(name, prefix: prefix, location: location)
            if table["insecure"]?.boolValue == true {
                endpoint.skipsVerification = true
                endpoint.mayBePlain = true
            }
            endpoint.isMirror = isMirror
            return endpoint
        }
        let isByTag = reference.digest == nil
        let mirrors = (entry["mirror"]?.arrayValue ?? []).filter { mirror in
            switch mirror["pull-from-mirror"]?.stringValue {
            case "digest-only": !isByTag
            case "tag-only": isByTag
            default: !isByTag || entry["mirror-by-digest-only"]?.boolValue != true
            }
        }
        return try mirrors.map { try endpoint($0, isMirror: true) }
            + [try endpoint(entry, isMirror: false)]
    }

    /// Whether a prefix is of this name: a host, with or without a path, or `*.host`.
    private static func matches(_ name: String, _ prefix: String) -> Bool {
        if prefix.hasPrefix("*.") {
            let host = name.prefix { $0 != "/" }
            return host.hasSuffix(prefix.dropFirst())
        }
        return !prefix.isEmpty && (name == prefix || name.hasPrefix(prefix + "/"))
    }

    private static func rewritten(
        _ name: String, prefix: String, location: String
    ) throws -> Endpoint {
        let rest = prefix.hasPrefix("*.") ? name.drop { $0 != "/" } : name.dropFirst(prefix.count)
        let place = location + rest
        let host = place.prefix { $0 != "/" }
        let known = host == "docker.io" ? Endpoint.hubHost : String(host)
        guard
            let endpoint = Endpoint(
                host: known, repository: String(place.dropFirst(host.count + 1)))
        else { throw RegistryError.configuration("invalid location \(quoted(location))") }
        return endpoint
    }

    private func containerdEndpoints(of reference: Reference) throws -> [Endpoint]? {
        for directory in directories {
            for name in [reference.domain, "_default"] {
                let path = "\(directory)/\(name)/hosts.toml"
                guard exists(path) else { continue }
                let document = try Self.document(path)
                return try Self.within(path) {
                    try Self.containerdEndpoints(
                        of: reference, in: document, directory: "\(directory)/\(name)")
                }
            }
        }
        return nil
    }

    /// By `hosts.toml`, which lies in `directory`.
    static func containerdEndpoints(
        of reference: Reference, in document: JSONObject, directory: String
    ) throws -> [Endpoint] {
        var endpoints: [Endpoint] = []
        for (url, table) in document["host"]?.objectValue?.members ?? [] {
            let capabilities = table["capabilities"]?.arrayValue?.compactMap(\.stringValue)
            guard capabilities?.contains("pull") != false else { continue }
            endpoints.append(
                try endpoint(url, table, reference.path, directory: directory, isMirror: true))
        }
        if let server = document["server"]?.stringValue {
            let table = JSONValue.object(document)
            var own = try endpoint(
                server, table, reference.path, directory: directory, isMirror: false)
            if own.origin.host == "docker.io" { own.origin.host = Endpoint.hubHost }
            return endpoints + [own]
        }
        return endpoints + [try own(reference)]
    }

    private static func endpoint(
        _ url: String, _ table: JSONValue, _ repository: String, directory: String, isMirror: Bool
    ) throws -> Endpoint {
        let text = url.contains("://") ? url : "https://\(url)"
        guard let address = WebAddress(parsing: text),
            var endpoint = Endpoint(host: "localhost", repository: repository)
        else { throw RegistryError.configuration("invalid host \(quoted(url))") }
        endpoint.origin = address.origin
        let path = address.path.hasSuffix("/") ? String(address.path.dropLast()) : address.path
        endpoint.prefix =
            table["override_path"]?.boolValue == true || path.hasSuffix("/v2")
            ? path : path + "/v2"
        endpoint.skipsVerification = table["skip_verify"]?.boolValue == true
        endpoint.mayBePlain = false
        endpoint.isMirror = isMirror
        endpoint.authority = table["ca"]?.stringValue.map {
            $0.hasPrefix("/") ? $0 : "\(directory)/\($0)"
        }
        return endpoint
    }

    private static func document(_ path: String) throws -> JSONObject {
        let text = String(decoding: try contents(of: path, limit: 1 << 20), as: UTF8.self)
        return try within(path) { try TomlDocument(parsing: text).root }
    }

    private static func within<Result>(_ path: String, _ body: () throws -> Result) throws -> Result
    {
        do { return try body() } catch RegistryError.configuration(let reason) {
            throw RegistryError.configuration("\(path): \(reason)")
        }
    }
}

/// Certificates for one registry, where Docker has them: `certs.d/<host:port>/`.
///
/// https://docs.docker.com/engine/security/certificates/
struct RegistryCertificates: Hashable, Sendable {
    /// `*.crt`: authorities besides those of the system.
    var authorities: [String] = []
    /// `*.cert` and the `*.key` of the same name: who we are.
    var client: (certificate: String, key: String)? {
        certificates.isEmpty ? nil : (certificate: certificates[0], key: keys[0])
    }
    private var certificates: [String] = []
    private var keys: [String] = []

    init(of origin: WebAddress.Origin, in directories: [String]) throws {
        let port = "\(origin.host):\(origin.port)"
        for directory in directories {
            for name in Set([origin.authority, port]) {
                let path = "\(directory)/\(name)"
                guard let files = try? names(in: path) else { continue }
                for file in files.sorted() {
                    if file.hasSuffix(".crt") { authorities.append("\(path)/\(file)") }
                    guard file.hasSuffix(".cert") else { continue }
                    let key = "\(path)/\(file.dropLast(5)).key"
                    guard exists(key) else {
                        throw RegistryError.configuration(
                            "missing key \(key) for client certificate \(path)/\(file)")
                    }
                    certificates.append("\(path)/\(file)")
                    keys.append(key)
                }
            }
        }
    }
}
