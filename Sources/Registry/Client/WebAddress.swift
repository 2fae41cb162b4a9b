// SPDX-License-Identifier: Apache-2.0

/// A URL of the web (RFC 3986), as registries use them: http or https, host, port, path with query.
/// One with a user's name in it is none: credentials never travel in an address.
public struct WebAddress: Hashable, Sendable {
    /// Whose address it is: credentials for one origin are for no other.
    public struct Origin: Hashable, Sendable {
        public var isSecure: Bool
        /// Lower-case; an IPv6 address stands in brackets.
        public var host: String
        public var port: Int
    }

    public var origin: Origin
    /// Begins with a slash, and has the query.
    public var path: String

    public init(origin: Origin, path: String) {
        self.origin = origin
        self.path = path
    }

    /// Parses an absolute URL; nil for anything else.
    public init?(parsing text: String) {
        let lower = text.lowercased()
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) else {
            return nil
        }
        let isSecure = lower.hasPrefix("https://")
        guard isSecure || lower.hasPrefix("http://") else { return nil }
        let rest = text.dropFirst(isSecure ? 8 : 7).prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard let origin = Origin(authority: String(authority), isSecure: isSecure) else {
            return nil
        }
        let path = rest.dropFirst(authority.count)
        self.init(origin: origin, path: path.hasPrefix("/") ? String(path) : "/\(path)")
    }

    /// Where a `Location` leads from here; nil for what is no address (RFC 9110, 10.2.2).
    public func resolving(_ location: String) -> WebAddress? {
        if location.hasPrefix("//") {
            return WebAddress(parsing: (origin.isSecure ? "https:" : "http:") + location)
        }
        guard location.hasPrefix("/") else { return WebAddress(parsing: location) }
        return WebAddress(parsing: origin.description + location)
    }

    /// The same with parameters added to the query, encoded.
    public func adding(_ parameters: [(String, String)]) -> WebAddress {
        var address = self
        for (name, value) in parameters {
            address.path += address.path.contains("?") ? "&" : "?"
            address.path += "\(name)=\(percentEncoded(value))"
        }
        return address
    }
}

extension WebAddress: CustomStringConvertible {
    public var description: String { origin.description + path }

    /// Without the query, which may hold what gives access.
    public var shown: String { origin.description + path.prefix { $0 != "?" } }
}

extension WebAddress.Origin: CustomStringConvertible {
    /// Parses `host[:port]`; nil for anything else.
    public init?(authority: String, isSecure: Bool) {
        var host = authority[...]
        var port = isSecure ? 443 : 80
        let afterBracket = authority.lastIndex(of: "]") ?? authority.startIndex
        if let colon = authority[afterBracket...].lastIndex(of: ":") {
            guard let number = Int(authority[colon...].dropFirst()), (1...65535).contains(number)
            else { return nil }
            port = number
            host = authority[..<colon]
        }
        guard !host.isEmpty, !host.contains("@"), host.hasPrefix("[") == host.hasSuffix("]") else {
            return nil
        }
        self.init(isSecure: isSecure, host: host.lowercased(), port: port)
    }

    /// `host[:port]`, the port where it is not the usual one.
    public var authority: String {
        port == (isSecure ? 443 : 80) ? host : "\(host):\(port)"
    }

    public var description: String { (isSecure ? "https://" : "http://") + authority }

    /// Whether the host is this machine by its name alone: 127.0.0.0/8, ::1, localhost.
    public var isLoopback: Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

/// A value of a query (RFC 3986, 2.1): what is not unreserved is encoded, but for `:`, `/` and `,`.
func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: bytes.append(byte)
        case _ where "-._~:/,".utf8.contains(byte): bytes.append(byte)
        default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
