// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
public import OCI

/// A further program for a container of the OCI runtime.
public struct RuntimeExecution: Sendable {
    public var process: Spec.Process
    /// A group below the container's, which exists.
    public var cgroup: String?
    public var preservedDescriptors = 0
    /// Whether a paused container is entered too; the program then waits for its resumption.
    public var ignoresPause = false
    /// A socket that takes the main end of the terminal; needed when there is one.
    public var console: CInt?

    public init(process: Spec.Process) { self.process = process }
}

extension RuntimeContainer {
    /// Starts a further program, beside the container's first. The caller's streams become its own.
    /// - Returns: its process, this process's child.
    public func execute(_ execution: RuntimeExecution) throws -> StartedProcess {
        let status = try status()
        guard let first = try process() else {
            throw LifecycleError.cannotExecute(id, .stopped)
        }
        if status == .paused && !execution.ignoresPause {
            throw LifecycleError.cannotExecute(id, status)
        }
        var request = ExecRequest(
            process: execution.process, user: .ids(execution.process.user),
            namespaces: try Namespaces.differing(of: record.pid),
            rootUID: record.rootUID, rootGID: record.rootGID,
            cgroup: try group(for: execution),
            seccomp: try root.filter(for: specification(), state: try state()),
            terminal: execution.process.terminal == true)
        request.preservedDescriptors = execution.preservedDescriptors
        var lent: [Slot: CInt] = [.input: 0, .output: 1, .error: 2, .container: first.raw]
        if let console = execution.console { lent[.console] = console }
        return try Launch(Plan(request), lending: lent).run()
    }

    private func group(for execution: RuntimeExecution) throws -> Cgroup? {
        guard let own = try cgroup() else { return nil }
        guard let name = execution.cgroup else { return own.joinable(with: record.pid) }
        if name.split(separator: "/").contains("..") {
            throw LifecycleError.invalid("--cgroup \(name) must not contain \"..\"")
        }
        let below = Cgroup("\(own.path)/\(name)", on: own.hierarchies)
        for directory in below.directories where !exists(directory) {
            throw LifecycleError.invalid("cgroup \(directory) does not exist")
        }
        return below
    }
}
