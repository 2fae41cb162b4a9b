// SPDX-License-Identifier: Apache-2.0

public import Linux
public import OCI

extension CgroupLocation {
    /// Changes the limits of a container that lives: what `resources` does not name stays. When one
    /// is refused, those that were changed before it get their old values back.
    public func update(
        _ resources: Resources, on hierarchies: CgroupHierarchies
    ) throws(RuntimeError) {
        let update = CgroupUpdate(cgroup: cgroup(on: hierarchies), wanted: resources)
        do throws(CgroupSettingError) {
            let settings = try update.settings()
            if case .unit(let scope) = self {
                // First: systemd writes what it is told, and all that it was told before.
                let properties = try UnitProperties(update.completed, on: hierarchies)()
                try Self.change(scope, properties)
            }
            try update.apply(settings)
        } catch { throw .cgroup(error.description) }
    }

    private static func change(
        _ scope: SystemdScope, _ properties: [UnitProperty]
    ) throws(CgroupSettingError) {
        guard !properties.isEmpty else { return }
        do throws(SystemdError) {
            var systemd = try Systemd.connect(ofUser: scope.isOfUser)
            try systemd.set(properties, of: scope)
        } catch { throw CgroupSettingError(description: error.description) }
    }
}

/// A change of limits in a group where processes run.
struct CgroupUpdate {
    let cgroup: Cgroup
    let wanted: Resources

    /// What is wanted, with what it means together with the limits that are in force.
    var completed: Resources {
        var resources = wanted
        guard case .v2 = cgroup.hierarchies else { return resources }
        if let cpu = wanted.cpu, cpu.period ?? 0 != 0, cpu.quota ?? 0 == 0,
            let quota = text("cpu.max", of: "cpu")?.split(separator: " ").first
        {
            // Both are in one file, and the other one is to stay.
            resources.cpu?.quota = Int64(quota) ?? -1
        }
        if let cpu = wanted.cpu, cpu.quota ?? 0 > 0, cpu.period ?? 0 == 0,
            let period = text("cpu.max", of: "cpu")?.split(separator: " ").last
        {
            resources.cpu?.period = UInt64(period)
        }
        return resources
    }

    func settings() throws(CgroupSettingError) -> [CgroupSetting] {
        try checkUsage()
        let sum = text("memory.memsw.limit_in_bytes", of: "memory").flatMap { UInt64($0) }
        return try cgroup.settings(for: completed, replacing: sum)
    }

    /// With `checkBeforeUpdate` a limit below what is used is refused; without, the kernel takes
    /// memory back, and kills if it must.
    private func checkUsage() throws(CgroupSettingError) {
        guard wanted.memory?.checkBeforeUpdate == true, let limit = wanted.memory?.limit, limit > 0
        else { return }
        let file =
            if case .v1 = cgroup.hierarchies { "memory.usage_in_bytes" } else { "memory.current" }
        guard let usage = text(file, of: "memory").flatMap({ Int64($0) }), usage > limit else {
            return
        }
        throw CgroupSettingError(
            description: "unable to set memory limit to \(limit) (current usage: \(usage))")
    }

    private func text(_ file: String, of controller: String) -> String? {
        guard let directory = cgroup.directory(of: controller) else { return nil }
        return Self.text("\(directory)/\(file)")
    }

    private static func text(_ path: String) -> String? {
        guard let bytes = try? contents(of: path, limit: 1 << 16) else { return nil }
        return String(decoding: bytes.split(separator: 10).first ?? [], as: UTF8.self)
    }

    // MARK: Writing

    func apply(_ settings: [CgroupSetting]) throws(CgroupSettingError) {
        let changesDevices = !wanted.devices.isEmpty
        // The files of version 1 forbid everything before they allow one by one.
        let freezes = changesDevices && (try? cgroup.isFrozen()) == false
        if case .v1 = cgroup.hierarchies, freezes { try? cgroup.freeze() }
        defer { if case .v1 = cgroup.hierarchies, freezes { try? cgroup.thaw() } }
        try write(settings)
        guard changesDevices, case .v2(let mount) = cgroup.hierarchies else { return }
        do throws(KernelError) {
            let instructions = DeviceProgram(wanted.devices).instructions
            let program = try attempting("load device rules") { () throws(Errno) in
                try OwnedFD.deviceProgram(instructions)
            }
            try program.replace(inCgroup: "\(mount)/\(cgroup.path)")
        } catch { throw CgroupSettingError(description: error.description) }
    }

    /// A limit may stand in the way of another (a quota of a burst, memory of memory and swap): what
    /// the kernel refuses is tried once more when all the others are written.
    private func write(_ settings: [CgroupSetting]) throws(CgroupSettingError) {
        var written: [(file: String, old: String)] = []
        func apply(_ setting: CgroupSetting) throws(KernelError) {
            let old = Self.text(setting.file)
            try setting.apply()
            if let old, !old.isEmpty { written.append((setting.file, old)) }
        }
        do throws(KernelError) {
            var refused: [CgroupSetting] = []
            for setting in settings {
                do throws(KernelError) { try apply(setting) } catch {
                    guard error.errno == .invalid || error.errno == .busy else { throw error }
                    refused.append(setting)
                }
            }
            for setting in refused { try apply(setting) }
        } catch {
            for change in written.reversed() { try? writeControl(change.file, change.old) }
            // A second time, for the same reason.
            for change in written { try? writeControl(change.file, change.old) }
            throw Self.sentence(error, settings)
        }
    }

    private static func sentence(
        _ error: KernelError, _ settings: [CgroupSetting]
    ) -> CgroupSettingError {
        for setting in settings where error.action.hasSuffix("to \(setting.file)") {
            guard let failure = CgroupFailure(setting, error.errno) else { continue }
            return CgroupSettingError(description: failure.description)
        }
        return CgroupSettingError(description: error.description)
    }
}
