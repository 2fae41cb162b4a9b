// SPDX-License-Identifier: Apache-2.0

/// A transport protocol that a port belongs to.
public enum TransportProtocol: String, Codable, CaseIterable, Sendable {
    case tcp, udp, sctp
}

/// A port of a container, spelled `80/tcp`.
public struct Port: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var number: UInt16
    public var transport: TransportProtocol

    public init(_ number: UInt16, _ transport: TransportProtocol = .tcp) {
        self.number = number
        self.transport = transport
    }

    /// Reads `80/tcp`; a missing protocol is tcp. Nil for anything else.
    public init?(parsing text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let spelling = parts.count == 2 ? String(parts[1]) : "tcp"
        guard let number = UInt16(parts[0]), let transport = TransportProtocol(rawValue: spelling)
        else { return nil }
        self.init(number, transport)
    }

    public var description: String { "\(number)/\(transport.rawValue)" }

    public static func < (left: Port, right: Port) -> Bool {
        (left.number, left.transport.rawValue) < (right.number, right.transport.rawValue)
    }
}

/// A host address and port that lead to a container's port.
public struct PortBinding: Codable, Equatable, Sendable {
    /// The host's address; empty for all, IPv4 and IPv6.
    public var hostIP: String
    /// A port, a range `8000-8010` of which the first free one serves, or empty for any.
    public var hostPort: String

    public init(hostIP: String = "", hostPort: String = "") {
        self.hostIP = hostIP
        self.hostPort = hostPort
    }

    enum CodingKeys: String, CodingKey {
        case hostIP = "HostIp"
        case hostPort = "HostPort"
    }
}

/// Which host ports lead to which ports of the container; an object by `80/tcp` in JSON.
public struct PortBindings: Equatable, Sendable {
    private var bindings: [Port: [PortBinding]] = [:]

    public init() {}

    public var isEmpty: Bool { bindings.isEmpty }

    /// The published ports, in ascending order.
    public var ports: [Port] { bindings.keys.sorted() }

    /// The bindings of `port` in the order in which they were asked for.
    public subscript(port: Port) -> [PortBinding] {
        get { bindings[port] ?? [] }
        set { bindings[port] = newValue }
    }
}

extension PortBindings: Codable {
    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: MemberName.self)
        for key in members.allKeys {
            guard let port = Port(parsing: key.stringValue) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: members, debugDescription: "not a port")
            }
            self[port] = try members.decodeIfPresent([PortBinding].self, forKey: key) ?? []
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: MemberName.self)
        for port in ports { try members.encode(self[port], forKey: MemberName("\(port)")) }
    }
}
