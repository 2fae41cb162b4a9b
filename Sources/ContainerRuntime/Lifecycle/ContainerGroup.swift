// SPDX-License-Identifier: Apache-2.0

public import Glibc
public import Linux
public import OCI

// What is done to a container's control group while it lives.

extension RuntimeContainer {
    /// Stops all processes where they are.
    public func pause() throws {
        let status = try status()
        guard status == .running || status == .created else {
            throw LifecycleError.invalid("container not running or created: \(status.rawValue)")
        }
        try group().freeze()
    }

    /// Lets them go on.
    public func resume() throws {
        guard try status() == .paused else {
            throw LifecycleError.invalid("container not paused: \(id)")
        }
        try group().thaw()
    }

    /// The processes, by the host's numbers.
    public func processes() throws -> [pid_t] {
        if let cgroup = try cgroup() { return try cgroup.processes() }
        return try process() == nil ? [] : [record.pid]
    }

    /// Changes the limits of the living container.
    public func update(_ resources: Resources) throws {
        guard try status() != .stopped else { throw LifecycleError.notRunning(id) }
        let cgroup = try group()
        let location = record.scope.map(CgroupLocation.unit) ?? .path(cgroup.path)
        try location.update(resources, on: cgroup.hierarchies)
    }

    /// Changes the shares of caches and memory bandwidth of the living container, which gets a resctrl
    /// group if it has none.
    public func updateShares(_ settings: LinuxSpec.IntelRdt) throws {
        let lock = try ContainerLock(directory, id: id)
        defer { withExtendedLifetime(lock) {} }
        guard try status() != .stopped else { throw LifecycleError.notRunning(id) }
        let own = try specification().linux?.intelRdt
        var group = ResourceGroup(settings, id: id)
        if let name = own?.closID { group = ResourceGroup(name: name, schemata: group.schemata) }
        guard exists("\(group.parent)/schemata") else {
            throw LifecycleError.invalid("intelRdt needs resctrl mounted on \(group.parent)")
        }
        let isNew = own == nil && record.resourceGroup == nil
        if isNew {
            // Recorded first, so that nothing is left when this process is killed.
            guard var record = try RuntimeRecord.read(from: directory) else {
                throw LifecycleError.noSuchContainer(id)
            }
            record.resourceGroup = group.name
            try record.write(to: directory)
        }
        let running = isNew ? try processes() : []
        try attempting("write \(group.schemata.joined(separator: ", ")) to \(group.directory)") {
            () throws(Errno) in
            if isNew { try group.make() } else { try group.setShares() }
            for pid in running {
                do throws(Errno) { try group.add(pid) } catch {
                    if error != .noProcess { throw error }
                }
            }
        }
    }

    /// The control group, which an act needs.
    public func group() throws -> Cgroup {
        guard let cgroup = try cgroup() else {
            throw LifecycleError.invalid("container \(id) has no control group")
        }
        return cgroup
    }
}
