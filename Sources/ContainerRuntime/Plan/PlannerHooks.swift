// SPDX-License-Identifier: Apache-2.0

internal import OCI

// Hooks, at the points of the specification:
// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md#posix-platform-hooks

extension Planner {
    private var hooks: Spec.Hooks { request.spec.hooks ?? Spec.Hooks() }

    /// Before the pivot: first the engine's hooks, in the host's namespaces, while the process
    /// waits; then the process's own, in the container's namespaces but with the host's files.
    mutating func planHooks() {
        if !engineHooks.isEmpty { plan.inside.append(.awaitEngine) }
        plan.inside += steps(hooks.createContainer, .createContainer)
    }

    /// The engine's part of `planHooks`.
    mutating func planEngineHooks() {
        guard !engineHooks.isEmpty else { return }
        plan.meanwhile.append(.awaitProcess)
        plan.meanwhile += engineHooks
        plan.meanwhile.append(.release)
    }

    /// The last that happens before the program.
    var startHooks: [KernelStep] { steps(hooks.startContainer, .startContainer) }

    private var engineHooks: [KernelStep] {
        steps(hooks.prestart, .prestart) + steps(hooks.createRuntime, .createRuntime)
    }

    private func steps(_ hooks: [Spec.Hook], _ kind: HookRun.Kind) -> [KernelStep] {
        guard let state = request.manner.state else { return [] }
        return hooks.map { .runHook(HookRun($0, kind, of: state)) }
    }
}
