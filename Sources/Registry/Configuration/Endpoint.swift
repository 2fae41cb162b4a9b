// SPDX-License-Identifier: Apache-2.0

public import OCI

/// Where a repository can be reached: a registry itself, or a mirror of it.
public struct Endpoint: Hashable, Sendable {
    /// The registry's origin; https where both are possible.
    public var origin: WebAddress.Origin
    /// What stands before the repository: `/v2`.
    public var prefix = "/v2"
    /// The repository's name there.
    public var repository: String
    /// Whether the certificate may be anyone's.
    public var skipsVerification = false
    /// Whether plain http will do where https does not answer.
    public var mayBePlain = false
    /// Whether it is not the registry itself.
    public var isMirror = false
    /// A file of certificate authorities, besides those of the system.
    public var authority: String?

    /// Docker Hub answers to its images' domain under another name.
    static let hubHost = "registry-1.docker.io"

    /// The registry of a reference itself.
    public init?(of reference: Reference) {
        let host = reference.domain == "docker.io" ? Self.hubHost : reference.domain
        self.init(host: host, repository: reference.path)
    }

    /// A registry by its host and port; loopback may be plain http.
    public init?(host: String, repository: String) {
        guard let origin = WebAddress.Origin(authority: host, isSecure: true) else { return nil }
        self.origin = origin
        self.repository = repository
        mayBePlain = origin.isLoopback
    }

    /// The same without TLS.
    var plain: Endpoint {
        var endpoint = self
        endpoint.origin.isSecure = false
        if origin.port == 443 { endpoint.origin.port = 80 }
        endpoint.mayBePlain = false
        return endpoint
    }

    /// An address of the repository: `manifests/latest`.
    func address(_ path: String) -> WebAddress {
        WebAddress(origin: origin, path: "\(prefix)/\(repository)/\(path)")
    }

    /// The address that every registry has.
    var base: WebAddress { WebAddress(origin: origin, path: "\(prefix)/") }

    /// The server by which credentials are known.
    var server: String {
        origin.host == Self.hubHost ? "docker.io" : origin.authority
    }
}
