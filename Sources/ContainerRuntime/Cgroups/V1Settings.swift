// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import OCI

/// Limits in the files of cgroup version 1, whose units are the specification's own.
/// https://docs.kernel.org/admin-guide/cgroup-v1/index.html
struct V1Settings {
    let cgroup: Cgroup
    var replacedMemoryAndSwap: UInt64?

    func settings(_ resources: Resources) throws(CgroupSettingError) -> [CgroupSetting] {
        guard resources.unified.isEmpty else {
            throw CgroupSettingError(
                description: "unified resources need control groups of version 2")
        }
        var settings: [CgroupSetting] = []
        try addDevices(resources.devices, to: &settings)
        if let memory = resources.memory { try addMemory(memory, to: &settings) }
        if let cpu = resources.cpu { try addCPU(cpu, to: &settings) }
        if let pids = resources.pids {
            let value = pids.limit > 0 ? "\(pids.limit)" : "max"
            settings.append(try setting("pids", "pids.max", value))
        }
        if let blockIO = resources.blockIO { try addBlockIO(blockIO, to: &settings) }
        for limit in resources.hugepageLimits {
            let file = "hugetlb.\(limit.pageSize).limit_in_bytes"
            settings.append(try setting("hugetlb", file, "\(limit.limit)"))
        }
        return settings
    }

    /// The kernel keeps the last word for each device, so the rules go in as they come; the first
    /// is usually "deny all".
    private func addDevices(
        _ rules: [Resources.DeviceRule], to settings: inout [CgroupSetting]
    ) throws(CgroupSettingError) {
        for rule in rules {
            let file = rule.allow ? "devices.allow" : "devices.deny"
            settings.append(try setting("devices", file, Self.line(for: rule)))
        }
    }

    private static func line(for rule: Resources.DeviceRule) -> String {
        let type = rule.type ?? "a"
        if type == "a" { return "a" }
        let major = rule.major.map { $0 < 0 ? "*" : "\($0)" } ?? "*"
        let minor = rule.minor.map { $0 < 0 ? "*" : "\($0)" } ?? "*"
        let access = rule.access ?? ""
        return "\(type == "u" ? "c" : type) \(major):\(minor) \(access.isEmpty ? "rwm" : access)"
    }

    /// The kernel refuses a memory limit above the limit of memory and swap, so a new group gets
    /// the memory limit first, and a growing one the sum.
    private func addMemory(
        _ memory: Resources.Memory, to settings: inout [CgroupSetting]
    ) throws(CgroupSettingError) {
        var limits: [CgroupSetting] = []
        if let limit = memory.limit {
            limits.append(try setting("memory", "memory.limit_in_bytes", "\(limit)"))
        }
        if let swap = memory.swap {
            let sum = try setting("memory", "memory.memsw.limit_in_bytes", "\(swap)", .ignored)
            let grows = replacedMemoryAndSwap.map { swap < 0 || UInt64(swap) > $0 } ?? false
            limits.insert(sum, at: grows ? 0 : limits.count)
        }
        settings += limits
        if let reservation = memory.reservation {
            settings.append(try setting("memory", "memory.soft_limit_in_bytes", "\(reservation)"))
        }
        if let swappiness = memory.swappiness {
            settings.append(try setting("memory", "memory.swappiness", "\(swappiness)"))
        }
        if let disabled = memory.disableOOMKiller {
            // The kernel's own default needs no write.
            if disabled { settings.append(try setting("memory", "memory.oom_control", "1")) }
        }
    }

    private func addCPU(
        _ cpu: Resources.CPU, to settings: inout [CgroupSetting]
    ) throws(CgroupSettingError) {
        if let shares = cpu.shares, shares != 0 {
            settings.append(try setting("cpu", "cpu.shares", "\(shares)"))
        }
        if let period = cpu.period, period != 0 {
            settings.append(try setting("cpu", "cpu.cfs_period_us", "\(period)"))
        }
        if let quota = cpu.quota, quota != 0 {
            settings.append(try setting("cpu", "cpu.cfs_quota_us", "\(quota)"))
        }
        if let period = cpu.realtimePeriod, period != 0 {
            settings.append(try setting("cpu", "cpu.rt_period_us", "\(period)"))
        }
        if let runtime = cpu.realtimeRuntime, runtime != 0 {
            settings.append(try setting("cpu", "cpu.rt_runtime_us", "\(runtime)"))
        }
        if let cpus = cpu.cpus, !cpus.isEmpty {
            settings.append(try setting("cpuset", "cpuset.cpus", cpus))
        }
        if let mems = cpu.mems, !mems.isEmpty {
            settings.append(try setting("cpuset", "cpuset.mems", mems))
        }
    }

    /// Weights belong to the scheduler that the kernel has: BFQ's file bears its name.
    private func addBlockIO(
        _ blockIO: Resources.BlockIO, to settings: inout [CgroupSetting]
    ) throws(CgroupSettingError) {
        for scheduler in ["blkio", "blkio.bfq"] {
            if let weight = blockIO.weight, weight != 0 {
                settings.append(
                    try setting("blkio", "\(scheduler).weight", "\(weight)", .ignored))
            }
            for device in blockIO.weightDevice {
                let value = "\(number(device.major, device.minor)) \(device.weight ?? 0)"
                settings.append(
                    try setting("blkio", "\(scheduler).weight_device", value, .ignored))
            }
        }
        for (file, devices) in [
            ("read_bps", blockIO.throttleReadBpsDevice),
            ("write_bps", blockIO.throttleWriteBpsDevice),
            ("read_iops", blockIO.throttleReadIOPSDevice),
            ("write_iops", blockIO.throttleWriteIOPSDevice),
        ] {
            for device in devices {
                let value = "\(number(device.major, device.minor)) \(device.rate)"
                settings.append(try setting("blkio", "blkio.throttle.\(file)_device", value))
            }
        }
    }

    private func setting(
        _ controller: String, _ file: String, _ value: String,
        _ absence: CgroupSetting.Absence = .fails
    ) throws(CgroupSettingError) -> CgroupSetting {
        guard let directory = cgroup.directory(of: controller) else {
            throw CgroupSettingError(
                description: "the kernel has no \(controller) controller for \(file)")
        }
        return CgroupSetting(file: "\(directory)/\(file)", value: value, whenMissing: absence)
    }
}
