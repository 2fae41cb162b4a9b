// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
internal import Linux
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// Requests over HTTP, one at a time: who is asked, through which proxy, and whom TLS believes. It
/// follows redirects, and shows credentials to nobody but the origin that they were meant for.
final class Transport: Sendable {
    private let clients = NIOLockedValueBox<[Key: HTTPClient]>([:])
    private let loops: MultiThreadedEventLoopGroup
    private let proxies: ProxySettings
    private let certificates: [String]
    let patience: Patience

    /// What a client of the library is configured by.
    private struct Key: Hashable {
        let origin: WebAddress.Origin
        let skipsVerification: Bool
        let authority: String?
    }

    /// - Parameter certificates: directories with certificates by host.
    init(proxies: ProxySettings, certificates: [String], patience: Patience) {
        self.proxies = proxies
        self.certificates = certificates
        self.patience = patience
        loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    }

    /// Sends a request and follows where it is led, at most five times.
    /// - Parameter authorization: for the request's own origin alone.
    func send(
        _ request: Request, via endpoint: Endpoint, authorization: String?
    ) async throws -> Response {
        var address = request.address
        for _ in 0...Self.mostRedirects {
            let isOwn = address.origin == request.address.origin
            let response = try await exchange(
                request, at: address, via: isOwn ? endpoint : nil,
                authorization: isOwn ? authorization : nil)
            guard request.followsRedirects, [301, 302, 303, 307, 308].contains(response.status),
                let location = response.headers.first(name: "location")
            else { return response }
            await response.discard()
            guard let next = address.resolving(location) else {
                throw RegistryError.invalid(
                    "\(address.shown): redirected to what is no address of the web")
            }
            guard next.origin.isSecure || !address.origin.isSecure else {
                throw RegistryError.invalid(
                    "\(address.shown): refusing to be redirected from https to plain http"
                        + " (\(next.origin))")
            }
            address = next
        }
        throw RegistryError.invalid("\(request.address.shown): too many redirects")
    }

    private static let mostRedirects = 5

    private func exchange(
        _ request: Request, at address: WebAddress, via endpoint: Endpoint?, authorization: String?
    ) async throws -> Response {
        let client = try client(for: address.origin, endpoint)
        var message = HTTPClientRequest(url: address.description)
        message.method = HTTPMethod(rawValue: request.method)
        for (name, value) in request.headers { message.headers.add(name: name, value: value) }
        message.headers.replaceOrAdd(name: "User-Agent", value: "swocker")
        if let authorization {
            message.headers.replaceOrAdd(name: "Authorization", value: authorization)
        }
        message.body = try request.body.message()
        do {
            let response = try await client.execute(message, deadline: .distantFuture)
            return Response(
                status: Int(response.status.code), headers: response.headers, body: response.body,
                address: address, patience: patience)
        } catch {
            throw Self.worded(error, "\(request.method) \(address.shown)")
        }
    }

    /// A failure of the network in one line.
    static func worded(_ error: any Error, _ what: String) -> any Error {
        switch error {
        case is CancellationError, is RegistryError, is KernelError: return error
        case let error as HTTPClientError where error == .cancelled: return CancellationError()
        case let error as NIOSSLError: return tls("\(error)", what)
        case let error as NIOSSLExtraError: return tls("\(error)", what)
        case let error as NIOConnectionError:
            let reason =
                error.connectionErrors.first.map { reasonOf($0.error) }
                ?? (error.dnsAError ?? error.dnsAAAAError).map { _ in "no such host" }
            return RegistryError.unreachable(
                what, reason: "connect to \(error.host):\(error.port): \(reason ?? "failed")")
        default: return RegistryError.unreachable(what, reason: reasonOf(error))
        }
    }

    private static func reasonOf(_ error: any Error) -> String {
        switch error {
        case let error as IOError: "\(Errno(rawValue: error.errnoCode))"
        case let error as HTTPClientError: words(error)
        case let error as HTTPParserError where error == .invalidEOFState:
            "the connection was closed"
        case is HTTPParserError: "the answer is no HTTP"
        default: printable("\(error)")
        }
    }

    private static func words(_ error: HTTPClientError) -> String {
        switch error {
        case .readTimeout: "timeout: nothing came"
        case .writeTimeout: "timeout: nothing was taken"
        case .connectTimeout: "connect: timeout"
        case .remoteConnectionClosed: "the connection was closed"
        default: printable(error.description)
        }
    }

    private static func tls(_ text: String, _ what: String) -> RegistryError {
        if text.contains("CERTIFICATE_VERIFY_FAILED")
            || text.contains("unableToValidateCertificate")
        {
            return .invalid(
                "\(what): tls: failed to verify certificate: it is of an unknown authority")
        }
        if text.contains("noCertificateToValidate") || text.contains("failedToVerify") {
            return .invalid("\(what): tls: failed to verify certificate: it is not for this host")
        }
        return .unreachable(what, reason: "tls: \(printable(text))")
    }

    // MARK: - Clients

    private func client(
        for origin: WebAddress.Origin, _ endpoint: Endpoint?
    ) throws -> HTTPClient {
        let key = Key(
            origin: origin, skipsVerification: endpoint?.skipsVerification ?? false,
            authority: endpoint?.authority)
        if let client = clients.withLockedValue({ $0[key] }) { return client }
        let made = try make(key)
        return clients.withLockedValue { clients in
            if let client = clients[key] { return client }
            clients[key] = made
            return made
        }
    }

    private func make(_ key: Key) throws -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.decompression = .disabled
        configuration.timeout = HTTPClient.Configuration.Timeout(
            connect: .seconds(patience.connect), read: .seconds(patience.idle),
            write: .seconds(patience.idle))
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 16
        if let proxy = proxies.proxy(for: key.origin) {
            configuration.proxy = .server(
                host: proxy.host, port: proxy.port,
                authorization: proxy.user.map { .basic(username: $0, password: proxy.password) })
        }
        if key.origin.isSecure { configuration.tlsConfiguration = try tls(key) }
        return HTTPClient(
            eventLoopGroupProvider: .shared(loops), configuration: configuration)
    }

    private func tls(_ key: Key) throws -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if key.skipsVerification { tls.certificateVerification = .none }
        let files = try RegistryCertificates(of: key.origin, in: certificates)
        tls.additionalTrustRoots = (files.authorities + [key.authority].compactMap { $0 })
            .map { .file($0) }
        if let (certificate, own) = files.client {
            do {
                tls.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate)
                    .map { .certificate($0) }
                tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: own, format: .pem))
            } catch {
                throw RegistryError.configuration("\(certificate): \(error)")
            }
        }
        return tls
    }
}

/// How long we wait.
public struct Patience: Sendable {
    /// Seconds for a connection.
    public var connect: Int64 = 15
    /// Seconds in which at least something must come, and `floor` bytes on average.
    public var idle: Int64 = 30
    /// The fewest bytes in `idle` seconds of a body.
    public var floor: Int64 = 1024
    /// How often something is tried.
    public var attempts = 5
    /// Seconds that a registry may ask us to wait.
    public var longest: Double = 60

    /// SWOCKER_REGISTRY_TIMEOUT sets the seconds of both.
    public init(environment: (String) -> String?) {
        guard let text = environment("SWOCKER_REGISTRY_TIMEOUT"), let seconds = Int64(text),
            (1...3600).contains(seconds)
        else { return }
        connect = seconds
        idle = seconds
    }
}
