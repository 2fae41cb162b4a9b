// SPDX-License-Identifier: Apache-2.0

internal import ContainerRuntime
internal import Linux
internal import OCI
internal import SQLite

/// What `update` changes; nil and 0 leave things as they are.
public struct ResourceUpdate: Equatable, Sendable {
    /// Bytes.
    public var memory: Int64 = 0
    public var memoryReservation: Int64 = 0
    /// -1 for no limit.
    public var memorySwap: Int64 = 0
    /// -1 for no limit.
    public var pidsLimit: Int64 = 0
    public var nanoCPUs: Int64 = 0
    public var cpuShares: Int64 = 0
    public var cpuPeriod: Int64 = 0
    public var cpuQuota: Int64 = 0
    public var cpuRealtimePeriod: Int64 = 0
    public var cpuRealtimeRuntime: Int64 = 0
    public var cpusetCpus = ""
    public var cpusetMems = ""
    public var blkioWeight: UInt16 = 0
    public var restartPolicy: RestartPolicy?

    public init() {}

    /// The configuration with these changes.
    func applied(to former: HostConfiguration) throws(ConfigurationError) -> HostConfiguration {
        try refuseConflicts(with: former)
        var host = former
        func set<Value: BinaryInteger>(_ target: inout Value, _ value: Value) {
            if value != 0 { target = value }
        }
        set(&host.memory, memory)
        set(&host.memoryReservation, memoryReservation)
        set(&host.memorySwap, memorySwap)
        if pidsLimit != 0 { host.pidsLimit = pidsLimit }
        set(&host.nanoCPUs, nanoCPUs)
        set(&host.cpuShares, cpuShares)
        set(&host.cpuPeriod, cpuPeriod)
        set(&host.cpuQuota, cpuQuota)
        set(&host.cpuRealtimePeriod, cpuRealtimePeriod)
        set(&host.cpuRealtimeRuntime, cpuRealtimeRuntime)
        if !cpusetCpus.isEmpty { host.cpusetCpus = cpusetCpus }
        if !cpusetMems.isEmpty { host.cpusetMems = cpusetMems }
        set(&host.blkioWeight, blkioWeight)
        if let restartPolicy {
            guard !host.autoRemove || restartPolicy.name == .no else {
                throw ConfigurationError(
                    "Restart policy cannot be updated because AutoRemove is enabled for the "
                        + "container")
            }
            host.restartPolicy = restartPolicy
        }
        return host
    }

    private func refuseConflicts(with host: HostConfiguration) throws(ConfigurationError) {
        let lead = "Conflicting options: "
        if nanoCPUs > 0, host.cpuPeriod > 0 || host.cpuQuota > 0 {
            let what = host.cpuPeriod > 0 ? "Period" : "Quota"
            throw ConfigurationError(
                lead + "Nano CPUs cannot be updated as CPU \(what) has already been set")
        }
        if host.nanoCPUs > 0, cpuPeriod > 0 || cpuQuota > 0 {
            let what = cpuPeriod > 0 ? "Period" : "Quota"
            throw ConfigurationError(
                lead + "CPU \(what) cannot be updated as NanoCPUs has already been set")
        }
        if memory > 0, memorySwap == 0, let sum = host.totalMemory, sum > 0, memory > sum {
            throw ConfigurationError(
                "Memory limit should be smaller than already set memoryswap limit, update the "
                    + "memoryswap at the same time")
        }
    }

    /// Whether anything but the policy changes.
    private var changesLimits: Bool {
        var other = self
        other.restartPolicy = nil
        return other != ResourceUpdate()
    }

    /// What of a configuration, once updated, has to be told to the kernel: nothing that was not
    /// asked for.
    func told(_ host: HostConfiguration) -> HostConfiguration? {
        guard changesLimits else { return nil }
        var told = HostConfiguration()
        if memory != 0 || memorySwap != 0 {
            (told.memory, told.memorySwap) = (host.memory, host.memorySwap)
        }
        told.memoryReservation = memoryReservation
        told.pidsLimit = pidsLimit == 0 ? nil : pidsLimit
        told.nanoCPUs = nanoCPUs
        told.cpuShares = cpuShares
        if cpuPeriod != 0 || cpuQuota != 0 {
            (told.cpuPeriod, told.cpuQuota) = (host.cpuPeriod, host.cpuQuota)
        }
        told.cpuRealtimePeriod = cpuRealtimePeriod
        told.cpuRealtimeRuntime = cpuRealtimeRuntime
        (told.cpusetCpus, told.cpusetMems) = (cpusetCpus, cpusetMems)
        told.blkioWeight = blkioWeight
        return told
    }
}

extension Engine {
    /// Changes the limits and the restart policy of a container, of a running one at once.
    ///
    /// The kernel is told first and the record follows: what is on record always holds.
    public func update(_ text: String, _ update: ResourceUpdate) throws {
        let id = try container(text, in: try open()).id
        let lock = try FileLock.waiting(location.container(id).lock, .exclusive)
        defer { withExtendedLifetime(lock) {} }
        do { try updateLocked(id, update) } catch let error as EngineError {
            throw error
        } catch {
            throw EngineError.invalid("Cannot update container \(id): \(error)")
        }
    }

    private func updateLocked(_ id: String, _ update: ResourceUpdate) throws {
        let database = try open()
        guard let container = try ContainerTable.container(id: id, in: database) else {
            throw EngineError.noSuchContainer(id)
        }
        let former = container.record.hostConfiguration
        let host = try update.applied(to: former)
        let hierarchies = try CgroupHierarchies.discover()
        let version = if case .v2 = hierarchies { 2 } else { 1 }
        _ = try ConfigurationCheck(
            host, processors: SpecificationFacts.processors, cgroupVersion: version
        ).warnings()
        if let told = update.told(host), container.status == .running {
            try tell(told, cgroup(of: container, on: hierarchies), replacing: former.totalMemory)
        }
        var record = container.record
        record.hostConfiguration = host
        try database.transaction { () throws in
            try ContainerTable.replaceRecord(of: id, with: record, in: database)
            try self.record(Event(container, "update"), in: database)
        }
    }

    private func tell(
        _ host: HostConfiguration, _ cgroup: Cgroup, replacing memoryAndSwap: Int64?
    ) throws {
        let facts = SpecificationFacts(
            id: "", root: .overlay(lowers: [], upper: "", work: ""))
        var resources = try ResourceTranslation(host: host, facts: facts).limits()
        if host.pidsLimit == nil { resources.pids = nil }
        let settings = try cgroup.settings(
            for: resources, replacing: memoryAndSwap.flatMap { UInt64(exactly: $0) } ?? .max)
        for setting in settings { try setting.apply() }
    }
}

extension ContainerTable {
    /// Replaces what was fixed when a container was created.
    static func replaceRecord(
        of id: String, with record: ContainerRecord, in database: borrowing Database
    ) throws {
        try database.run(
            "UPDATE containers SET record = ? WHERE id = ?",
            [.blob(try record.json().bytes()), .text(id)])
    }
}
