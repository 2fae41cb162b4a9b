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
        var settings = try devices(resources.devices)
        if let memory = resources.memory { settings += try self.memory(memory) }
        if let cpu = resources.cpu { settings += try self.cpu(cpu) }
        if let pids = resources.pids {
            settings.append(
                try setting("pids", "pids.max", pids.limit > 0 ? "\(pids.limit)" : "max"))
        }
        if let blockIO = resources.blockIO { settings += try self.blockIO(blockIO) }
        for limit in resources.hugepageLimits {
            let prefix = "hugetlb.\(limit.pageSize)"
            settings.append(
                try setting("hugetlb", "\(prefix).limit_in_bytes", "\(limit.limit)"))
            // Reservations are counted since Linux 5.7.
            settings.append(
                try setting(
                    "hugetlb", "\(prefix).rsvd.limit_in_bytes", "\(limit.limit)", .ignored))
        }
        if let network = resources.network { settings += try self.network(network) }
        for line in resources.rdmaLines {
            settings.append(try setting("rdma", "rdma.max", line))
        }
        return settings
    }

    /// The kernel keeps the last word for each device, so the rules go in as they come; the first
    /// is usually "deny all".
    private func devices(
        _ rules: [Resources.DeviceRule]
    ) throws(CgroupSettingError) -> [CgroupSetting] {
        var settings: [CgroupSetting] = []
        for rule in rules {
            let file = rule.allow ? "devices.allow" : "devices.deny"
            for line in rule.lines { settings.append(try setting("devices", file, line)) }
        }
        return settings
    }

    private func memory(
        _ memory: Resources.Memory
    ) throws(CgroupSettingError) -> [CgroupSetting] {
        var settings: [CgroupSetting] = []
        func add(
            _ file: String, _ value: Int64?, _ absence: CgroupSetting.Absence = .fails
        ) throws(CgroupSettingError) {
            guard let value, value != 0 else { return }
            settings.append(try setting("memory", "memory.\(file)", "\(value)", absence))
        }
        // Before anything is counted: later the kernel refuses.
        if memory.useHierarchy == true { try add("use_hierarchy", 1, .ignored) }
        settings += try memoryLimits(memory)
        try add("soft_limit_in_bytes", memory.reservation)
        try add("kmem.limit_in_bytes", memory.kernel, .ignored)
        try add("kmem.tcp.limit_in_bytes", memory.kernelTCP)
        if let swappiness = memory.swappiness {
            settings.append(try setting("memory", "memory.swappiness", "\(swappiness)"))
        }
        // The kernel's own default needs no write.
        if memory.disableOOMKiller == true { try add("oom_control", 1) }
        return settings
    }

    /// The kernel refuses a memory limit above the limit of memory and swap, so a new group gets
    /// the memory limit first, and a growing one the sum. Unlimited memory means unlimited swap too.
    private func memoryLimits(
        _ memory: Resources.Memory
    ) throws(CgroupSettingError) -> [CgroupSetting] {
        var limits: [CgroupSetting] = []
        let limit = memory.limit ?? 0
        if limit != 0 {
            limits.append(try setting("memory", "memory.limit_in_bytes", "\(limit)"))
        }
        let asked = memory.swap ?? 0
        let swap = asked == 0 && limit < 0 ? -1 : asked
        guard swap != 0 else { return limits }
        let sum = try setting("memory", "memory.memsw.limit_in_bytes", "\(swap)", .ignored)
        let grows = replacedMemoryAndSwap.map { swap < 0 || UInt64(swap) > $0 } ?? false
        limits.insert(sum, at: grows ? 0 : limits.count)
        return limits
    }

    private func cpu(_ cpu: Resources.CPU) throws(CgroupSettingError) -> [CgroupSetting] {
        var settings: [CgroupSetting] = []
        func add(_ file: String, _ value: (some BinaryInteger)?) throws(CgroupSettingError) {
            guard let value, value != 0 else { return }
            settings.append(try setting("cpu", "cpu.\(file)", "\(value)"))
        }
        if let idle = cpu.idle { settings.append(try setting("cpu", "cpu.idle", "\(idle)")) }
        // An idle group has no shares: the kernel refuses them.
        if cpu.idle ?? 0 == 0 { try add("shares", cpu.shares) }
        try add("cfs_period_us", cpu.period)
        try add("cfs_quota_us", cpu.quota)
        if let burst = cpu.burst {
            settings.append(try setting("cpu", "cpu.cfs_burst_us", "\(burst)"))
        }
        try add("rt_period_us", cpu.realtimePeriod)
        try add("rt_runtime_us", cpu.realtimeRuntime)
        for (file, list) in [("cpuset.cpus", cpu.cpus), ("cpuset.mems", cpu.mems)] {
            guard let list, !list.isEmpty else { continue }
            settings.append(try setting("cpuset", file, list))
        }
        return settings
    }

    /// Weights belong to the scheduler that the kernel has (BFQ's file bears its name), and without
    /// one there is nothing to weigh. Leaf weights went with CFQ in Linux 5.0.
    private func blockIO(
        _ blockIO: Resources.BlockIO
    ) throws(CgroupSettingError) -> [CgroupSetting] {
        var settings: [CgroupSetting] = []
        func add(_ file: String, _ weight: UInt16?, of device: String? = nil)
            throws(CgroupSettingError)
        {
            guard let weight, weight != 0 else { return }
            let value = device.map { "\($0) \(weight)" } ?? "\(weight)"
            settings.append(try setting("blkio", file, value, .ignored))
        }
        for scheduler in ["blkio", "blkio.bfq"] {
            try add("\(scheduler).weight", blockIO.weight)
            for device in blockIO.weightDevice {
                try add("\(scheduler).weight_device", device.weight, of: device.number)
            }
        }
        try add("blkio.leaf_weight", blockIO.leafWeight)
        for device in blockIO.weightDevice {
            try add("blkio.leaf_weight_device", device.leafWeight, of: device.number)
        }
        for (file, devices) in [
            ("read_bps", blockIO.throttleReadBpsDevice),
            ("write_bps", blockIO.throttleWriteBpsDevice),
            ("read_iops", blockIO.throttleReadIOPSDevice),
            ("write_iops", blockIO.throttleWriteIOPSDevice),
        ] {
            for device in devices {
                let value = "\(device.number) \(device.rate)"
                settings.append(try setting("blkio", "blkio.throttle.\(file)_device", value))
            }
        }
        return settings
    }

    private func network(
        _ network: Resources.Network
    ) throws(CgroupSettingError) -> [CgroupSetting] {
        var settings: [CgroupSetting] = []
        if let class_ = network.classID, class_ != 0 {
            settings.append(try setting("net_cls", "net_cls.classid", "\(class_)"))
        }
        for interface in network.priorities {
            let value = "\(interface.name) \(interface.priority)"
            settings.append(try setting("net_prio", "net_prio.ifpriomap", value))
        }
        return settings
    }

    private func setting(
        _ controller: String, _ file: String, _ value: String,
        _ absence: CgroupSetting.Absence = .fails
    ) throws(CgroupSettingError) -> CgroupSetting {
        guard let directory = cgroup.directory(of: controller) else {
            throw CgroupSettingError(
                description:
                    "missing cgroup controller \(controller) for \(file): mount it or drop the limit"
            )
        }
        return CgroupSetting(file: "\(directory)/\(file)", value: value, whenMissing: absence)
    }
}

extension Resources.DeviceRule {
    /// The rule as version 1 writes it. "a" is all devices with all access and nothing less, so a
    /// narrower rule for both types becomes two.
    fileprivate var lines: [String] {
        let letters = access ?? ""
        let isWhole = letters.isEmpty || Set(letters.utf8).count == 3
        let isEvery = (major ?? -1) < 0 && (minor ?? -1) < 0
        let type = type ?? "a"
        if type == "a" && isWhole && isEvery { return ["a"] }
        let major = major.map { $0 < 0 ? "*" : "\($0)" } ?? "*"
        let minor = minor.map { $0 < 0 ? "*" : "\($0)" } ?? "*"
        let types = type == "a" ? ["b", "c"] : [type == "u" ? "c" : type]
        return types.map { "\($0) \(major):\(minor) \(letters.isEmpty ? "rwm" : letters)" }
    }
}
