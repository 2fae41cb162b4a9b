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

    /// The control group, which an act needs.
    public func group() throws -> Cgroup {
        guard let cgroup = try cgroup() else {
            throw LifecycleError.invalid("container \(id) has no control group")
        }
        return cgroup
    }
}
