// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import OCI

extension Plan {
    /// A further program in a container that runs.
    ///
    /// Two processes lead there. The first is the engine's own copy: it joins the control group and
    /// the namespaces, and since joining a pid namespace counts for children only, it starts the
    /// second with CLONE_PARENT, a sibling that is born inside and whose parent is the engine. The
    /// container's processes see the second in their /proc and may be hostile: what could be learnt
    /// from it or done through it (memory, descriptors, the engine's program file) is closed
    /// before.
    public init(_ request: ExecRequest) throws(RuntimeError) {
        self.init()
        guard request.namespaces.contains(.mount) else {
            throw RuntimeError.invalidSpec("a container has a mount namespace of its own")
        }
        let cgroup = planCgroup(request.cgroup)
        if request.namespaces.contains(.user) && !request.terminal {
            before.append(
                .giveStreams(.lent, uid: request.rootUID, gid: request.rootGID))
        }
        meanwhile = request.process.rlimits.map(KernelStep.setLimit)
        if let score = request.process.oomScoreAdj { meanwhile.append(.setOOMScore(score)) }
        if let scheduler = request.process.scheduler, !scheduler.isLostByFork {
            meanwhile.append(.setScheduler(try scheduler.scheduling))
        }
        meanwhile.append(.release)

        let affinity = request.process.execCPUAffinity
        inside += try Spec.ExecCPUAffinity.steps(affinity?.initial)
        inside.append(.hide)
        if !cgroup.tasks.isEmpty { inside.append(.joinCgroups(cgroup.tasks)) }
        if request.preservedDescriptors > 0 {
            inside.append(.keepDescriptors(count: request.preservedDescriptors))
        }
        inside += try Spec.ExecCPUAffinity.steps(affinity?.final)
        inside.append(.joinNamespace(.container, request.namespaces))
        inside.append(.closeDescriptors(keeping: [.input, .output, .error, .console]))
        inside.append(.cloneSibling)
        if let scheduler = request.process.scheduler, scheduler.isLostByFork {
            inside.append(.setScheduler(try scheduler.scheduling))
        }
        if request.namespaces.contains(.user) { inside.append(.becomeRoot) }
        inside += [.newSession, .newKeyring, .openRoot]
        if request.terminal {
            inside.append(
                .openTerminal(
                    socket: .console, size: request.process.consoleSize, isConsole: false))
        }
        try appendProgram(
            request.process, as: request.user, terminal: request.terminal,
            seccomp: request.seccomp, makesDirectory: false)
        before.append(.clone([], cgroup: cgroup.directory))
        appendListener(request.seccomp)
    }

    /// Version 2 lets a process be born in its group; with version 1 it writes itself into each.
    private mutating func planCgroup(_ cgroup: Cgroup?) -> (tasks: [Slot], directory: Slot?) {
        guard let cgroup else { return ([], nil) }
        if case .v2 = cgroup.hierarchies {
            return ([], cgroup.directories.first.map { open($0, writable: false) })
        }
        return (cgroup.joinFiles.map { open($0, writable: true) }, nil)
    }

    private mutating func open(_ path: String, writable: Bool) -> Slot {
        let slot = newSlot()
        before.append(.openFile(path, writable: writable, slot))
        return slot
    }
}
