// SPDX-License-Identifier: Apache-2.0

internal import Linux
public import OCI
internal import SQLite

/// A container's networks and ports, for `inspect`.
struct NetworkSettings: ~Copyable {
    /// The networks that it belongs to, with what it leases there while it runs.
    var endpoints: [(network: Network, row: EndpointTable.Row)] = []
    var ports: [PortLease] = []

    /// What the container is called in every network that it belongs to.
    private var names: [String] = []

    /// Nothing but a mode: `none`, `host`.
    var mode = ""

    init(of container: Container, in database: borrowing Database) throws {
        mode = container.record.hostConfiguration.networkMode
        guard NetworkModeText.isBridged(mode) else { return }
        names = [container.name, container.shortID, container.record.configuration.hostname]
        for row in try EndpointTable.rows(ofContainer: container.id, in: database) {
            endpoints.append((try NetworkTable.find(row.network, in: database), row))
        }
        ports = try PortTable.leases(of: container.id, in: database)
    }

    /// Docker's `NetworkSettings`. Every member is there, for scripts look for them; what there is
    /// nothing to say of is empty.
    func value(pid: Int32?) -> JSONValue {
        let main = endpoints.first { $0.network.name == "bridge" }.map { endpoint($0, $1) }
        func text(_ key: String) -> JSONValue { main?[key] ?? "" }
        func number(_ key: String) -> JSONValue { main?[key] ?? 0 }
        return [
            "Bridge": "", "SandboxID": "",
            "SandboxKey": .string(pid.map { "/proc/\($0)/ns/net" } ?? ""), "Ports": portsValue,
            "HairpinMode": false, "LinkLocalIPv6Address": "", "LinkLocalIPv6PrefixLen": 0,
            "SecondaryIPAddresses": nil, "SecondaryIPv6Addresses": nil,
            "EndpointID": text("EndpointID"), "Gateway": text("Gateway"),
            "GlobalIPv6Address": text("GlobalIPv6Address"),
            "GlobalIPv6PrefixLen": number("GlobalIPv6PrefixLen"), "IPAddress": text("IPAddress"),
            "IPPrefixLen": number("IPPrefixLen"), "IPv6Gateway": text("IPv6Gateway"),
            "MacAddress": text("MacAddress"), "Networks": networks,
        ]
    }

    private var networks: JSONValue {
        if ["none", "host"].contains(mode) {
            return .object(JSONObject([(mode, Self.endpoint(id: "", "", nil, nil))]))
        }
        return .object(
            JSONObject(endpoints.map { ($0.network.name, endpoint($0.network, $0.row)) }))
    }

    private var portsValue: JSONValue {
        var byPort: [Port: [JSONValue]] = [:]
        for lease in ports {
            for (hostPort, port) in zip(lease.hostPorts, lease.containerPort...) {
                byPort[Port(port, lease.transport), default: []].append([
                    "HostIp": .string("\(lease.hostAddress)"), "HostPort": .string("\(hostPort)"),
                ])
            }
        }
        return .object(
            JSONObject(byPort.keys.sorted().map { ("\($0)", .array(byPort[$0] ?? [])) }))
    }

    private func endpoint(_ network: Network, _ row: EndpointTable.Row) -> JSONValue {
        Self.endpoint(
            id: row.cable == nil ? "" : row.id, network.id, NetworkLease(row, in: network), row,
            names: (names + row.settings.aliases).reduce(into: []) {
                if !$0.contains($1) { $0.append($1) }
            })
    }

    private static func endpoint(
        id: String, _ network: String, _ lease: NetworkLease?, _ row: EndpointTable.Row?,
        names: [String] = []
    ) -> JSONValue {
        func gateway(_ own: AddressWithPrefix?) -> JSONValue {
            let found = lease?.gateways.first { $0.isIPv4 == own?.address.isIPv4 }
            return .string(own == nil ? "" : found.map { "\($0)" } ?? "")
        }
        let aliases = (row?.settings.aliases ?? []).map(JSONValue.string)
        return [
            "IPAMConfig": wishes(row?.settings), "Links": nil,
            "Aliases": aliases.isEmpty ? .null : .array(aliases),
            "MacAddress": .string(lease.map { "\($0.mac)" } ?? ""), "DriverOpts": nil,
            "GwPriority": .integer(Int64(row?.settings.gatewayPriority ?? 0)),
            "NetworkID": .string(network), "EndpointID": .string(id),
            "Gateway": gateway(lease?.ipv4),
            "IPAddress": .string(lease?.ipv4.map { "\($0.address)" } ?? ""),
            "IPPrefixLen": .integer(Int64(lease?.ipv4?.prefix ?? 0)),
            "IPv6Gateway": gateway(lease?.ipv6),
            "GlobalIPv6Address": .string(lease?.ipv6.map { "\($0.address)" } ?? ""),
            "GlobalIPv6PrefixLen": .integer(Int64(lease?.ipv6?.prefix ?? 0)),
            "DNSNames": names.isEmpty ? .null : .array(names.map(JSONValue.string)),
        ]
    }

    private static func wishes(_ settings: NetworkAttachment?) -> JSONValue {
        let wishes = [
            ("IPv4Address", settings?.ipv4Address), ("IPv6Address", settings?.ipv6Address),
        ].compactMap { key, value in value.map { (key, JSONValue.string($0)) } }
        return wishes.isEmpty ? .null : .object(JSONObject(wishes))
    }
}

extension Engine {
    /// All that is known of a network, as Docker's `network inspect` has it.
    public func inspectNetwork(_ text: String) throws -> JSONValue {
        let database = try open()
        let network = try NetworkTable.find(text, in: database)
        let record = network.record
        var containers: [(String, JSONValue)] = []
        for row in try EndpointTable.rows(ofNetwork: network.id, in: database) {
            guard let lease = NetworkLease(row, in: network),
                let container = try ContainerTable.container(id: row.container, in: database)
            else { continue }
            containers.append(
                (
                    row.container,
                    [
                        "Name": .string(container.name), "EndpointID": .string(row.id),
                        "MacAddress": .string("\(lease.mac)"),
                        "IPv4Address": .string(lease.ipv4.map { "\($0)" } ?? ""),
                        "IPv6Address": .string(lease.ipv6.map { "\($0)" } ?? ""),
                    ]
                ))
        }
        let ranges = record.subnets.map { subnet -> JSONValue in
            var members: [(String, JSONValue)] = [("Subnet", .string(subnet.subnet))]
            if let range = subnet.ipRange { members.append(("IPRange", .string(range))) }
            members.append(("Gateway", .string(subnet.gateway)))
            return .object(JSONObject(members))
        }
        return [
            "Name": .string(network.name), "Id": .string(network.id),
            "Created": .string(network.created.rfc3339Nano), "Scope": "local",
            "Driver": .string(record.driver), "EnableIPv4": .bool(record.hasIPv4),
            "EnableIPv6": .bool(record.hasIPv6),
            "IPAM": ["Driver": "default", "Options": nil, "Config": .array(ranges)],
            "Internal": .bool(record.isInternal), "Attachable": .bool(record.isAttachable),
            "Ingress": false, "ConfigFrom": ["Network": ""], "ConfigOnly": false,
            "Containers": .object(JSONObject(containers)), "Options": .texts(record.options),
            "Labels": .texts(record.labels),
        ]
    }
}

extension JSONValue {
    /// An object of texts, by their names.
    fileprivate static func texts(_ texts: [String: String]) -> JSONValue {
        .object(
            JSONObject(texts.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
    }
}
