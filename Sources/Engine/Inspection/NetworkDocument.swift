// SPDX-License-Identifier: Apache-2.0

internal import OCI

extension ContainerDocument {
    /// Docker's `NetworkSettings`. Every member is there, for scripts look for them; what a network
    /// without addresses leaves open is empty.
    var networkSettings: JSONValue {
        let names = NetworkMode.names(of: container.record.hostConfiguration.networkMode)
        let endpoints = names.map { ($0, Self.endpoint) }
        return [
            "Bridge": "", "SandboxID": "",
            "SandboxKey": .string(state.pid.map { "/proc/\($0)/ns/net" } ?? ""), "Ports": [:],
            "HairpinMode": false, "LinkLocalIPv6Address": "", "LinkLocalIPv6PrefixLen": 0,
            "SecondaryIPAddresses": nil, "SecondaryIPv6Addresses": nil, "EndpointID": "",
            "Gateway": "", "GlobalIPv6Address": "", "GlobalIPv6PrefixLen": 0, "IPAddress": "",
            "IPPrefixLen": 0, "IPv6Gateway": "", "MacAddress": "",
            "Networks": .object(JSONObject(endpoints)),
        ]
    }

    /// The connection to a network without addresses: `none`, `host`.
    private static var endpoint: JSONValue {
        [
            "IPAMConfig": nil, "Links": nil, "Aliases": nil, "MacAddress": "", "DriverOpts": nil,
            "GwPriority": 0, "NetworkID": "", "EndpointID": "", "Gateway": "", "IPAddress": "",
            "IPPrefixLen": 0, "IPv6Gateway": "", "GlobalIPv6Address": "",
            "GlobalIPv6PrefixLen": 0, "DNSNames": nil,
        ]
    }
}
