// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import OCI

/// Performs the steps of the engine's side, with the host's rights.
struct EngineSide: ~Copyable {
    let descriptors: Descriptors
    /// The waiting process, once it exists.
    var process: (pid: pid_t, pidfd: CInt) = (-1, -1)
    /// The user namespace that the process will join; nil when it has its own or the host's.
    private let joinedUsers: Slot?
    /// The waiting process's user namespace, opened when something must be mapped by it.
    private var userNamespace: CInt = -1

    init(descriptors: Descriptors, joinedUsers: Slot? = nil) {
        self.descriptors = descriptors
        self.joinedUsers = joinedUsers
    }

    /// The control file that was written last.
    private var openControl: (path: String, fd: CInt) = ("", -1)

    deinit {
        if userNamespace >= 0 { close(userNamespace) }
        if openControl.fd >= 0 { close(openControl.fd) }
    }

    mutating func perform(_ step: KernelStep) throws(Errno) {
        switch step {
        case .makeCgroup(let cgroup):
            do throws(KernelError) { try cgroup.create() } catch { throw error.errno }
        case .enterCgroup(let cgroup):
            do throws(KernelError) { try cgroup.enter(process: process.pid) } catch {
                throw error.errno
            }
        case .writeCgroup(let setting): try write(setting)
        case .limitDevices(let cgroup, let program):
            let loaded = try OwnedFD.deviceProgram(program)
            do throws(KernelError) { try loaded.attach(toCgroup: cgroup) } catch {
                throw error.errno
            }
        case .openFile(let path, let writable, let slot):
            descriptors.put(try OwnedFD.open(path, writable ? O_WRONLY : O_RDONLY), into: slot)
        case .copyTree(let source, let recursive, let slot):
            descriptors.put(try copyTree(source, recursive: recursive), into: slot)
        case .copySubtree(let source, let subpath, let recursive, let slot):
            descriptors.put(try copySubtree(of: source, subpath, recursive: recursive), into: slot)
        case .openFilesystem(let type, let slot):
            descriptors.put(try Mounting.openFilesystem(type), into: slot)
        case .giveStreams(let streams, let uid, let gid): give(streams, uid, gid)
        case .mapIDs(let users, let groups):
            try IDMap(users: users, groups: groups).write(for: process.pid)
        case .shiftOwners(let shift): try self.shift(shift)
        case .openNamespace(let path, let kind, let slot):
            descriptors.put(try openNamespace(path, kind), into: slot)
        case .openMapping(let users, let groups, let slot):
            descriptors.put(try IDMap(users: users, groups: groups).makeNamespace(), into: slot)
        case .findSecurityModule(let label): try SecurityModules.require(label)
        case .makeResourceGroup(let group): try group.make()
        case .connectAgent(let path, let slot):
            let (directory, name) = RootPath.split(path)
            do throws(KernelError) {
                descriptors.put(try UnixSocket.connect(to: name, in: directory), into: slot)
            } catch { throw error.errno }
        case .joinResourceGroup(let group): try group.add(process.pid)
        case .setScheduler(let scheduling): try scheduling.apply(to: process.pid)
        case .createOverlay(let overlay): try create(overlay)
        case .makeCable(let pair): try make(pair)
        case .setLimit(let limit): try limit.set(for: process.pid)
        case .setOOMScore(let score): try setOOMScore(score)
        default: throw Errno.invalid  // a step of the other side: the planner never does this
        }
    }

    /// Device rules go one by one into the same file, so the last one stays open.
    private mutating func write(_ setting: CgroupSetting) throws(Errno) {
        do throws(Errno) {
            if openControl.path != setting.file {
                if openControl.fd >= 0 { close(openControl.fd) }
                openControl = ("", -1)
                openControl = (setting.file, try OwnedFD.open(setting.file, O_WRONLY).release())
            }
            try writeAll(Array(setting.value.utf8), to: openControl.fd)
        } catch {
            guard setting.mayFail(with: error) else { throw error }
        }
    }

    /// Pipes alone: a file or a terminal of the caller's stays the caller's. Who is root inside may
    /// then give them to his user, for which both numbers must be known inside.
    private func give(_ streams: StreamSlots, _ uid: UInt32, _ gid: UInt32) {
        for slot in [streams.input, streams.output, streams.error] {
            let fd = descriptors[slot]
            if fd >= 0, FilesystemKind(of: fd) == .pipe { fchown(fd, uid, gid) }
        }
    }

    // MARK: Mounts

    /// Copies a mount. One that a path reaches through /proc/PID/root lies in that process's mount
    /// namespace, and the kernel copies only mounts of the caller's: this process goes there.
    private func copyTree(_ source: String, recursive: Bool) throws(Errno) -> OwnedFD {
        let words = source.split(separator: "/", maxSplits: 3)
        guard words.count == 4, words[0] == "proc", words[2] == "root" else {
            return try Mounting.cloneTree(source, recursive: recursive)
        }
        let theirs = try OwnedFD.open("/proc/\(words[1])/ns/mnt")
        let ours = try OwnedFD.open("/proc/self/ns/mnt")
        let home = try OwnedFD.open(".", O_RDONLY | O_DIRECTORY)
        try Namespaces.join(theirs.raw, .mount)
        let copy = Result { () throws(Errno) in
            try Mounting.cloneTree("/\(words[3])", recursive: recursive).release()
        }
        try Namespaces.join(ours.raw, .mount)
        let homeDescriptor = home.raw
        try syscall { fchdir(homeDescriptor) }
        return OwnedFD(adopting: try copy.get())
    }

    /// Copies a mount of what lies below `source`: names and links there are strangers', so the kernel
    /// resolves them as if `source` were "/".
    private func copySubtree(
        of source: String, _ subpath: String, recursive: Bool
    ) throws(Errno) -> OwnedFD {
        let root = try OwnedFD.open(source, openPath | O_DIRECTORY)
        let place = try OwnedFD.open(subpath, beneath: root.raw, openPath)
        return try Mounting.cloneTree("", at: place.raw, recursive: recursive)
    }

    // MARK: User namespace

    private func openNamespace(_ path: String, _ kind: Namespaces) throws(Errno) -> OwnedFD {
        let file = try OwnedFD.open(path, O_RDONLY | O_NONBLOCK)
        guard Namespaces.kind(of: file.raw) == kind else { throw Errno.invalid }
        return file
    }

    private mutating func openUserNamespace() throws(Errno) -> CInt {
        if let joinedUsers { return descriptors[joinedUsers] }
        if userNamespace < 0 {
            userNamespace = try OwnedFD.open("/proc/\(process.pid)/ns/user").release()
        }
        return userNamespace
    }

    /// Where it is not required, a file system that cannot shift owners (or a mount below that
    /// cannot) is shown as it is.
    private mutating func shift(_ shift: OwnerShift) throws(Errno) {
        let namespace =
            if let mapping = shift.mapping { descriptors[mapping] } else {
                try openUserNamespace()
            }
        let mount = descriptors[shift.mount]
        do throws(Errno) {
            try Mounting.mapIDs(of: mount, by: namespace, recursive: shift.recursive)
        } catch {
            guard !shift.isRequired,
                error == .invalid || error == .notPermitted || error == .busy
            else { throw error }
            guard shift.recursive else { return }
            var single = shift
            single.recursive = false
            try self.shift(single)
        }
    }

    // MARK: Network

    private func make(_ pair: VethPair) throws(Errno) {
        let namespace = try OwnedFD.open("/proc/\(process.pid)/ns/net")
        var socket = try NetlinkSocket(.route)
        do throws(NetlinkError) { try pair.establish(in: namespace.raw, on: &socket) } catch {
            throw error.errno
        }
    }

    // MARK: Overlay

    private mutating func create(_ overlay: Overlay) throws(Errno) {
        let filesystem = descriptors[overlay.filesystem]
        for lower in overlay.lowers {
            guard case .mapped(let slot) = lower else { continue }
            try Mounting.mapIDs(of: descriptors[slot], by: try openUserNamespace())
        }
        switch overlay.strategy {
        case .descriptors: try addLowers(overlay.lowers, to: filesystem)
        case .attached(let directory):
            return try createFromAttachedLowers(overlay, below: directory)
        }
        try finish(overlay, filesystem)
    }

    private func addLowers(_ lowers: [Overlay.Lower], to filesystem: CInt) throws(Errno) {
        for lower in lowers {
            switch lower {
            case .path(let path): try Mounting.setOption("lowerdir+", path, of: filesystem)
            case .mapped(let slot):
                try Mounting.setOption(
                    "lowerdir+", descriptor: descriptors[slot], of: filesystem)
            }
        }
    }

    private func finish(_ overlay: Overlay, _ filesystem: CInt) throws(Errno) {
        if !overlay.upper.isEmpty {
            try Mounting.setOption("upperdir", overlay.upper, of: filesystem)
            try Mounting.setOption("workdir", overlay.work, of: filesystem)
        }
        for option in Overlay.plainLayers {
            try Mounting.setOption(option, "off", of: filesystem)
        }
        try Mounting.create(filesystem)
    }

    /// Kernels before 6.15 take only attached mounts as layers: they are attached in a mount
    /// namespace that is left at once, and named by paths relative to it, because the option's
    /// length is bounded.
    private func createFromAttachedLowers(
        _ overlay: Overlay, below directory: String
    ) throws(Errno) {
        let hostNamespace = try OwnedFD.open("/proc/self/ns/mnt")
        let home = try OwnedFD.open(".", O_RDONLY | O_DIRECTORY)
        try Namespaces.unshare(.mount)
        var failure: Errno?
        do throws(Errno) {
            try Mounting.setPropagationOfAll(.private)
            try attachAndCreate(overlay, below: directory)
        } catch { failure = error }
        try Namespaces.join(hostNamespace.raw, .mount)
        let homeDescriptor = home.raw
        try syscall { fchdir(homeDescriptor) }
        if let failure { throw failure }
    }

    private func attachAndCreate(_ overlay: Overlay, below directory: String) throws(Errno) {
        try syscall { mkdir(directory, 0o700) }
        defer { rmdir(directory) }
        let scratch = try Mounting.openFilesystem("tmpfs")
        try Mounting.create(scratch.raw)
        let detached = try Mounting.mount(scratch.raw)
        try Mounting.attach(detached.raw, onto: directory)
        defer { umount2(directory, 2) }
        try syscall { chdir(directory) }
        var names: [String] = []
        for (index, lower) in overlay.lowers.enumerated() {
            switch lower {
            case .path(let path): names.append(path)
            case .mapped(let slot):
                try syscall { mkdir("\(index)", 0o700) }
                try Mounting.attach(descriptors[slot], onto: "\(index)")
                names.append("\(index)")
            }
        }
        let filesystem = descriptors[overlay.filesystem]
        try Mounting.setOption("lowerdir", names.joined(separator: ":"), of: filesystem)
        try finish(overlay, filesystem)
    }

    // MARK: Limits

    private func setOOMScore(_ score: Int) throws(Errno) {
        do throws(Errno) {
            try OwnedFD.open("/proc/\(process.pid)/oom_score_adj", O_WRONLY)
                .writeAll(Array("\(score)".utf8))
        } catch { if error != .accessDenied && error != .notPermitted { throw error } }
    }
}
