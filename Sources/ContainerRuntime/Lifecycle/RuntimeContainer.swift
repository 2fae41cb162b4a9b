// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import Linux
public import OCI

/// A container of the OCI runtime: its record, and the questions that the kernel answers.
public struct RuntimeContainer: Sendable {
    let root: RuntimeRoot
    let directory: String
    public internal(set) var record: RuntimeRecord

    public var id: String { record.id }
    var gate: String { "\(directory)/start" }

    /// The specification that it was created with.
    public func specification() throws -> Spec {
        let path = "\(directory)/config.json"
        return try Bundle.specification(try contents(of: path), path)
    }

    /// The control group; nil without one.
    public func cgroup() throws(KernelError) -> Cgroup? {
        guard let path = record.cgroup else { return nil }
        return Cgroup(path, on: try CgroupHierarchies.discover())
    }

    /// The first process, if it is still that.
    func process() throws -> OwnedFD? {
        guard record.pid > 0, let pidfd = try? OwnedFD.pidfd(of: record.pid) else { return nil }
        // Opened first, compared then: the number cannot change hands any more.
        guard let status = ProcessStatus(of: record.pid), status.isAlive,
            status.started == record.started
        else { return nil }
        return pidfd
    }

    /// Where it is in its life.
    public func status() throws -> ContainerStatus {
        guard let status = ProcessStatus(of: record.pid), status.isAlive,
            status.started == record.started
        else { return record.pid == 0 && isBeingCreated ? .creating : .stopped }
        if try isFrozen { return .paused }
        return StartGate.isAwaited(at: gate) ? .created : .running
    }

    private var isFrozen: Bool {
        get throws {
            guard let cgroup = try cgroup() else { return false }
            return (try? cgroup.isFrozen()) ?? false
        }
    }

    private var isBeingCreated: Bool {
        guard let file = try? OwnedFD.open(directory, O_RDONLY | O_DIRECTORY) else { return false }
        do throws(Errno) { return try FileLock.ifFree(file, .exclusive) == nil } catch {
            return false
        }
    }

    /// The state as the specification has it.
    public func state() throws -> StateDocument {
        let status = try status()
        return StateDocument(
            ociVersion: record.ociVersion, id: id, status: status,
            pid: status == .stopped ? 0 : record.pid, bundle: record.bundle,
            annotations: record.annotations)
    }
}

extension RuntimeContainer {
    /// Waits for the end of its first process.
    /// - Parameter milliseconds: how long at most.
    /// - Returns: whether it has ended.
    public func ends(within milliseconds: Int32) throws -> Bool {
        guard let process = try process() else { return true }
        return try process.isReadable(within: milliseconds)
    }
}
