// SPDX-License-Identifier: Apache-2.0

/// All that is said when a container is created.
public struct CreateRequest: Equatable, Sendable {
    /// When the registry is asked for the image.
    public enum PullPolicy: String, CaseIterable, Sendable {
        case always, missing, never
    }

    /// The container's name; nil to have one made up.
    public var name: String?
    /// `os[/arch[/variant]]`; nil for this machine's.
    public var platform: String?
    public var pull = PullPolicy.missing
    /// Whether the pull says nothing.
    public var quiet = false
    /// The image and what to run of it.
    public var configuration = ContainerConfiguration()
    public var hostConfiguration = HostConfiguration()
    /// The networks to join, the primary one first; empty for `default`, `host`, `none` and
    /// `container:X`, which `hostConfiguration.networkMode` says alone.
    public var networks: [NetworkAttachment] = []

    public init() {}
}

/// A network to join and who to be there.
public struct NetworkAttachment: Codable, Equatable, Sendable {
    public var network: String
    public var aliases: [String] = []
    public var ipv4Address: String?
    public var ipv6Address: String?
    public var linkLocalAddresses: [String] = []
    public var macAddress: String?
    public var driverOptions: [String: String] = [:]
    /// The network with the highest priority provides the default gateway.
    public var gatewayPriority = 0
    /// What this container alone calls others: `name[:alias]`, on record `ID:alias`.
    public var links: [String]?

    public init(network: String) { self.network = network }

    /// Whether nothing but the network's name was said.
    public var isPlain: Bool { self == NetworkAttachment(network: network) }
}
