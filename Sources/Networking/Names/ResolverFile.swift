// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import Linux

/// What resolv.conf(5) says.
public struct ResolverFile: Equatable, Sendable {
    /// Where names are asked for.
    public struct Server: Equatable, Sendable {
        public let address: IPAddress
        /// The device of a link-local address; empty for others.
        let zone: String

        /// Reads "192.0.2.1" or "fe80::1%eth0".
        public init?(_ text: some StringProtocol) {
            let parts = text.split(separator: "%", maxSplits: 1)
            guard let first = parts.first, let address = IPAddress(parsing: String(first)) else {
                return nil
            }
            self.address = address
            zone = parts.count == 2 ? String(parts[1]) : ""
        }

        /// The `struct sockaddr_in` or `sockaddr_in6` of its port 53.
        public var socketName: [UInt8] {
            var name = socketAddress(address, 53)
            guard !address.isIPv4, !zone.isEmpty else { return name }
            let index = UInt32(zone) ?? if_nametoindex(zone)
            withUnsafeBytes(of: index) { name.replaceSubrange(24..<28, with: $0) }
            return name
        }
    }

    /// In the order in which they are asked.
    public var servers: [Server] = []
    /// The domains in which a short name is looked for.
    public var search: [String] = []
    public var options: [String] = []

    public init() {}

    /// Reads a file's text. What is no line of such a file is passed over, as libc does.
    public init(parsing text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(whereSeparator: \.isWhitespace)
            switch words.first {
            case "nameserver":
                if words.count > 1, let server = Server(words[1]) { servers.append(server) }
            case "search", "domain": search = words.dropFirst().map(String.init)
            case "options": options += words.dropFirst().map(String.init)
            default: break
            }
        }
    }

    /// Those that libc asks, three at most; with none, this machine.
    public var effectiveServers: [Server] {
        let found = Array(servers.prefix(3))
        return found.isEmpty ? [Server("127.0.0.1")].compactMap { $0 } : found
    }
}
