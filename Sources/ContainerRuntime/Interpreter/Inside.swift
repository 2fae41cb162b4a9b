// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import OCI

/// Performs the steps of the container's first process, in that process: between clone3(2) and
/// execve(2), single-threaded, a copy of the engine that is about to become another program.
struct Inside: ~Copyable {
    let descriptors: Descriptors
    /// The container's root directory, once it is attached.
    var root: CInt = -1
    /// Who the process will be, once looked up.
    var identity = Identity()
    /// The host's /dev/null, copied before the pivot to hide files with: the container's own could
    /// be anything (CVE-2025-31133). The first file takes the copy itself, later ones copies of it.
    var nullCover: (mount: CInt, isAttached: Bool) = (-1, false)
    /// An empty, read-only directory that is mounted already, to hide more directories with.
    var emptyDirectory: CInt = -1

    /// Whether the groups of the user who started this stay, because nobody here may change them.
    var keepsGroups = false
    /// Whether root could enter the working directory already.
    var isInWorkingDirectory = false
    /// How many descriptors from 3 on the program shall have.
    var preservedDescriptors: CInt = 0
    /// Where failures go: the pipe to the engine, then, after the wait for the start, the FIFO.
    var report: CInt
    /// The pipe by which the engine lets this process go on.
    let gate: CInt

    init(descriptors: Descriptors, report: CInt, gate: CInt) {
        self.descriptors = descriptors
        self.report = report
        self.gate = gate
    }

    mutating func perform(_ step: KernelStep) throws(StepFailure) {
        switch step {
        case .identify(let selection): try identify(selection)
        case .execute(let arguments, let environment, let mask):
            try execute(arguments, environment, mask)
        case .runHook(let hook): try run(hook)
        default:
            do throws(Errno) { try performPlain(step) } catch {
                throw StepFailure(kind: .kernel, errno: error)
            }
        }
    }

    private mutating func performPlain(_ step: KernelStep) throws(Errno) {
        switch step {
        case .joinCgroups(let tasks): try joinCgroups(tasks)
        case .joinNamespace(let slot, let kind): try Namespaces.join(descriptors[slot], kind)
        case .unshare(let kinds): try Namespaces.unshare(kinds)
        case .setClocks(let clocks): try set(clocks)
        case .confine(let processors): try processors.confineThread()
        case .setScheduler(let scheduling): try scheduling.apply(to: 0)
        case .setPersonality(let domain): try ThisProcess.setPersonality(domain)
        case .setLimit(let limit): try limit.set(for: 0)
        case .copyTree(let source, let recursive, let slot):
            descriptors.put(try Mounting.cloneTree(source, recursive: recursive), into: slot)
        case .hide: try ThisProcess.hideFromProc()
        case .closeDescriptors(let slots):
            ThisProcess.closeAll(
                from: 3 + preservedDescriptors, keeping: slots.map { descriptors[$0] } + [report])
        case .becomeRoot: try becomeRoot()
        case .newSession: try syscall { setsid() }
        case .newKeyring: try newKeyring()
        case .awaitEngine: try awaitEngine()
        case .findProgram(let arguments, let environment):
            try Program(arguments, environment: environment).find()
        case .awaitStart(let slot): try awaitStart(descriptors[slot])
        case .keepDescriptors(let count): preservedDescriptors = CInt(count)
        case .raiseLoopback: try ThisProcess.raiseLoopback()
        case .setUpInterface(let setup):
            var socket = try NetlinkSocket(.route)
            do throws(NetlinkError) { try setup.establish(on: &socket) } catch {
                throw error.errno
            }
        case .setHostname(let name): try ThisProcess.setHostname(name)
        case .setDomainname(let name): try ThisProcess.setDomainname(name)
        case .setPropagation(let propagation): try Mounting.setPropagationOfAll(propagation)
        case .attachRoot(let source, let propagation): try attachRoot(source, propagation)
        case .useRoot: root = descriptors[.root]
        case .openRoot: root = try OwnedFD.open("/", openPath | O_DIRECTORY).release()
        case .mount(let mount): try self.mount(mount)
        case .bind(let bind): try self.bind(bind)
        case .makeDevice(let device): try make(device)
        case .makeLink(let target, let path): try makeLink(to: target, at: path)
        case .openTerminal(let socket, let size, let isConsole):
            try openTerminal(descriptors[socket], size, isConsole: isConsole)
        case .pivot: try pivot()
        case .moveRoot: try moveRoot()
        case .setSysctl(let key, let value): try setSysctl(key, value)
        case .mask(let path): try mask(path)
        case .makeReadOnly(let path): try makeReadOnly(path)
        case .sealMount(let path):
            let mount = try paths.open(path)
            try Mounting.setAttributes(of: mount.raw, set: .readOnly)
        case .changeMount(let path, let change):
            let mount = try paths.open(path)
            try self.change(mount.raw, change)
        case .setRootPropagation(let propagation):
            try Mounting.setAttributes(of: root, propagation: propagation)
        case .setSecurityLabel(let label): try set(label)
        case .makeRootReadOnly: try Mounting.setAttributes(of: root, set: .readOnly)
        case .setIOPriority(let number, let level):
            try ThisProcess.setIOPriority(class: number, level: level)
        case .useStreams(let streams): try use(streams)
        case .ownStreams: ownStreams()
        case .makeWorkingDirectory(let path): try makeWorkingDirectory(path)
        case .forbidNewPrivileges: try ThisProcess.forbidNewPrivileges()
        case .loadSeccomp(let program):
            try loadSeccomp(program: program.instructions, flags: program.flags)
        case .setUser(let capabilities): try setUser(capabilities)
        case .setCapabilities(let capabilities): try set(capabilities)
        case .enterWorkingDirectory(let path, asRoot: true):
            try enterWorkingDirectoryAsRoot(path)
        case .enterWorkingDirectory(let path, asRoot: false): try enterWorkingDirectory(path)
        default: throw Errno.invalid  // a step of the other side: the planner never does this
        }
    }

    // MARK: Groups, namespaces, session

    /// Writing "0" moves the writer itself, a single thread, for which cgroup v1 needs no lock.
    private func joinCgroups(_ tasks: [Slot]) throws(Errno) {
        for slot in tasks { try writeAll([UInt8(ascii: "0")], to: descriptors[slot]) }
    }

    /// The first user of the new namespace; before, this process is nobody there.
    private mutating func becomeRoot() throws(Errno) {
        do throws(Errno) { try ThisProcess.setIdentity(uid: 0, gid: 0, groups: []) } catch {
            // Who maps ids without privileges has to give up setgroups(2) for the namespace: his
            // groups stay, and mean nobody inside.
            guard error == .notPermitted else { throw error }
            try ThisProcess.setIdentity(uid: 0, gid: 0)
            keepsGroups = true
        }
        try ThisProcess.hideFromProc()
    }

    private func newKeyring() throws(Errno) {
        do throws(Errno) { try ThisProcess.joinNewSessionKeyring() } catch {
            // Kernels without keyrings have none to inherit; a full quota must not stop a
            // container.
            guard error == .noSystemCall || error == .quota else { throw error }
        }
    }
}

/// How a step failed, small enough to travel through a pipe.
struct StepFailure: Error, Equatable {
    enum Kind: Int32 { case kernel, noSuchUser, noSuchGroup, hook }
    var kind: Kind
    var errno: Errno
}
