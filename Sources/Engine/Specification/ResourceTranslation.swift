// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import OCI

/// Docker's limits as the runtime specification's, which are cgroup version 1's.
struct ResourceTranslation {
    /// Enough for the busiest of containers, and a fork bomb's end. Docker has no limit here.
    static let pidsLimit: Int64 = 32_768

    let host: HostConfiguration
    let facts: SpecificationFacts

    func resources() throws(ConfigurationError) -> Resources {
        var resources = try limits()
        resources.devices = try DeviceRules(host: host, facts: facts).rules
        return resources
    }

    /// All but the device rules: what can change while a container runs.
    func limits() throws(ConfigurationError) -> Resources {
        var resources = Resources()
        resources.memory = memory
        resources.cpu = cpu
        resources.pids = Resources.Pids(limit: pids)
        resources.blockIO = try blockIO()
        return resources
    }

    /// Half of what the machine has is left to the others.
    private var pids: Int64 {
        switch host.pidsLimit {
        case nil, 0: min(Self.pidsLimit, max(1, facts.pidMax / 2))
        case let limit?: limit
        }
    }

    private var memory: Resources.Memory? {
        var memory = Resources.Memory()
        if host.memory > 0 { memory.limit = host.memory }
        if host.memoryReservation > 0 { memory.reservation = host.memoryReservation }
        memory.swap = host.totalMemory
        // Version 2 has neither; `ConfigurationCheck` warns.
        if facts.cgroupVersion == 1 {
            if let swappiness = host.memorySwappiness, swappiness >= 0 {
                memory.swappiness = UInt64(swappiness)
            }
            if host.oomKillDisable == true { memory.disableOOMKiller = true }
        }
        return memory == Resources.Memory() ? nil : memory
    }

    private var cpu: Resources.CPU? {
        var cpu = Resources.CPU()
        if host.cpuShares > 0 { cpu.shares = UInt64(host.cpuShares) }
        if host.nanoCPUs > 0 {
            cpu.period = 100_000
            cpu.quota = host.nanoCPUs / 10_000
        }
        if host.cpuPeriod > 0 { cpu.period = UInt64(host.cpuPeriod) }
        if host.cpuQuota != 0 { cpu.quota = host.cpuQuota }
        if host.cpuRealtimePeriod > 0 { cpu.realtimePeriod = UInt64(host.cpuRealtimePeriod) }
        if host.cpuRealtimeRuntime != 0 { cpu.realtimeRuntime = host.cpuRealtimeRuntime }
        if !host.cpusetCpus.isEmpty { cpu.cpus = host.cpusetCpus }
        if !host.cpusetMems.isEmpty { cpu.mems = host.cpusetMems }
        return cpu == Resources.CPU() ? nil : cpu
    }

    private func blockIO() throws(ConfigurationError) -> Resources.BlockIO? {
        var limits = Resources.BlockIO()
        if host.blkioWeight > 0 { limits.weight = host.blkioWeight }
        for device in host.blkioWeightDevice {
            let number = try number(of: device.path)
            limits.weightDevice.append(
                Resources.WeightDevice(
                    major: Int64(number.major), minor: Int64(number.minor), weight: device.weight))
        }
        limits.throttleReadBpsDevice = try throttles(host.blkioDeviceReadBps)
        limits.throttleWriteBpsDevice = try throttles(host.blkioDeviceWriteBps)
        limits.throttleReadIOPSDevice = try throttles(host.blkioDeviceReadIOps)
        limits.throttleWriteIOPSDevice = try throttles(host.blkioDeviceWriteIOps)
        return limits == Resources.BlockIO() ? nil : limits
    }

    private func throttles(
        _ devices: [ThrottleDevice]
    ) throws(ConfigurationError) -> [Resources.ThrottleDevice] {
        var throttles: [Resources.ThrottleDevice] = []
        for device in devices {
            let number = try number(of: device.path)
            throttles.append(
                Resources.ThrottleDevice(
                    major: Int64(number.major), minor: Int64(number.minor), rate: device.rate))
        }
        return throttles
    }

    private func number(of path: String) throws(ConfigurationError) -> DeviceNumber {
        guard let number = facts.blockDevices[path] else {
            throw ConfigurationError("\(path): no such block device")
        }
        return number
    }
}

extension HostConfiguration {
    /// Memory and swap together, in bytes: as much swap as memory unless said otherwise; -1 for no
    /// limit, nil where none is to be set.
    var totalMemory: Int64? {
        if memorySwap != 0 { return memorySwap }
        guard memory > 0 else { return nil }
        let (sum, overflows) = memory.multipliedReportingOverflow(by: 2)
        return overflows ? -1 : sum
    }

    /// The block devices, by host path, that limits name.
    var limitedDevices: [String] {
        blkioWeightDevice.map(\.path)
            + [blkioDeviceReadBps, blkioDeviceWriteBps, blkioDeviceReadIOps, blkioDeviceWriteIOps]
            .flatMap { $0.map(\.path) }
    }
}
