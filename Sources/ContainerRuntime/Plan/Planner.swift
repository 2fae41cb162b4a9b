// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import OCI

extension Plan {
    /// The start of a container, from its specification. Pure: nothing of the host is looked at, so
    /// a test can compare the steps.
    public init(_ request: LaunchRequest) throws(RuntimeError) {
        var planner = Planner(request)
        self = try planner.makePlan()
    }
}

/// Turns a request into steps. The order is the kernel's: what needs privileges comes before they
/// are dropped, what needs host paths before the pivot, and the system call filter as late as the
/// rules for it allow.
struct Planner {
    let request: LaunchRequest
    var plan = Plan()
    let linux: LinuxSpec
    let process: Spec.Process

    init(_ request: LaunchRequest) {
        self.request = request
        linux = request.spec.linux ?? LinuxSpec()
        process = request.spec.process ?? Spec.Process(args: [])
    }

    /// Namespaces to make, without those to join.
    var newNamespaces: Namespaces {
        linux.namespaces.filter { $0.path == nil }.reduce(into: []) { $0.insert($1.type.kernel) }
    }

    /// Namespaces to join, that of the users first: whoever is root there may join the others.
    var joinedNamespaces: [LinuxSpec.Namespace] {
        let joined = linux.namespaces.filter { $0.path != nil }
        return joined.filter { $0.type == .user } + joined.filter { $0.type != .user }
    }

    var isJoining: Bool { !joinedNamespaces.isEmpty }
    /// A pid namespace that is joined, and a time namespace whose clocks are set, count for children
    /// only: a sibling does the rest.
    var startsSibling: Bool { isJoining || newNamespaces.contains(.time) }
    /// The namespaces that only the sibling is in.
    private var namespacesOfTheSibling: Namespaces {
        newNamespaces.contains(.time) ? newNamespaces.intersection([.time, .pid]) : []
    }

    var hasUserNamespace: Bool { newNamespaces.contains(.user) }
    /// Whether the container's users are not the host's, in a namespace of its own or a joined one.
    var hasShiftedUsers: Bool { linux.namespaces.contains { $0.type == .user } }
    /// The host's numbers of the container's root.
    var rootUID: UInt32 { linux.uidMappings.first { $0.containerID == 0 }?.hostID ?? 0 }
    var rootGID: UInt32 { linux.gidMappings.first { $0.containerID == 0 }?.hostID ?? 0 }

    mutating func makePlan() throws(RuntimeError) -> Plan {
        try check()
        let cgroup = planCgroup()
        planResourceGroup()
        plan.before += process.securityLabels.map(KernelStep.findSecurityModule)
        if let label = linux.mountLabel, !label.isEmpty {
            plan.before.append(.findSecurityModule(.seLinux(context: label)))
        }
        let root = planRoot()
        if isJoining {
            try planJoins(cgroup: cgroup.tasks)
        } else {
            try planBirth(cgroup: cgroup.tasks)
        }
        planPrivilegedSelf()
        let treesBelong = plan.inside.count
        plan.inside.append(.attachRoot(root, try rootPropagation == .slave ? .slave : .private))
        try planMounts()
        plan.inside.insert(contentsOf: ownTrees, at: treesBelong)
        planConsole()
        planHooks()
        plan.inside.append(request.manner.movesRoot ? .moveRoot : .pivot)
        try planInsideRoot()
        try plan.appendProgram(
            process, as: request.user, terminal: request.terminal, seccomp: request.seccomp,
            makesDirectory: true, manner: request.manner, hooks: startHooks)

        // Born in its cgroup with v2; with v1 it joins by itself, and only then may its cgroup
        // namespace begin.
        var namespaces = isJoining ? [] : newNamespaces.subtracting(namespacesOfTheSibling)
        if joinsCgroupLater { namespaces.remove(.cgroup) }
        if hasShiftedUsers && !request.terminal {
            plan.before.append(.giveStreams(.lent, uid: rootUID, gid: rootGID))
        }
        plan.before.append(.clone(namespaces, cgroup: cgroup.directory))
        try planMeanwhile()
        return plan
    }

    // MARK: The engine's side

    private mutating func planCgroup() -> (tasks: [Slot], directory: Slot?) {
        guard let cgroup = request.cgroup.cgroup, request.cgroup.scope == nil else {
            return ([], nil)
        }
        plan.before.append(.makeCgroup(cgroup))
        plan.before += request.cgroup.settings.map(KernelStep.writeCgroup)
        guard case .v2 = cgroup.hierarchies, let directory = cgroup.directories.first else {
            return (cgroup.joinFiles.map { open($0, writable: true) }, nil)
        }
        if !request.cgroup.deviceProgram.isEmpty {
            plan.before.append(
                .limitDevices(cgroup: directory, program: request.cgroup.deviceProgram))
        }
        return ([], open(directory, writable: false))
    }

    /// Whether the process is born outside of its group: on version 1, and where systemd must have a
    /// process to make a group around.
    private var joinsCgroupLater: Bool {
        guard let cgroup = request.cgroup.cgroup else { return false }
        if case .v1 = cgroup.hierarchies { return true }
        return request.cgroup.scope != nil
    }

    /// systemd first: it writes its own values when it makes the group.
    private mutating func planScope() {
        guard let scope = request.cgroup.scope, let cgroup = request.cgroup.cgroup else { return }
        plan.meanwhile += [.startScope(scope), .enterCgroup(cgroup)]
        plan.meanwhile += request.cgroup.settings.map(KernelStep.writeCgroup)
        guard !request.cgroup.deviceProgram.isEmpty, let directory = cgroup.directories.first
        else { return }
        plan.meanwhile.append(
            .limitDevices(cgroup: directory, program: request.cgroup.deviceProgram))
    }

    private mutating func open(_ path: String, writable: Bool) -> Slot {
        let slot = plan.newSlot()
        plan.before.append(.openFile(path, writable: writable, slot))
        return slot
    }

    mutating func planRoot() -> RootAttachment {
        switch request.root {
        case .directory(let path):
            return .tree(hostTree(path, recursive: true))
        case .overlay(let lowers, let upper, let work):
            return .filesystem(overlay(of: lowers, upper: upper, work: work))
        }
    }

    /// - Returns: where the file system will be, once the users are there that its layers belong to.
    mutating func overlay(of lowers: [String], upper: String = "", work: String = "") -> Slot {
        let slot = plan.newSlot()
        plan.before.append(.openFilesystem(type: "overlay", slot))
        overlays.append(
            Overlay(
                filesystem: slot, lowers: lowers.map { lower(at: $0) }, upper: upper, work: work,
                strategy: request.overlayStrategy, owner: rootUID))
        return slot
    }

    private var overlays: [Overlay] = []

    private mutating func lower(at path: String) -> Overlay.Lower {
        guard hasShiftedUsers else { return .path(path) }
        let slot = plan.newSlot()
        plan.before.append(.copyTree(source: path, recursive: false, slot))
        return .mapped(slot)
    }

    /// A copy of a host mount for the container. Who is not root may copy mounts only in a mount
    /// namespace of his own users: the process does it itself then.
    /// - Parameter isLate: whether it is there only once the process lives.
    mutating func hostTree(
        _ path: String, subpath: String? = nil, recursive: Bool, isLate: Bool = false
    ) -> Slot {
        let slot = plan.newSlot()
        let copy =
            subpath.map {
                KernelStep.copySubtree(of: path, subpath: $0, recursive: recursive, slot)
            }
            ?? .copyTree(source: path, recursive: recursive, slot)
        if request.isRootless || isLate { ownTrees.append(copy) } else { plan.before.append(copy) }
        return slot
    }

    private var ownTrees: [KernelStep] = []
    var shifts: [KernelStep] = []

    /// A share of caches and bandwidth, for the process from its first moment on.
    private mutating func planResourceGroup() {
        guard let group = resourceGroup else { return }
        plan.before.append(.makeResourceGroup(group))
    }

    private var resourceGroup: ResourceGroup? {
        linux.intelRdt.map { ResourceGroup($0, id: request.manner.state?.id ?? "swocker") }
    }

    mutating func planMeanwhile() throws(RuntimeError) {
        planScope()
        if hasUserNamespace {
            if isJoining { plan.meanwhile += [.release, .awaitProcess] }
            plan.meanwhile.append(.mapIDs(users: linux.uidMappings, groups: linux.gidMappings))
        }
        if let group = resourceGroup { plan.meanwhile.append(.joinResourceGroup(group)) }
        if let scheduler = process.scheduler, !(startsSibling && scheduler.isLostByFork) {
            plan.meanwhile.append(.setScheduler(try scheduler.scheduling))
        }
        plan.meanwhile += shifts
        plan.meanwhile += overlays.map(KernelStep.createOverlay)
        if !request.isRootless { plan.meanwhile += process.rlimits.map(KernelStep.setLimit) }
        if let adjustment = process.oomScoreAdj {
            plan.meanwhile.append(.setOOMScore(adjustment))
        }
        planCables()
        planEngineHooks()
        plan.appendListener(request.seccomp)
    }

    /// The process is born into its network namespace, or makes it on its way, after it has joined
    /// others: then it says so and waits.
    private mutating func planCables() {
        var cables = plansCables ? request.cables.map(KernelStep.makeCable) : []
        if plansCables, request.servesNames { cables.append(.serveNames) }
        guard !cables.isEmpty, !joinedNamespaces.isEmpty else {
            plan.meanwhile += cables + [.release]
            return
        }
        plan.meanwhile += [.release, .awaitProcess] + cables + [.release]
    }

    // MARK: The process's side

    /// A container that shares another's namespaces. The new ones must belong to the users that it
    /// joins, so they begin after that; and a pid namespace, joined or new, counts for children only:
    /// the process that did all this leaves the rest to a sibling.
    private mutating func planJoins(cgroup tasks: [Slot]) throws(RuntimeError) {
        plan.inside.append(.hide)
        if !tasks.isEmpty { plan.inside.append(.joinCgroups(tasks)) }
        for namespace in joinedNamespaces {
            guard let path = namespace.path else { continue }
            let slot = plan.newSlot()
            plan.before.append(
                .openNamespace(path: path, namespace.type.kernel, slot))
            plan.inside.append(.joinNamespace(slot, namespace.type.kernel))
            if namespace.type == .user {
                plan.joinedUsers = slot
                try planClocks()
                plan.inside.append(.becomeRoot)
            }
        }
        // Its own users come after the joined namespaces, which belong to others, and before the
        // other new ones, which shall be theirs.
        if hasUserNamespace { plan.inside += [.unshare(.user), .awaitEngine] }
        if plan.joinedUsers == nil { try planClocks() }
        if hasUserNamespace { plan.inside.append(.becomeRoot) }
        plan.inside.append(.unshare(newNamespaces.subtracting([.user, .time])))
        if plansCables { plan.inside.append(.awaitEngine) }
        try planSibling()
    }

    /// The process that the rest is left to.
    private mutating func planSibling() throws(RuntimeError) {
        plan.inside.append(.cloneSibling)
        if let scheduler = process.scheduler, scheduler.isLostByFork {
            plan.inside.append(.setScheduler(try scheduler.scheduling))
        }
    }

    /// The clocks are set by a process that has all rights in its user namespace but is not yet its
    /// root: from then on its files in /proc are closed to itself too.
    private mutating func planClocks() throws(RuntimeError) {
        guard newNamespaces.contains(.time) else { return }
        plan.inside.append(.unshare(.time))
        if !linux.timeOffsets.isEmpty { plan.inside.append(.setClocks(try clockOffsets)) }
    }

    private var clockOffsets: [ClockOffset] {
        get throws(RuntimeError) {
            var offsets: [ClockOffset] = []
            for (clock, offset) in linux.timeOffsets.sorted(by: { $0.key < $1.key }) {
                guard clock == "monotonic" || clock == "boottime" else {
                    throw RuntimeError.invalidSpec("timeOffsets has no clock \"\(clock)\"")
                }
                let nanoseconds = offset.nanosecs ?? 0
                guard nanoseconds < 1_000_000_000 else {
                    throw RuntimeError.invalidSpec("timeOffsets: \(nanoseconds) ns are a second")
                }
                offsets.append(
                    ClockOffset(clock: clock, seconds: offset.secs ?? 0, nanoseconds: nanoseconds))
            }
            return offsets
        }
    }

    /// Whether there is a network namespace to see to from outside.
    private var plansCables: Bool {
        newNamespaces.contains(.network) && (!request.cables.isEmpty || request.servesNames)
    }

    private mutating func planBirth(cgroup tasks: [Slot]) throws(RuntimeError) {
        if !tasks.isEmpty { plan.inside.append(.joinCgroups(tasks)) }
        if joinsCgroupLater && newNamespaces.contains(.cgroup) {
            plan.inside.append(.unshare(.cgroup))
        }
        try planClocks()
        if hasUserNamespace { plan.inside.append(.becomeRoot) }
        guard startsSibling else { return }
        if newNamespaces.contains(.pid) { plan.inside.append(.unshare(.pid)) }
        try planSibling()
    }

    private mutating func planPrivilegedSelf() {
        plan.inside.append(.newSession)
        if !request.manner.keepsKeyring { plan.inside.append(.newKeyring) }
        if newNamespaces.contains(.network) { plan.inside.append(.raiseLoopback) }
        if plansCables { plan.inside += request.interfaces.map(KernelStep.setUpInterface) }
        if newNamespaces.contains(.uts) {
            if let name = request.spec.hostname { plan.inside.append(.setHostname(name)) }
            if let name = request.spec.domainname { plan.inside.append(.setDomainname(name)) }
        }
        if request.isRootless { plan.inside += process.rlimits.map(KernelStep.setLimit) }
        // Whatever becomes of the root: nothing that is mounted here may appear on the host.
        plan.inside.append(.setPropagation(.slave))
    }

    /// The propagation of the container's root; private when nothing is said.
    private var rootPropagation: Propagation {
        get throws(RuntimeError) {
            guard let name = linux.rootfsPropagation, !name.isEmpty else { return .private }
            let kind = Propagation(rawValue: name.first == "r" ? String(name.dropFirst()) : name)
            guard let kind else {
                throw RuntimeError.invalidSpec("unknown rootfsPropagation \"\(name)\"")
            }
            return kind
        }
    }

    private mutating func planConsole() {
        guard request.terminal else { return }
        plan.inside.append(
            .openTerminal(socket: .console, size: process.consoleSize, isConsole: true))
    }

    private mutating func planInsideRoot() throws(RuntimeError) {
        // pivot_root(2) refuses a shared root, so it becomes one only now.
        let propagation = try rootPropagation
        if propagation == .shared || propagation == .unbindable {
            plan.inside.append(.setRootPropagation(propagation))
        }
        if let personality = linux.personality { plan.inside.append(try personality.step) }
        if request.spec.root?.readonly == true { plan.inside.append(.makeRootReadOnly) }
        for (key, value) in linux.sysctl.sorted(by: { $0.key < $1.key }) {
            plan.inside.append(.setSysctl(key: key, value: value))
        }
        plan.inside += linux.readonlyPaths.map { .makeReadOnly(path: $0) }
        plan.inside += linux.maskedPaths.map { .mask(path: $0) }
    }
}

extension LinuxSpec.Namespace.Kind {
    /// The kernel's bit for the specification's word.
    var kernel: Namespaces {
        switch self {
        case .mount: .mount
        case .pid: .pid
        case .network: .network
        case .ipc: .ipc
        case .uts: .uts
        case .user: .user
        case .cgroup: .cgroup
        case .time: .time
        }
    }
}
