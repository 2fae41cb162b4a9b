// SPDX-License-Identifier: Apache-2.0

internal import OCI

/// Through which proxy an address is reached, by the environment: HTTP_PROXY, HTTPS_PROXY, NO_PROXY,
/// in capitals or not, as Go's programs read them.
public struct ProxySettings: Equatable, Sendable {
    /// A proxy, and how we are known there.
    struct Proxy: Hashable, Sendable {
        var host: String
        var port: Int
        var user: String?
        var password = ""

        /// Parses `[http://][user[:password]@]host[:port]`.
        init(parsing text: String) throws(RegistryError) {
            var rest = text[...]
            if rest.lowercased().hasPrefix("http://") { rest = rest.dropFirst(7) }
            rest = rest.prefix { $0 != "/" }
            if let at = rest.lastIndex(of: "@") {
                let pair = rest[..<at].split(separator: ":", maxSplits: 1)
                user = pair.first.map { decoded($0) }
                password = pair.count > 1 ? decoded(pair[1]) : ""
                rest = rest[at...].dropFirst()
            }
            guard !rest.contains("://"),
                let origin = WebAddress.Origin(authority: String(rest), isSecure: false)
            else {
                throw .configuration(
                    "proxy \(quoted(rest)) is not supported: only http proxies are")
            }
            host = origin.host
            port = origin.port
        }
    }

    let http: Proxy?
    let https: Proxy?
    private let exceptions: [String]

    public init(environment: (String) -> String?) throws(RegistryError) {
        func value(_ name: String) -> String? {
            for name in [name, name.lowercased()] {
                if let value = environment(name), !value.isEmpty { return value }
            }
            return nil
        }
        http = try Self.proxy(value("HTTP_PROXY"))
        https = try Self.proxy(value("HTTPS_PROXY"))
        exceptions = (value("NO_PROXY") ?? "").lowercased()
            .split { $0 == "," || $0 == " " }.map(String.init)
    }

    private static func proxy(_ text: String?) throws(RegistryError) -> Proxy? {
        guard let text else { return nil }
        return try Proxy(parsing: text)
    }

    /// nil for a direct way. Loopback has no other.
    func proxy(for origin: WebAddress.Origin) -> Proxy? {
        guard let proxy = origin.isSecure ? https : http, !origin.isLoopback else { return nil }
        return exceptions.contains { Self.excepts($0, origin) } ? nil : proxy
    }

    private static func excepts(_ exception: String, _ origin: WebAddress.Origin) -> Bool {
        if exception == "*" { return true }
        var name = exception[...]
        if let colon = name.lastIndex(of: ":"), let port = Int(name[colon...].dropFirst()) {
            guard port == origin.port else { return false }
            name = name[..<colon]
        }
        if name.hasPrefix("*.") { name = name.dropFirst() }
        if name.hasPrefix(".") { return origin.host.hasSuffix(name) }
        return origin.host == name || origin.host.hasSuffix(".\(name)")
    }
}

/// Percent encoding undone (RFC 3986, 2.1).
private func decoded(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "%"),
            let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
        {
            bytes.append(value)
            rest = rest.dropFirst(2)
        } else {
            bytes.append(byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
