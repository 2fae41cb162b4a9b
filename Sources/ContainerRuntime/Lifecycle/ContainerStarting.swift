// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import OCI

extension RuntimeContainer {
    /// Lets a created container's program begin.
    /// - Returns: failures of poststart hooks, which change nothing.
    public func start() throws -> [String] {
        let lock = try ContainerLock(directory, id: id)
        defer { withExtendedLifetime(lock) {} }
        let status = try status()
        guard status == .created, let report = try StartGate.open(at: gate) else {
            throw LifecycleError.cannotStart(id, status)
        }
        try removeFile(gate)
        if !report.isSuccess { throw try wording(of: report) }
        return try runHooks(.poststart)
    }

    private func wording(of report: StartReport) throws -> any Error {
        let spec = try specification()
        var request = CreationRequest(
            id: id, bundle: try Bundle(directory), spec: spec)
        request.waitsForStart = true
        let plan = try Plan(launchRequest(request, CgroupPlan()))
        return report.failure(in: plan) ?? LifecycleError.notRunning(id)
    }

    /// Runs the hooks of the container's that come after its program has begun or ended.
    /// - Returns: what failed, in words.
    public func runHooks(_ kind: HookRun.Kind) throws -> [String] {
        guard record.hasHooks, let hooks = try specification().hooks else { return [] }
        let state = StateDocument(
            ociVersion: record.ociVersion, id: id, status: .running, bundle: record.bundle,
            annotations: record.annotations)
        var failures: [String] = []
        for hook in kind == .poststart ? hooks.poststart : hooks.poststop {
            do throws(RuntimeError) {
                try HookRun(hook, kind, of: state).run(pid: kind == .poststart ? record.pid : 0)
            } catch { failures.append("\(error)") }
        }
        return failures
    }
}
