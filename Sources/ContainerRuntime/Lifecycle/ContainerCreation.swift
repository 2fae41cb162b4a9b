// SPDX-License-Identifier: Apache-2.0

public import Glibc
public import Linux
public import OCI

/// What `create` and `run` are asked for.
public struct CreationRequest: Sendable {
    public var id: String
    public var bundle: Bundle
    public var spec: Spec
    /// Whether the program waits for `start`.
    public var waitsForStart = true
    public var keepsKeyring = false
    public var movesRoot = false
    /// Whether the control group is systemd's.
    public var usesSystemd = false
    /// Whether a control group that may not be made is done without.
    public var toleratesCgroups = false
    /// Variables beside those of the specification.
    public var environment: [String] = []
    /// How many descriptors from 3 on the program shall have.
    public var preservedDescriptors = 0
    /// A socket that takes the main end of the terminal; needed when there is one.
    public var console: CInt?
    /// Where to write the process's number.
    public var pidFile: String?
    /// A socket that takes a pidfd of the process.
    public var pidfdReceiver: CInt?

    /// - Parameter spec: what the bundle's document says.
    public init(id: String, bundle: Bundle, spec: Spec) {
        self.id = id
        self.bundle = bundle
        self.spec = spec
    }
}

/// A container that was just made. Its process is this process's child.
public struct CreatedContainer: ~Copyable {
    public let container: RuntimeContainer
    public let process: StartedProcess

    /// Keeps the pidfd of the container's process alone.
    public consuming func takePidfd() -> OwnedFD { process.takePidfd() }
}

extension RuntimeRoot {
    /// Makes a container; whatever fails is undone.
    ///
    /// A killed creation leaves a directory: without a record nothing else has been made; with one
    /// there may be a control group, and a process that ends by itself unless it was complete.
    public func create(_ request: CreationRequest) throws -> CreatedContainer {
        let rootfs = try request.bundle.root(of: request.spec)
        let directory = try directory(of: request.id)
        try reserve(directory, for: request.id)
        do {
            let lock = try ContainerLock(directory, id: request.id)
            defer { withExtendedLifetime(lock) {} }
            return try build(request, rootfs, in: directory)
        } catch {
            try? removeTree(directory)
            throw error
        }
    }

    private func reserve(_ directory: String, for id: String) throws {
        for attempt in 0...1 {
            do throws(Errno) {
                try syscall { mkdir(directory, 0o700) }
                return
            } catch {
                if error == .exists { throw LifecycleError.exists(id) }
                guard error == .noEntry, attempt == 0 else {
                    throw KernelError(action: "mkdir \(directory)", errno: error)
                }
                try makeDirectories(path, mode: 0o711)
            }
        }
    }

    private func build(
        _ request: CreationRequest, _ rootfs: String, in directory: String
    ) throws -> CreatedContainer {
        let cgroup = try CgroupPlan(request)
        var container = RuntimeContainer(
            root: self, directory: directory,
            record: RuntimeRecord(request, rootfs: rootfs, cgroup: cgroup))
        let launch = try container.launchRequest(request, cgroup)
        let plan = try Plan(launch)
        try writeNew("\(directory)/config.json", request.bundle.document)
        try container.record.write(to: directory)
        do {
            let process = try container.launch(request, plan)
            if let file = request.pidFile { try writePID(process.pid, to: file) }
            if let socket = request.pidfdReceiver {
                try process.sendPidfd(over: socket, as: "standard")
            }
            return CreatedContainer(container: container, process: process)
        } catch {
            if let process = try? container.process() { try? process.send(signal: SIGKILL) }
            try? container.removeCgroup()
            try? container.removeResourceGroup()
            throw error
        }
    }

    private func writeNew(_ path: String, _ bytes: [UInt8]) throws {
        try attempting("write \(path)") { () throws(Errno) in
            try OwnedFD.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600).writeAll(bytes)
        }
    }
}

/// Writes a process's number where the caller waits for it, in one step.
public func writePID(_ pid: pid_t, to file: String) throws {
    try replaceFile(file, with: Array("\(pid)".utf8))
}

extension RuntimeRecord {
    fileprivate init(_ request: CreationRequest, rootfs: String, cgroup: CgroupPlan) {
        let spec = request.spec
        let linux = spec.linux ?? LinuxSpec()
        self.init(
            ociVersion: spec.ociVersion, id: request.id, bundle: request.bundle.path,
            rootfs: rootfs, created: timestamp(), owner: geteuid(),
            annotations: spec.annotations, pid: 0, started: 0,
            cgroup: cgroup.cgroup?.path, scope: cgroup.scope?.scope,
            resourceGroup: linux.intelRdt.flatMap { $0.closID == nil ? request.id : nil },
            rootUID: linux.uidMappings.first { $0.containerID == 0 }?.hostID ?? 0,
            rootGID: linux.gidMappings.first { $0.containerID == 0 }?.hostID ?? 0,
            ownsPIDs: linux.namespaces.contains { $0.type == .pid },
            hasHooks: spec.hooks.map { !$0.poststart.isEmpty || !$0.poststop.isEmpty } ?? false)
    }
}

extension RuntimeContainer {
    /// What the runtime is to launch. The same for the same specification: `start` makes it again to
    /// word a failure.
    func launchRequest(_ request: CreationRequest, _ cgroup: CgroupPlan) throws -> LaunchRequest {
        var spec = request.spec
        guard let process = spec.process else {
            throw LifecycleError.invalid("config.json: process is missing")
        }
        spec.process?.env += request.environment
        var launch = LaunchRequest(
            spec: spec, root: .directory(record.rootfs), user: .ids(process.user), cgroup: cgroup,
            terminal: process.terminal == true)
        let state = StateDocument(
            ociVersion: record.ociVersion, id: id, status: .creating, bundle: record.bundle,
            annotations: record.annotations)
        launch.seccomp = try root.filter(for: spec, state: state)
        launch.isRootless = geteuid() != 0
        launch.manner.state = state
        launch.manner.waitsForStart = request.waitsForStart
        launch.manner.keepsKeyring = request.keepsKeyring
        launch.manner.movesRoot = request.movesRoot
        launch.manner.preservedDescriptors = request.preservedDescriptors
        return launch
    }

    /// The caller's streams become the container's.
    fileprivate mutating func launch(
        _ request: CreationRequest, _ plan: Plan
    ) throws -> StartedProcess {
        var lent: [Slot: CInt] = [.input: 0, .output: 1, .error: 2]
        if let console = request.console { lent[.console] = console }
        let start = request.waitsForStart ? try StartGate.make(at: gate) : nil
        switch start {
        case .some(let start): lent[.start] = start.raw
        case nil: break
        }
        var record = record
        let directory = directory
        let process = try Launch(plan, lending: lent).run(
            recording: { (pid) throws(RuntimeError) in
                record.pid = pid
                record.started = ProcessStatus(of: pid)?.started ?? 0
                do { try record.write(to: directory) } catch {
                    throw RuntimeError.invalidSpec("\(error)")
                }
            })
        withExtendedLifetime(start) {}
        self.record = record
        return process
    }
}

extension RuntimeRoot {
    /// The compiled system call filter of a specification, from the cache if it is there.
    /// - Parameter state: what the agent is told of the container, if the filter leaves calls to one.
    func filter(for spec: Spec, state: StateDocument) throws -> SeccompProgram? {
        guard let profile = spec.linux?.seccomp else { return nil }
        if !exists(filters) { try makeDirectories(filters, mode: 0o700) }
        let cache = SeccompCache(directory: filters)
        var program = SeccompProgram(
            instructions: try cache.program(for: profile), flags: try profile.kernelFlags())
        program.listener = try SeccompListener(profile, state: state)
        return program
    }
}
