// SPDX-License-Identifier: Apache-2.0

import Engine
import OCI

/// Turns parsed options into the engine's request, group by group. Throws `InvalidValue`,
/// `ConfigurationError` or `UsageError`.
struct RunOptionsBuilder {
    let arguments: Arguments
    let client: RunOptions.Client

    func request() throws -> CreateRequest {
        var request = CreateRequest()
        request.name = arguments.string("name").flatMap { $0.isEmpty ? nil : $0 }
        request.platform = try platform()
        request.pull = try PullText.parse(arguments.text("pull"))
        request.quiet = arguments.flag("quiet")
        if arguments.isSet("gpus") { throw InvalidValue("--gpus is not supported yet") }
        try readProcess(&request.configuration)
        try readResources(&request.hostConfiguration)
        try readFiles(&request)
        try readPorts(&request)
        try readIsolation(&request.hostConfiguration)
        try readLife(&request)
        let networks = try NetworkChoice(arguments)
        request.hostConfiguration.networkMode = networks.mode
        request.networks = networks.attachments
        return request
    }

    private func platform() throws -> String? {
        let text = arguments.string("platform") ?? client.environment("DOCKER_DEFAULT_PLATFORM")
        guard let text, !text.isEmpty else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 3, !parts.contains("") else {
            throw InvalidValue(
                "error parsing specified platform: \"\(text)\": cannot parse platform specifier:"
                    + " invalid argument")
        }
        return text
    }

    /// What runs, as whom, and with which words and streams.
    private func readProcess(_ configuration: inout ContainerConfiguration) throws {
        configuration.image = arguments.operands.first ?? ""
        configuration.cmd = Array(arguments.operands.dropFirst())
        if arguments.isSet("entrypoint") {
            configuration.entrypoint = [arguments.text("entrypoint")]
        }
        configuration.hostname = arguments.text("hostname")
        configuration.domainname = arguments.text("domainname")
        configuration.user = arguments.text("user")
        configuration.workingDir = arguments.text("workdir")
        configuration.env = try EnvironmentText.variables(
            files: arguments.list("env-file"), given: arguments.list("env"), client: client)
        configuration.labels = try LabelText.labels(
            files: arguments.list("label-file"), given: arguments.list("label"), client: client)
        readStreams(&configuration)
    }

    private func readStreams(_ configuration: inout ContainerConfiguration) {
        let streams = arguments.list("attach").compactMap {
            StreamName(rawValue: $0.lowercased())
        }
        configuration.tty = arguments.flag("tty")
        configuration.openStdin = arguments.flag("interactive")
        configuration.attachStdin = configuration.openStdin || streams.contains(.stdin)
        configuration.attachStdout = streams.isEmpty || streams.contains(.stdout)
        configuration.attachStderr = streams.isEmpty || streams.contains(.stderr)
        configuration.stdinOnce = configuration.openStdin && configuration.attachStdin
    }

    /// Memory, CPU, I/O, processes, devices.
    private func readResources(_ host: inout HostConfiguration) throws {
        host.memory = arguments.bytes("memory") ?? 0
        host.memoryReservation = arguments.bytes("memory-reservation") ?? 0
        host.memorySwap = try Size.bytesOrUnlimited(arguments.string("memory-swap") ?? "0")
        host.memorySwappiness = try swappiness()
        host.oomKillDisable = arguments.flag("oom-kill-disable")
        host.oomScoreAdj = Int(arguments.integer("oom-score-adj") ?? 0)
        host.shmSize = arguments.bytes("shm-size") ?? 0
        host.pidsLimit = arguments.integer("pids-limit").flatMap { $0 == 0 ? nil : $0 }
        host.cpuShares = arguments.integer("cpu-shares") ?? 0
        host.nanoCPUs = try arguments.string("cpus").map(CPUText.nanoCPUs) ?? 0
        host.cpuPeriod = arguments.integer("cpu-period") ?? 0
        host.cpuQuota = arguments.integer("cpu-quota") ?? 0
        host.cpuRealtimePeriod = arguments.integer("cpu-rt-period") ?? 0
        host.cpuRealtimeRuntime = arguments.integer("cpu-rt-runtime") ?? 0
        host.cpusetCpus = arguments.text("cpuset-cpus")
        host.cpusetMems = arguments.text("cpuset-mems")
        host.cgroupParent = arguments.text("cgroup-parent")
        host.ulimits = try UlimitText.limits(arguments.list("ulimit"))
        try readBlockIO(&host)
        host.devices = try arguments.list("device").map(DeviceText.parse)
        host.deviceCgroupRules = arguments.list("device-cgroup-rule")
    }

    private func swappiness() throws -> Int64? {
        let value = arguments.integer("memory-swappiness") ?? -1
        guard (-1...100).contains(value) else {
            throw InvalidValue("invalid value: \(value). Valid memory swappiness range is 0-100")
        }
        return value == -1 ? nil : value
    }

    private func readBlockIO(_ host: inout HostConfiguration) throws {
        host.blkioWeight = UInt16(arguments.text("blkio-weight")) ?? 0
        host.blkioWeightDevice = try arguments.list("blkio-weight-device").map(WeightText.parse)
        let bytes = { try RateText.parse($0, inBytes: true) }
        let operations = { try RateText.parse($0, inBytes: false) }
        host.blkioDeviceReadBps = try arguments.list("device-read-bps").map(bytes)
        host.blkioDeviceWriteBps = try arguments.list("device-write-bps").map(bytes)
        host.blkioDeviceReadIOps = try arguments.list("device-read-iops").map(operations)
        host.blkioDeviceWriteIOps = try arguments.list("device-write-iops").map(operations)
    }

    /// Volumes, binds, tmpfs, the root file system.
    private func readFiles(_ request: inout CreateRequest) throws {
        for text in arguments.list("volume") {
            switch try VolumeText(text, workingDirectory: client.workingDirectory) {
            case .anonymous(let path): request.configuration.volumes.insert(path)
            case .bind(let bind) where request.hostConfiguration.binds.contains(bind):
                break  // the same said twice is said once
            case .bind(let bind): request.hostConfiguration.binds.append(bind)
            }
        }
        request.hostConfiguration.mounts = try arguments.list("mount").map { text in
            try MountText.parse(text, workingDirectory: client.workingDirectory)
        }
        for text in arguments.list("tmpfs") {
            let (path, options) = splitOnce(text, at: ":")
            request.hostConfiguration.tmpfs[path] = options ?? ""
        }
        request.hostConfiguration.volumesFrom = arguments.list("volumes-from")
        request.hostConfiguration.volumeDriver = arguments.text("volume-driver")
        request.hostConfiguration.readonlyRootfs = arguments.flag("read-only")
        for text in arguments.list("storage-opt") {
            let (key, value) = splitOnce(text, at: "=")
            guard let value else { throw InvalidValue("invalid storage option") }
            request.hostConfiguration.storageOpt[key] = value
        }
    }

    private func readPorts(_ request: inout CreateRequest) throws {
        for text in arguments.list("publish") {
            for (port, binding) in try PublishText.parse(text) {
                request.hostConfiguration.portBindings[port].append(binding)
                request.configuration.exposedPorts.insert("\(port)")
            }
        }
        for text in arguments.list("expose") {
            for port in try ExposeText.parse(text) {
                request.configuration.exposedPorts.insert("\(port)")
            }
        }
        request.hostConfiguration.publishAllPorts = arguments.flag("publish-all")
    }
}
