// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import OCI

/// Limits in the files of cgroup version 2, converted from the specification's units, which are
/// version 1's. https://docs.kernel.org/admin-guide/cgroup-v2.html
struct V2Settings {
    let directory: String

    func settings(_ resources: Resources) throws(CgroupSettingError) -> [CgroupSetting] {
        var settings: [CgroupSetting] = []
        if let memory = resources.memory { settings += try self.memory(memory) }
        if let cpu = resources.cpu { settings += try self.cpu(cpu) }
        if let pids = resources.pids {
            settings.append(setting("pids.max", pids.limit > 0 ? "\(pids.limit)" : "max"))
        }
        if let blockIO = resources.blockIO { settings += try self.blockIO(blockIO) }
        for limit in resources.hugepageLimits {
            let prefix = "hugetlb.\(limit.pageSize)"
            settings.append(setting("\(prefix).max", "\(limit.limit)"))
            // Reservations are counted since Linux 5.7.
            settings.append(setting("\(prefix).rsvd.max", "\(limit.limit)", .ignored))
        }
        settings += resources.rdmaLines.map { setting("rdma.max", $0) }
        if let network = resources.network, network != Resources.Network() {
            throw Self.impossible("network classes and priorities")
        }
        // The files of the user's own choice come last and win; sorted, so that runs are alike.
        for (file, value) in resources.unified.sorted(by: { $0.key < $1.key }) {
            settings.append(setting(file, value))
        }
        return settings
    }

    private static func impossible(_ what: String) -> CgroupSettingError {
        CgroupSettingError(description: "\(what) cannot be set on control groups of version 2")
    }

    private func memory(
        _ memory: Resources.Memory
    ) throws(CgroupSettingError) -> [CgroupSetting] {
        guard memory.swappiness == nil else { throw Self.impossible("memory swappiness") }
        guard memory.disableOOMKiller != true else {
            throw CgroupSettingError(
                description: "the OOM killer cannot be disabled on control groups of version 2")
        }
        guard memory.kernel ?? 0 == 0, memory.kernelTCP ?? 0 == 0 else {
            throw Self.impossible("limits of kernel memory")
        }
        var settings: [CgroupSetting] = []
        if let swap = try Self.swap(memory) {
            settings.append(setting("memory.swap.max", swap, .ignored))
        }
        if let limit = memory.limit, limit != 0 {
            settings.append(setting("memory.max", limit < 0 ? "max" : "\(limit)"))
        }
        if let reservation = memory.reservation, reservation != 0 {
            settings.append(setting("memory.low", reservation < 0 ? "max" : "\(reservation)"))
        }
        return settings
    }

    /// Version 2 counts swap alone; the specification counts it together with memory.
    private static func swap(_ memory: Resources.Memory) throws(CgroupSettingError) -> String? {
        let limit = memory.limit ?? 0
        guard let sum = memory.swap, sum != 0 else { return limit < 0 ? "max" : nil }
        if sum < 0 { return "max" }
        guard limit > 0 else {
            throw CgroupSettingError(description: "a swap limit needs a memory limit")
        }
        guard sum >= limit else {
            throw CgroupSettingError(
                description: "the limit of memory and swap is below that of memory")
        }
        return "\(sum - limit)"
    }

    private func cpu(_ cpu: Resources.CPU) throws(CgroupSettingError) -> [CgroupSetting] {
        guard cpu.realtimePeriod ?? 0 == 0, cpu.realtimeRuntime ?? 0 == 0 else {
            throw Self.impossible("real-time limits")
        }
        var settings: [CgroupSetting] = []
        if let idle = cpu.idle { settings.append(setting("cpu.idle", "\(idle)")) }
        // An idle group has no weight: the kernel refuses it.
        if let shares = cpu.shares, shares != 0, cpu.idle ?? 0 == 0 {
            settings.append(setting("cpu.weight", "\(Self.weight(ofShares: shares))"))
        }
        let quota = cpu.quota ?? 0
        let period = cpu.period ?? 0
        if quota != 0 || period != 0 {
            // Without a period the kernel's own: 100 ms.
            let span = period == 0 ? 100_000 : period
            settings.append(setting("cpu.max", "\(quota > 0 ? "\(quota)" : "max") \(span)"))
        }
        if let burst = cpu.burst { settings.append(setting("cpu.max.burst", "\(burst)")) }
        if let cpus = cpu.cpus, !cpus.isEmpty { settings.append(setting("cpuset.cpus", cpus)) }
        if let mems = cpu.mems, !mems.isEmpty { settings.append(setting("cpuset.mems", mems)) }
        return settings
    }

    /// The weight, 1 to 10,000, of shares, 2 to 262,144. The curve is quadratic in the logarithm so
    /// that both scales' ends and their defaults (1024 and 100) meet; it is the one that crun and
    /// runc came to, after a straight line that turned 1024 into 39.
    static func weight(ofShares shares: UInt64) -> UInt64 {
        if shares <= 2 { return 1 }
        if shares >= 262_144 { return 10_000 }
        let log = log2(Double(shares))
        let exponent = (log * log + 125 * log) / 612 - 7.0 / 34
        return UInt64(pow(10, exponent).rounded(.up))
    }

    /// BFQ takes weights as they are, the cost model (io.weight) from 1 to 10,000. Without either
    /// there is nothing to weigh.
    private func blockIO(
        _ blockIO: Resources.BlockIO
    ) throws(CgroupSettingError) -> [CgroupSetting] {
        guard blockIO.leafWeight ?? 0 == 0,
            blockIO.weightDevice.allSatisfy({ $0.leafWeight ?? 0 == 0 })
        else { throw Self.impossible("leaf weights of block devices") }
        var settings: [CgroupSetting] = []
        if let weight = blockIO.weight, weight != 0 {
            settings.append(setting("io.bfq.weight", "\(weight)", .ignored))
            settings.append(setting("io.weight", "\(Self.ioWeight(weight))", .ignored))
        }
        for device in blockIO.weightDevice {
            guard let weight = device.weight, weight != 0 else { continue }
            settings.append(setting("io.bfq.weight", "\(device.number) \(weight)", .ignored))
            let converted = Self.ioWeight(weight)
            settings.append(setting("io.weight", "\(device.number) \(converted)", .ignored))
        }
        for (key, devices) in [
            ("rbps", blockIO.throttleReadBpsDevice), ("wbps", blockIO.throttleWriteBpsDevice),
            ("riops", blockIO.throttleReadIOPSDevice), ("wiops", blockIO.throttleWriteIOPSDevice),
        ] {
            // No limit is 0 in version 1 and "max" here.
            settings += devices.map {
                setting("io.max", "\($0.number) \(key)=\($0.rate == 0 ? "max" : "\($0.rate)")")
            }
        }
        return settings
    }

    /// 10…1000 onto 1…10,000.
    static func ioWeight(_ weight: UInt16) -> UInt64 {
        weight <= 10 ? 1 : 1 + (UInt64(weight) - 10) * 9999 / 990
    }

    private func setting(
        _ file: String, _ value: String, _ absence: CgroupSetting.Absence = .fails
    ) -> CgroupSetting {
        CgroupSetting(file: "\(directory)/\(file)", value: value, whenMissing: absence)
    }
}
