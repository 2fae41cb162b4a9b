// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import OCI

extension RuntimeContainer {
    /// Sends a signal to the first process, or to all processes.
    public func kill(_ signal: Int32, all: Bool = false) throws {
        if all || signal == SIGKILL && !record.ownsPIDs { return try killAll(signal) }
        guard let process = try process() else { throw LifecycleError.notRunning(id) }
        do throws(Errno) { try process.send(signal: signal) } catch {
            if error == .noProcess { throw LifecycleError.notRunning(id) }
            throw KernelError(action: "signal container \(id)", errno: error)
        }
        // A frozen process dies only when it thaws.
        if signal == SIGKILL, let cgroup = try cgroup(), (try? cgroup.isFrozen()) == true {
            try cgroup.thaw()
        }
    }

    private func killAll(_ signal: Int32) throws {
        guard let cgroup = try cgroup() else { throw LifecycleError.notRunning(id) }
        if signal == SIGKILL { return try cgroup.killAll() }
        for pid in try cgroup.processes() { Glibc.kill(pid, signal) }
    }

    /// Removes the container. The record goes last: what it names could not be found without it.
    /// - Parameter force: also one that runs, which is killed.
    /// - Returns: failures of poststop hooks, which change nothing.
    public func delete(force: Bool = false) throws -> [String] {
        let lock = try ContainerLock(directory, id: id)
        defer { withExtendedLifetime(lock) {} }
        switch try status() {
        case .stopped: break
        case .created: try end()
        case let status:
            guard force else { throw LifecycleError.cannotDelete(id, status) }
            try end()
        }
        try removeCgroup()
        try removeResourceGroup()
        let failures = try runHooks(.poststop)
        try removeTree(directory)
        return failures
    }

    private func end() throws {
        guard let process = try process() else { return }
        try? kill(SIGKILL)
        guard try process.isReadable(within: 10_000) else {
            throw LifecycleError.invalid("container \(id): process \(record.pid) does not end")
        }
    }

    /// Removes the control group with whatever still runs in it.
    func removeCgroup() throws {
        guard let cgroup = try cgroup() else { return }
        if let scope = record.scope {
            return try CgroupLocation.unit(scope).remove(on: cgroup.hierarchies)
        }
        if !record.ownsPIDs || (try? cgroup.processes().isEmpty) == false { try? cgroup.killAll() }
        try cgroup.remove(emptyParents: false)
    }

    /// Removes the resctrl group that is the container's own.
    func removeResourceGroup() throws(KernelError) {
        guard let name = record.resourceGroup else { return }
        try ResourceGroup(name: name, schemata: []).remove()
    }
}

extension RuntimeRoot {
    /// Removes what a killed creation left behind under an id.
    /// - Returns: false when there is nothing.
    public func removeRemains(of id: String) throws -> Bool {
        let directory = try directory(of: id)
        guard exists(directory), try RuntimeRecord.read(from: directory) == nil else {
            return false
        }
        let lock = try ContainerLock(directory, id: id)
        defer { withExtendedLifetime(lock) {} }
        guard try RuntimeRecord.read(from: directory) == nil else { return false }
        try removeTree(directory)
        return true
    }
}
