// SPDX-License-Identifier: Apache-2.0

import OCI

/// Docker's types of the objects that `inspect` shows
/// (https://pkg.go.dev/github.com/docker/docker/api/types).
extension GoTypes {
    static let container = GoTypes(
        kind: containerKind, absent: containerAbsent, member: jsonName)
    static let image = GoTypes(kind: containerKind, absent: imageAbsent, member: jsonName)
    static let network = GoTypes(kind: networkKind, absent: mapAbsent, member: jsonName)
    static let volume = GoTypes(kind: networkKind, absent: mapAbsent, member: jsonName)

    /// An event: Docker's `events.Message`.
    static let event = GoTypes(
        kind: { $0 == "Actor.Attributes" ? .map : .list },
        absent: { ["status", "id", "from", "Actor.Attributes.*"].contains($0) ? "" : nil },
        member: { field in
            switch field {
            case "Status": "status"
            case "ID": "id"
            case "From": "from"
            case "Scope": "scope"
            case "Time": "time"
            case "TimeNano": "timeNano"
            default: field
            }
        })

    /// Objects without maps, such as those of `version` and `info`.
    static let plain = GoTypes(kind: { _ in .list }, absent: { _ in nil }, member: { $0 })

    /// Fields whose JSON names Go spells with initials in upper case.
    private static let jsonName: @Sendable (String) -> String = { field in
        switch field {
        case "ID": "Id"
        case "HostIP": "HostIp"
        case "DNS": "Dns"
        case "DNSOptions": "DnsOptions"
        case "DNSSearch": "DnsSearch"
        case "CPUShares": "CpuShares"
        case "NanoCPUs": "NanoCpus"
        case "CPUPeriod": "CpuPeriod"
        case "CPUQuota": "CpuQuota"
        case "CPURealtimePeriod": "CpuRealtimePeriod"
        case "CPURealtimeRuntime": "CpuRealtimeRuntime"
        default: field
        }
    }

    private static let containerKind: @Sendable (String) -> Kind = { path in
        switch path {
        case "Config.Labels", "Config.ExposedPorts", "Config.Volumes", "GraphDriver.Data",
            "HostConfig.Annotations", "HostConfig.LogConfig.Config", "HostConfig.PortBindings",
            "HostConfig.StorageOpt", "HostConfig.Sysctls", "HostConfig.Tmpfs",
            "NetworkSettings.Networks", "NetworkSettings.Networks.*.DriverOpts",
            "NetworkSettings.Ports":
            .map
        case "Config.Healthcheck.Interval", "Config.Healthcheck.Timeout",
            "Config.Healthcheck.StartPeriod", "Config.Healthcheck.StartInterval":
            .duration
        case "Config.Healthcheck", "Config.StopTimeout", "HostConfig.Init",
            "HostConfig.MemorySwappiness", "HostConfig.OomKillDisable", "HostConfig.PidsLimit",
            "NetworkSettings.Networks.*", "NetworkSettings.Networks.*.IPAMConfig", "SizeRootFs",
            "SizeRw", "State.Health":
            .pointer
        default: .list
        }
    }

    private static let containerAbsent: @Sendable (String) -> JSONValue? = { path in
        switch path {
        case "Config.ExposedPorts", "Config.Healthcheck", "Config.Shell", "Config.StopTimeout",
            "HostConfig.Annotations", "HostConfig.Init", "HostConfig.Mounts",
            "HostConfig.StorageOpt", "HostConfig.Sysctls", "HostConfig.Tmpfs", "SizeRootFs",
            "SizeRw", "State.Health", "HostConfig.PortBindings.*", "NetworkSettings.Networks.*",
            "NetworkSettings.Ports.*":
            .null
        case "Config.MacAddress", "Config.StopSignal", "Mounts.Driver", "Mounts.Name",
            "Config.Labels.*", "GraphDriver.Data.*", "HostConfig.Annotations.*",
            "HostConfig.LogConfig.Config.*", "HostConfig.StorageOpt.*", "HostConfig.Sysctls.*",
            "HostConfig.Tmpfs.*", "NetworkSettings.Networks.*.DriverOpts.*":
            ""
        case "Config.Healthcheck.Interval", "Config.Healthcheck.Timeout",
            "Config.Healthcheck.StartPeriod", "Config.Healthcheck.StartInterval",
            "Config.Healthcheck.Retries":
            .integer(0)
        case "Config.NetworkDisabled": false
        case "Config.ExposedPorts.*", "Config.Volumes.*": [:]
        default: nil
        }
    }

    private static let imageAbsent: @Sendable (String) -> JSONValue? = { path in
        switch path {
        case "Author", "Comment", "DockerVersion", "OsVersion", "Parent", "Variant": ""
        default: containerAbsent(path)
        }
    }

    private static let networkKind: @Sendable (String) -> Kind = { path in
        switch path {
        case "Containers", "IPAM.Options", "Labels", "Options", "Status": .map
        default: .list
        }
    }

    private static let mapAbsent: @Sendable (String) -> JSONValue? = { path in
        switch path {
        case "IPAM.Options.*", "Labels.*", "Options.*", "IPAM.Config.Gateway",
            "IPAM.Config.IPRange":
            ""
        default: nil
        }
    }
}
