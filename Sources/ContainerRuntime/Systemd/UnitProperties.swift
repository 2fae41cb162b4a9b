// SPDX-License-Identifier: Apache-2.0

internal import DBus
internal import Linux
internal import OCI

/// A property of a unit, as systemd's D-Bus interface has it: what the documentation calls
/// CPUQuota= is CPUQuotaPerSecUSec here (org.freedesktop.systemd1(5)).
public struct UnitProperty: Equatable, Sendable {
    let name: String
    let value: Value

    init(_ name: String, _ value: Value) {
        self.name = name
        self.value = value
    }

    var message: Value { .structure([.string(name), .variant(value)]) }
}

/// Limits as a unit's properties. systemd writes them again whenever it is told to reload, so it
/// must know of every limit that it has a name for; what it has no name for, and what it would
/// round, is written to the files after.
struct UnitProperties {
    let resources: Resources
    let isVersion2: Bool
    /// The names of character and block devices by "c 136" and "b 8", from /proc/devices.
    var deviceNames: [String: String] = [:]

    init(_ resources: Resources, isVersion2: Bool, deviceNames: [String: String] = [:]) {
        self.resources = resources
        self.isVersion2 = isVersion2
        self.deviceNames = deviceNames
    }

    /// With the names that this machine's devices have now.
    init(_ resources: Resources, on hierarchies: CgroupHierarchies) {
        let isVersion2 = if case .v2 = hierarchies { true } else { false }
        let text = (try? contents(of: "/proc/devices", limit: 1 << 20)) ?? []
        self.init(resources, isVersion2: isVersion2, deviceNames: Self.deviceNames(in: text))
    }

    func callAsFunction() throws(CgroupSettingError) -> [UnitProperty] {
        var properties = devices
        if let memory = resources.memory { properties += self.memory(memory) }
        if let cpu = resources.cpu { properties += self.cpu(cpu) }
        if let pids = resources.pids {
            properties.append(.init("TasksMax", .uint64(Self.limit(pids.limit))))
        }
        if let weight = resources.blockIO?.weight, weight != 0 {
            properties.append(
                isVersion2
                    ? .init("IOWeight", .uint64(V2Settings.ioWeight(weight)))
                    : .init("BlockIOWeight", .uint64(UInt64(weight))))
        }
        if isVersion2 { properties += try unified() }
        return properties
    }

    /// Unlimited is the largest number there.
    private static func limit(_ value: Int64) -> UInt64 {
        value > 0 ? UInt64(value) : .max
    }

    private func memory(_ memory: Resources.Memory) -> [UnitProperty] {
        var properties: [UnitProperty] = []
        if let limit = memory.limit, limit != 0 {
            let name = isVersion2 ? "MemoryMax" : "MemoryLimit"
            properties.append(.init(name, .uint64(Self.limit(limit))))
        }
        guard isVersion2 else { return properties }
        if let reservation = memory.reservation, reservation != 0 {
            properties.append(.init("MemoryLow", .uint64(Self.limit(reservation))))
        }
        let limit = memory.limit ?? 0
        if let swap = memory.swap, swap > 0, limit > 0, swap >= limit {
            properties.append(.init("MemorySwapMax", .uint64(UInt64(swap - limit))))
        } else if memory.swap ?? 0 < 0 || (limit < 0 && memory.swap ?? 0 == 0) {
            properties.append(.init("MemorySwapMax", .uint64(.max)))
        }
        return properties
    }

    private func cpu(_ cpu: Resources.CPU) -> [UnitProperty] {
        var properties: [UnitProperty] = []
        if let shares = cpu.shares, shares != 0, cpu.idle ?? 0 == 0 {
            properties.append(
                isVersion2
                    ? .init("CPUWeight", .uint64(V2Settings.weight(ofShares: shares)))
                    : .init("CPUShares", .uint64(shares)))
        }
        properties += Self.quota(cpu.quota ?? 0, period: cpu.period ?? 0)
        guard isVersion2 else { return properties }
        for (name, list) in [("AllowedCPUs", cpu.cpus), ("AllowedMemoryNodes", cpu.mems)] {
            guard let list, let bits = Self.bits(of: list) else { continue }
            properties.append(.init(name, .array(of: "y", bits.map(Value.byte))))
        }
        return properties
    }

    /// systemd counts microseconds of each second, in whole hundredths: rounded up, so that groups
    /// below may have what they expect.
    static func quota(_ quota: Int64, period: UInt64) -> [UnitProperty] {
        guard quota != 0 || period != 0 else { return [] }
        var properties: [UnitProperty] = []
        if period != 0 { properties.append(.init("CPUQuotaPeriodUSec", .uint64(period))) }
        let span = period == 0 ? 100_000 : period
        let share = quota > 0 ? hundredths(of: UInt64(quota), in: span) : UInt64.max
        properties.append(.init("CPUQuotaPerSecUSec", .uint64(share)))
        return properties
    }

    /// What is too much to count is as good as unlimited.
    private static func hundredths(of quota: UInt64, in span: UInt64) -> UInt64 {
        let (product, isTooMuch) = quota.multipliedReportingOverflow(by: 1_000_000)
        let exact = product / span
        let (rounded, isBeyond) = exact.addingReportingOverflow((10_000 - exact % 10_000) % 10_000)
        return isTooMuch || isBeyond ? .max : rounded
    }

    /// "0-2,5" as bits, the first in the lowest of the first byte; nil when it is no such list.
    static func bits(of list: String) -> [UInt8]? {
        var bits: [UInt8] = []
        for range in list.split(separator: ",") {
            let ends = range.split(separator: "-", omittingEmptySubsequences: false)
                .map { UInt16($0) }
            guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil,
                first <= last,
                last < 8192
            else { return nil }
            for number in Int(first)...Int(last) {
                while bits.count <= number / 8 { bits.append(0) }
                bits[number / 8] |= 1 << (number % 8)
            }
        }
        return bits.isEmpty ? nil : bits
    }

    // MARK: Files of the user's choice

    private func unified() throws(CgroupSettingError) -> [UnitProperty] {
        var properties: [UnitProperty] = []
        for (file, text) in resources.unified.sorted(by: { $0.key < $1.key }) {
            let value = text.split(whereSeparator: { $0 == " " || $0 == "\n" }).map(String.init)
            if file == "cpu.max" {
                let period = value.count > 1 ? UInt64(value[1]) : 0
                let quota = value.first == "max" ? -1 : value.first.flatMap { Int64($0) }
                guard let quota, let period else { throw Self.invalid(file, text) }
                properties += Self.quota(quota, period: period)
            } else if let name = Self.sets[file] {
                guard let bits = Self.bits(of: value.first ?? "") else { continue }
                properties.append(.init(name, .array(of: "y", bits.map(Value.byte))))
            } else if let name = Self.numbers[file] {
                let number = value.first == "max" ? .max : value.first.flatMap { UInt64($0) }
                guard let number else { throw Self.invalid(file, text) }
                properties.append(.init(name, .uint64(number)))
            }
        }
        return properties
    }

    private static func invalid(_ file: String, _ value: String) -> CgroupSettingError {
        CgroupSettingError(description: "invalid unified resource \"\(file)\": \"\(value)\"")
    }

    private static let sets = [
        "cpuset.cpus": "AllowedCPUs", "cpuset.mems": "AllowedMemoryNodes",
    ]
    private static let numbers = [
        "cpu.weight": "CPUWeight", "memory.high": "MemoryHigh", "memory.low": "MemoryLow",
        "memory.min": "MemoryMin", "memory.max": "MemoryMax", "memory.swap.max": "MemorySwapMax",
        "pids.max": "TasksMax",
    ]
}
