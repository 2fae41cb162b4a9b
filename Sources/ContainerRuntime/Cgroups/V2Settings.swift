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
        if let blockIO = resources.blockIO { settings += self.blockIO(blockIO) }
        settings += resources.hugepageLimits.map {
            setting("hugetlb.\($0.pageSize).max", "\($0.limit)")
        }
        // The files of the user's own choice come last and win; sorted, so that runs are alike.
        for (file, value) in resources.unified.sorted(by: { $0.key < $1.key }) {
            guard !file.isEmpty, !file.utf8.contains(UInt8(ascii: "/")), file != "." && file != ".."
            else { throw CgroupSettingError(description: "invalid unified resource \"\(file)\"") }
            settings.append(setting(file, value))
        }
        return settings
    }

    private func memory(
        _ memory: Resources.Memory
    ) throws(CgroupSettingError) -> [CgroupSetting] {
        guard memory.swappiness == nil else {
            throw CgroupSettingError(
                description: "memory swappiness cannot be set on control groups of version 2")
        }
        guard memory.disableOOMKiller != true else {
            throw CgroupSettingError(
                description: "the OOM killer cannot be disabled on control groups of version 2")
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
            throw CgroupSettingError(
                description: "real-time limits cannot be set on control groups of version 2")
        }
        var settings: [CgroupSetting] = []
        if let shares = cpu.shares, shares != 0 {
            settings.append(setting("cpu.weight", "\(Self.weight(ofShares: shares))"))
        }
        let quota = cpu.quota ?? 0
        let period = cpu.period ?? 0
        if quota != 0 || period != 0 {
            // Without a period the kernel's own: 100 ms.
            let span = period == 0 ? 100_000 : period
            settings.append(setting("cpu.max", "\(quota > 0 ? "\(quota)" : "max") \(span)"))
        }
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

    /// BFQ takes weights as they are, the cost model (io.weight) from 1 to 10,000.
    private func blockIO(_ blockIO: Resources.BlockIO) -> [CgroupSetting] {
        var settings: [CgroupSetting] = []
        if let weight = blockIO.weight, weight != 0 {
            settings.append(setting("io.bfq.weight", "\(weight)", .ignored))
            settings.append(setting("io.weight", "\(Self.ioWeight(weight))", .ignored))
        }
        for device in blockIO.weightDevice {
            let name = number(device.major, device.minor)
            let weight = device.weight ?? 0
            settings.append(setting("io.bfq.weight", "\(name) \(weight)", .ignored))
            settings.append(setting("io.weight", "\(name) \(Self.ioWeight(weight))", .ignored))
        }
        for (key, devices) in [
            ("rbps", blockIO.throttleReadBpsDevice), ("wbps", blockIO.throttleWriteBpsDevice),
            ("riops", blockIO.throttleReadIOPSDevice), ("wiops", blockIO.throttleWriteIOPSDevice),
        ] {
            settings += devices.map {
                setting("io.max", "\(number($0.major, $0.minor)) \(key)=\($0.rate)")
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
