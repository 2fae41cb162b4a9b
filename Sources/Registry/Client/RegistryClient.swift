// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import NIOHTTP1
internal import OCI

/// One repository of a registry at one endpoint: requests with credentials, tried again where that
/// helps.
///
/// https://github.com/opencontainers/distribution-spec/blob/main/spec.md
actor RegistryClient {
    /// What tokens are to permit.
    private let scopes: [TokenScope]
    private var endpoint: Endpoint
    private let transport: Transport
    private let credentials: @Sendable () throws -> Credentials?
    /// `Authorization` of requests, and until when (monotonic nanoseconds).
    private var authorization: (value: String, expires: UInt64)?
    /// Whether it is known what the endpoint speaks.
    private var isProbed = false
    private var login: Task<Void, any Error>?

    init(
        _ endpoint: Endpoint, scopes: [TokenScope], transport: Transport,
        credentials: @escaping @Sendable () throws -> Credentials?
    ) {
        self.endpoint = endpoint
        self.scopes = scopes
        self.transport = transport
        self.credentials = credentials
    }

    nonisolated var policy: RetryPolicy { RetryPolicy(patience: transport.patience) }
    nonisolated var patience: Patience { transport.patience }

    /// The endpoint as it is reached: over https, or plain.
    func reached() async throws -> Endpoint {
        try await probe()
        return endpoint
    }

    /// Asks for something of the repository.
    /// - Parameter path: below the repository: `manifests/latest`.
    func get(
        _ path: String, method: String = "GET", headers: [(String, String)] = []
    ) async throws -> Response {
        let address = try await reached().address(path)
        return try await send(Request(method: method, address: address, headers: headers))
    }

    /// Sends a request with what credentials it needs, and again while it fails for a while.
    /// Statuses that are not passing are the caller's.
    func send(_ request: Request, retries: Bool = true) async throws -> Response {
        try await probe()
        var failures = 0
        while true {
            try Task.checkCancellation()
            var retryAfter: String?
            let failure: any Error
            do {
                let response = try await authorized(request)
                guard RetryPolicy.isPassing(response.status) else { return response }
                retryAfter = response.header("retry-after")
                let what = "\(request.method) \(request.address.shown)"
                let reason = await response.reason()
                failure =
                    response.status == 429
                    ? RegistryError.tooManyRequests(what)
                    : RegistryError.status(response.status, what, reason)
            } catch let error as RegistryError {
                guard case .unreachable = error else { throw error }
                failure = error
            }
            failures += 1
            guard retries,
                let delay = policy.delay(
                    failures: failures, retryAfter: retryAfter,
                    now: Int64(Clock.realtime / 1_000_000_000), chance: .random(in: 0...1))
            else { throw failure }
            try await Task.sleep(for: .seconds(delay))
        }
    }

    // MARK: - Credentials

    private func authorized(_ request: Request) async throws -> Response {
        if let authorization, authorization.expires < Clock.monotonic { self.authorization = nil }
        let first = try await transport.send(
            request, via: endpoint, authorization: authorization(for: request))
        // Of where a redirect led, the challenge is not ours.
        guard first.status == 401, first.address.origin == request.address.origin else {
            return first
        }
        let values = first.headers["www-authenticate"]
        let reason = await first.reason()
        let used = authorization?.value
        try await answer(Challenge.parse(values), used: used, reason: reason)
        return try await transport.send(
            request, via: endpoint, authorization: authorization(for: request))
    }

    private func authorization(for request: Request) -> String? {
        request.address.origin == endpoint.origin ? authorization?.value : nil
    }

    /// Gets what a challenge asks for. Of several requests that are challenged at once, one does it.
    private func answer(
        _ challenges: [Challenge], used: String?, reason: String
    ) async throws {
        if let login { return try await login.value }
        guard authorization?.value == used else { return }  // another has renewed it
        let task = Task { try await self.logIn(challenges, reason: reason) }
        login = task
        defer { login = nil }
        try await task.value
    }

    private func logIn(_ challenges: [Challenge], reason: String) async throws {
        for case .bearer(let realm, let service, let scope) in challenges {
            let token = try await token(realm: realm, service: service, scope: scope)
            authorization = ("Bearer \(token.text)", token.expires)
            return
        }
        guard challenges.contains(.basic) else {
            throw RegistryError.unauthorized(reason.isEmpty ? "authentication required" : reason)
        }
        guard let header = try credentials()?.basicHeader else {
            throw RegistryError.refused("no basic auth credentials")
        }
        authorization = (header, .max)
    }

    private func token(realm: String, service: String?, scope stated: String?) async throws -> Token
    {
        guard let address = WebAddress(parsing: realm) else {
            throw RegistryError.invalid("invalid token realm \(quoted(realm))")
        }
        let known = try credentials()
        if let reason = TokenRealm.refusal(realm: address.origin, registry: endpoint.origin) {
            guard known == nil, address.origin.isSecure || !endpoint.origin.isSecure else {
                throw RegistryError.invalid(
                    "refusing to show credentials of \(endpoint.server) to the token realm"
                        + " \(quoted(realm)): \(reason)")
            }
        }
        // Our own words: a registry does not decide what we ask for.
        var parameters: [(String, String)] = service.map { [("service", $0)] } ?? []
        let own = scopes.filter { !$0.repository.isEmpty }.map(\.text)
        parameters += (own.isEmpty ? [stated].compactMap { $0 } : own).map { ("scope", $0) }
        let request: Request
        if case .identityToken(let secret)? = known {
            parameters += [
                ("grant_type", "refresh_token"), ("client_id", "swocker"),
                ("refresh_token", secret),
            ]
            let form = parameters.map { "\($0)=\(percentEncoded($1))" }.joined(separator: "&")
            request = Request(
                method: "POST", address: address,
                headers: [("Content-Type", "application/x-www-form-urlencoded")],
                body: .bytes(Array(form.utf8)), followsRedirects: false)
        } else {
            request = Request(address: address.adding(parameters))
        }
        let response = try await fetchToken(request, known)
        let bytes = try await response.bytes(limit: 1 << 20, "token of \(address.shown)")
        guard let token = Token(json: bytes, now: Clock.monotonic) else {
            throw RegistryError.invalid("\(address.shown): the answer holds no token")
        }
        return token
    }

    private func fetchToken(_ request: Request, _ known: Credentials?) async throws -> Response {
        var failures = 0
        while true {
            let response = try await transport.send(
                request, via: endpoint, authorization: known?.basicHeader)
            switch response.status {
            case 200: return response
            case 401, 403:
                let reason = await response.reason()
                throw RegistryError.unauthorized(
                    reason.isEmpty ? "incorrect username or password" : reason)
            default: break
            }
            failures += 1
            let reason = await response.reason()
            guard RetryPolicy.isPassing(response.status),
                let delay = policy.delay(
                    failures: failures, retryAfter: response.header("retry-after"))
            else {
                throw RegistryError.status(
                    response.status, "token of \(request.address.shown)", reason)
            }
            try await Task.sleep(for: .seconds(delay))
        }
    }

    // MARK: - What it speaks

    /// Where plain http is allowed too, finds out once whether the registry speaks TLS.
    private func probe() async throws {
        guard !isProbed, endpoint.mayBePlain, endpoint.origin.isSecure else { return }
        do {
            let response = try await transport.send(
                Request(address: endpoint.base), via: endpoint, authorization: nil)
            await response.discard()
        } catch let error as RegistryError {
            guard case .unreachable = error else { throw error }
            endpoint = endpoint.plain
        }
        isProbed = true
    }

    /// Proves the credentials of this registry, as `login` does: its base address must let us in.
    func ping() async throws {
        try await probe()
        let response = try await send(Request(address: endpoint.base))
        guard response.status == 200 else {
            let reason = await response.reason()
            guard response.status != 401 else {
                throw RegistryError.unauthorized(
                    reason.isEmpty ? "incorrect username or password" : reason)
            }
            throw RegistryError.status(response.status, "GET \(endpoint.base.shown)", reason)
        }
        await response.discard()
    }
}
