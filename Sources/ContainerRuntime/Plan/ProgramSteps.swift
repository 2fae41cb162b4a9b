// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import OCI

extension Plan {
    /// The last part of every start, of a container's first process and of one that joins it: from
    /// root inside to the user's program.
    /// - Parameter makesDirectory: whether a working directory that is absent is made.
    mutating func appendProgram(
        _ process: Spec.Process, as user: UserSelection, terminal: Bool, seccomp: SeccompProgram?,
        makesDirectory: Bool, manner: LaunchManner = LaunchManner(), hooks: [KernelStep] = []
    ) throws(RuntimeError) {
        guard !process.args.isEmpty else { throw RuntimeError.invalidSpec("process.args is empty") }
        guard process.cwd.hasPrefix("/") else {
            throw RuntimeError.invalidSpec("Cwd must be an absolute path")
        }
        try Self.check(process)
        let capabilities = CapabilityPlan(process.capabilities)
        let filter = seccomp.map { [KernelStep.loadSeccomp($0)] } ?? []
        guard seccomp?.listener != nil || (seccomp?.flags ?? 0) & SeccompProgram.listens == 0 else {
            throw RuntimeError.invalidSpec("SCMP_ACT_NOTIFY needs a listenerPath")
        }
        if let listener = seccomp?.listener {
            let slot = newSlot()
            before.append(.connectAgent(path: listener.socket, slot))
            agent = slot
        }
        let noNewPrivileges = process.noNewPrivileges == true
        inside.append(.identify(user))
        if !terminal { inside.append(.useStreams(.lent)) }
        inside.append(.ownStreams)
        if makesDirectory { inside.append(.makeWorkingDirectory(process.cwd)) }
        if let priority = process.ioPriority { inside.append(try priority.step) }
        inside.append(.enterWorkingDirectory(process.cwd, asRoot: true))
        // Without no_new_privs a filter may be loaded only by CAP_SYS_ADMIN, so before that is
        // gone; with it the filter comes as late as can be, and sees fewer of our own calls.
        if !noNewPrivileges { inside += filter }
        inside.append(.setUser(capabilities))
        inside.append(.setCapabilities(capabilities))
        if noNewPrivileges { inside.append(.forbidNewPrivileges) }
        inside.append(.enterWorkingDirectory(process.cwd, asRoot: false))
        inside += process.securityLabels.map(KernelStep.setSecurityLabel)
        if noNewPrivileges { inside += filter }
        if manner.preservedDescriptors > 0 {
            inside.append(.keepDescriptors(count: manner.preservedDescriptors))
        }
        if manner.waitsForStart {
            inside.append(.findProgram(arguments: process.args, environment: process.env))
            inside.append(.awaitStart(.start))
        }
        inside += hooks
        inside.append(
            .execute(
                arguments: process.args, environment: process.env,
                umask: process.user.umask ?? 0o022))
    }

    /// The engine's last act, when there is an agent to be told of the filter.
    mutating func appendListener(_ seccomp: SeccompProgram?) {
        guard let listener = seccomp?.listener, let agent else { return }
        meanwhile.append(.sendListener(listener, agent))
    }
}
