// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import Networking
internal import OCI

/// A network as the database has it.
public struct Network: Equatable, Sendable {
    /// 64 hexadecimal digits.
    public let id: String
    public var name: String
    public var created: Timestamp
    public var record: NetworkRecord

    /// The 12 digits that people use.
    public var shortID: String { String(id.prefix(12)) }

    /// The bridge's device on the host.
    var bridgeName: String {
        record.options[NetworkOption.bridgeName] ?? "sw-\(shortID)"
    }

    /// What the firewall must know of it.
    var elements: [FirewallElement] {
        FirewallElement.network(
            bridge: bridgeName, subnets: record.subnets.compactMap(\.range),
            isInternal: record.isInternal, isIsolated: record.isIsolated,
            masquerades: record.isOn(NetworkOption.masquerade))
    }

    /// One of the three that are always there.
    public var isPredefined: Bool { ["bridge", "host", "none"].contains(name) }

    /// Whether containers on it may choose addresses and have aliases: not on those that are always
    /// there, as with Docker.
    var isUserDefined: Bool { !isPredefined }
}

/// What is fixed about a network when it is created.
public struct NetworkRecord: Codable, Equatable, Sendable {
    /// "bridge", "host" or "null".
    public var driver = "bridge"
    public var isInternal = false
    public var isAttachable = false
    public var hasIPv4 = true
    public var hasIPv6 = false
    /// At most one for each family; none until the network is first used, if nobody named one.
    public var subnets: [NetworkSubnet] = []
    public var options: [String: String] = [:]
    public var labels: [String: String] = [:]

    public init() {}

    /// The host's own addresses on the bridge.
    var gateways: [AddressWithPrefix] {
        subnets.compactMap { subnet in
            guard let range = subnet.range, let gateway = subnet.gatewayAddress else { return nil }
            return AddressWithPrefix(gateway, in: range)
        }
    }

    /// Bytes of a packet; nil for the kernel's 1500.
    var mtu: Int? { options[NetworkOption.mtu].flatMap { Int($0) } }

    /// Whether its containers cannot reach each other (`enable_icc=false`).
    var isIsolated: Bool { !isOn(NetworkOption.betweenContainers) }

    func isOn(_ option: String) -> Bool { !["false", "0"].contains(options[option] ?? "true") }

    func subnet(isIPv4: Bool) -> NetworkSubnet? {
        subnets.first { $0.range?.isIPv4 == isIPv4 }
    }
}

/// A range of addresses of a network.
public struct NetworkSubnet: Codable, Equatable, Sendable {
    /// "172.18.0.0/16".
    public var subnet: String
    /// The part from which addresses are given; nil for all of it.
    public var ipRange: String?
    /// The host's own address in it.
    public var gateway: String
    /// Names of devices that have addresses in the range already, and those.
    public var auxiliaryAddresses: [String: String] = [:]
    /// Whether somebody asked for this range; only then may addresses be chosen.
    public var isChosen = false

    public init(subnet: String, ipRange: String? = nil, gateway: String, isChosen: Bool) {
        self.subnet = subnet
        self.ipRange = ipRange
        self.gateway = gateway
        self.isChosen = isChosen
    }

    var range: Subnet? { Subnet(parsing: subnet) }
    var gatewayAddress: IPAddress? { IPAddress(parsing: gateway) }
}

/// Docker's names of the bridge driver's options.
public enum NetworkOption {
    static let bridgeName = "com.docker.network.bridge.name"
    static let mtu = "com.docker.network.driver.mtu"
    static let masquerade = "com.docker.network.bridge.enable_ip_masquerade"
    static let betweenContainers = "com.docker.network.bridge.enable_icc"
    static let hostBinding = "com.docker.network.bridge.host_binding_ipv4"

    /// Those that the engine acts on. The default network carries some of them, as Docker's does.
    static let all = [bridgeName, mtu, masquerade, betweenContainers, hostBinding]
}

/// What `network create` asks for.
public struct NetworkRequest: Equatable, Sendable {
    public var name: String
    public var driver = "bridge"
    public var isInternal = false
    public var isAttachable = false
    /// nil for the default: IPv4 yes, IPv6 no.
    public var hasIPv4: Bool?
    public var hasIPv6: Bool?
    public var subnets: [String] = []
    public var ipRanges: [String] = []
    public var gateways: [String] = []
    public var auxiliaryAddresses: [String: String] = [:]
    public var options: [String: String] = [:]
    public var labels: [String: String] = [:]

    public init(name: String) { self.name = name }
}
