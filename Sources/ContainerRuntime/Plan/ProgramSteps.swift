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
        let capabilities = CapabilityPlan(process.capabilities)
        let filter = seccomp.map { [KernelStep.loadSeccomp($0)] } ?? []
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
}

extension Spec.IOPriority {
    fileprivate var step: KernelStep {
        get throws(RuntimeError) {
            let number: Int32
            switch `class` {
            case "IOPRIO_CLASS_RT": number = 1
            case "IOPRIO_CLASS_BE": number = 2
            case "IOPRIO_CLASS_IDLE": number = 3
            default: throw RuntimeError.invalidSpec("unknown I/O priority class \(`class`)")
            }
            guard (0...7).contains(priority) else {
                throw RuntimeError.invalidSpec("I/O priority \(priority) is not between 0 and 7")
            }
            return .setIOPriority(class: number, level: Int32(priority))
        }
    }
}
