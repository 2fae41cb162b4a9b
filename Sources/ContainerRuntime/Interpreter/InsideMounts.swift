// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

extension Inside {
    var paths: RootPath { RootPath(root: root) }

    /// The new root is mounted over the old one; the old stays reachable below it until the pivot,
    /// because a path's walk starts at the root directory this process already has.
    mutating func attachRoot(
        _ source: RootAttachment, _ propagation: Propagation
    ) throws(Errno) {
        let mount: CInt
        switch source {
        case .filesystem(let slot): mount = try Mounting.mount(descriptors[slot]).release()
        case .tree(let slot):
            mount = descriptors[slot]
            // A copy of a shared mount would carry what is mounted on it back to the host.
            try Mounting.setAttributes(of: mount, propagation: propagation, recursive: true)
        }
        try Mounting.attach(mount, onto: "/")
        root = mount
        nullCover = (try Mounting.cloneTree("/dev/null").release(), false)
    }

    func mount(_ mount: FilesystemMount) throws(Errno) {
        if mount.options.contains(where: { $0.utf8.count >= Self.longestOption }) {
            return try mountAtOnce(mount)
        }
        let filesystem = try Mounting.openFilesystem(mount.type)
        try Mounting.setOption("source", mount.source, of: filesystem.raw)
        for option in mount.options {
            let bytes = option.utf8
            if let equals = bytes.firstIndex(of: UInt8(ascii: "=")) {
                try Mounting.setOption(
                    String(option[..<equals]), String(option[bytes.index(after: equals)...]),
                    of: filesystem.raw)
            } else {
                try Mounting.setOption(option, of: filesystem.raw)
            }
        }
        try Mounting.create(filesystem.raw)
        let detached = try Mounting.mount(filesystem.raw, mount.attributes)
        let target = try target(of: mount)
        if mount.copiesUp { try copyUp(from: target.raw, to: detached.raw) }
        if let propagation = mount.propagation {
            try Mounting.setAttributes(of: detached.raw, propagation: propagation)
        }
        try Mounting.attach(detached.raw, onto: target.raw)
    }

    /// fsconfig(2) takes values of 255 bytes; an overlay's list of layers can be longer.
    private static let longestOption = 256

    /// mount(2), which takes a page of options at once. The target is named by its descriptor in the
    /// host's /proc, which is there until the pivot.
    private func mountAtOnce(_ mount: FilesystemMount) throws(Errno) {
        let target = try target(of: mount)
        let path = "/proc/self/fd/\(target.raw)"
        let options = mount.options.joined(separator: ",")
        try Mounting.mountAtOnce(mount.type, source: mount.source, onto: path, options)
        let mounted = try paths.open(mount.target)
        try Mounting.setAttributes(
            of: mounted.raw, set: mount.attributes,
            clear: mount.attributes.intersection(.accessTimeField).isEmpty ? [] : .accessTimeField,
            propagation: mount.propagation)
    }

    private func target(of mount: FilesystemMount) throws(Errno) -> OwnedFD {
        let target = try paths.makeDirectory(mount.target)
        guard mount.refusesLinks else {
            try guardProc(target.raw, mount.target)
            return target
        }
        return try paths.openWithoutLinks(mount.target)
    }

    /// Whatever path led here, in procfs only a few files may be mounted over: the rest could
    /// swallow the writes that make a process safe.
    func guardProc(_ target: CInt, _ path: String) throws(Errno) {
        guard FilesystemKind(of: target) == .proc else { return }
        let name = SpecPath(path)
        guard name.mayBeMountedInProc || name.text == "/proc" else { throw Errno.notPermitted }
    }

    func change(_ mount: CInt, _ change: AttributeChange) throws(Errno) {
        if !change.recursiveSet.isEmpty || !change.recursiveClear.isEmpty {
            try Mounting.setAttributes(
                of: mount, set: change.recursiveSet, clear: change.recursiveClear, recursive: true)
        }
        if !change.set.isEmpty || !change.clear.isEmpty {
            try Mounting.setAttributes(of: mount, set: change.set, clear: change.clear)
        }
        if let propagation = change.propagation {
            try Mounting.setAttributes(
                of: mount, propagation: propagation, recursive: change.propagatesRecursively)
        }
    }

    /// Copies the image's files below a fresh tmpfs's mount point into it.
    private func copyUp(from source: CInt, to mount: CInt) throws(Errno) {
        let from = try OwnedFD.open(".", beneath: source, O_RDONLY | O_DIRECTORY)
        try TreeCopy.copy(from: from.raw, to: mount)
    }

    /// The layers of an image are mounted as a whole; a part of them is then bound over the whole.
    private func attachLayers(_ mount: BindMount) throws(Errno) {
        let layers = try Mounting.mount(descriptors[mount.tree])
        let target = try paths.makeDirectory(mount.target)
        try guardProc(target.raw, mount.target)
        try change(layers.raw, mount.change)
        try Mounting.attach(layers.raw, onto: target.raw)
        guard let subpath = mount.subpath else { return }
        let whole = try paths.open(mount.target)
        let place = try OwnedFD.open(subpath, beneath: whole.raw, openPath | O_DIRECTORY)
        let part = try Mounting.cloneTree("", at: place.raw, recursive: false)
        try change(part.raw, mount.change)
        try Mounting.attach(part.raw, onto: whole.raw)
    }

    func bind(_ bind: BindMount) throws(Errno) {
        if bind.isFilesystem { return try attachLayers(bind) }
        let tree = descriptors[bind.tree]
        var status = stat()
        try syscall { fstat(tree, &status) }
        let isDirectory = status.st_mode & S_IFMT == S_IFDIR
        let target =
            isDirectory ? try paths.makeDirectory(bind.target) : try paths.makeFile(bind.target)
        if bind.copiesUp, isDirectory { try fillIfEmpty(tree, from: target.raw) }
        try guardProc(target.raw, bind.target)
        // What stands for /proc must be procfs.
        if SpecPath(bind.target).text == "/proc", FilesystemKind(of: tree) != .proc {
            throw Errno.invalid
        }
        if bind.change.propagation == nil {
            try Mounting.setAttributes(of: tree, propagation: .private, recursive: true)
        }
        try change(tree, bind.change)
        try Mounting.attach(tree, onto: target.raw)
    }

    /// What a new volume holds at first is what the image has there, with its owners and modes.
    ///
    /// Of several containers that begin with it one fills it, while the others wait. A mark inside says
    /// that somebody is at it: where one is found unlocked, its maker died, and the next begins anew.
    private func fillIfEmpty(_ volume: CInt, from source: CInt) throws(Errno) {
        let to = try OwnedFD.open(".", O_RDONLY | O_DIRECTORY, at: volume)
        let raw = to.raw
        guard try Self.needsFilling(raw) else { return }
        try syscall { flock(raw, LOCK_EX) }
        guard try Self.needsFilling(raw) else { return }
        for name in try entryNames(of: raw) { try removeTree(name, in: raw) }
        try syscall { mkdirat(raw, Self.fillingMark, 0o700) }
        try copyUp(from: source, to: raw)
        try syscall { unlinkat(raw, Self.fillingMark, AT_REMOVEDIR) }
    }

    private static let fillingMark = ".swocker-filling"

    private static func needsFilling(_ volume: CInt) throws(Errno) -> Bool {
        let names = try names(of: try OwnedFD.open(".", O_RDONLY | O_DIRECTORY, at: volume))
        return names.isEmpty || names.contains(fillingMark)
    }

    func make(_ device: DeviceNode) throws(Errno) {
        if let source = device.source {
            let target = try paths.makeFile(device.path)
            try guardProc(target.raw, device.path)
            try check(descriptors[source], is: device)
            return try Mounting.attach(descriptors[source], onto: target.raw)
        }
        let (directory, name) = RootPath.split(device.path)
        let parent = try paths.makeDirectory(directory)
        let raw = parent.raw
        unlinkat(raw, name, 0)
        let number = DeviceNumber(major: device.major, minor: device.minor)
        try syscall { mknodat(raw, name, mode_t(device.mode), number.rawValue) }
        try syscall { fchmodat(raw, name, mode_t(device.mode & 0o7777), 0) }
        try syscall {
            fchownat(raw, name, device.owner, device.group, AT_SYMLINK_NOFOLLOW)
        }
    }

    /// What the host has under this name must be the device that was asked for.
    private func check(_ file: CInt, is device: DeviceNode) throws(Errno) {
        var status = stat()
        try syscall { fstat(file, &status) }
        let number = DeviceNumber(rawValue: status.st_rdev)
        guard status.st_mode & S_IFMT == device.mode & S_IFMT, number.major == device.major,
            number.minor == device.minor
        else { throw Errno.noDevice }
    }

    func makeLink(to target: String, at path: String) throws(Errno) {
        let (directory, name) = RootPath.split(path)
        let parent = try paths.makeDirectory(directory)
        let raw = parent.raw
        do throws(Errno) { try syscall { symlinkat(target, raw, name) } } catch {
            if error != .exists { throw error }
        }
    }

    /// From here on "/" is the container's root, and the host's mounts are gone.
    mutating func pivot() throws(Errno) {
        let raw = root
        try syscall { fchdir(raw) }
        try Mounting.pivotIntoCurrentDirectory()
        root = try OwnedFD.open("/", openPath | O_DIRECTORY).release()
    }

    /// The container's root lies over the host's already: to go there is all that is left. The host's
    /// procfs and sysfs are taken away first, because what is covered could be uncovered.
    mutating func moveRoot() throws(Errno) {
        for path in ["/proc", "/sys"] {
            do throws(Errno) { try Mounting.detach(path) } catch {
                guard error == .invalid || error == .noEntry else { throw error }
            }
        }
        let raw = root
        try syscall { fchdir(raw) }
        try syscall { chroot(".") }
        try syscall { chdir("/") }
        root = try OwnedFD.open("/", openPath | O_DIRECTORY).release()
    }

    // MARK: Hiding

    /// Covers a file with /dev/null, or a directory with an empty one. What is absent needs no cover.
    mutating func mask(_ path: String) throws(Errno) {
        guard let target = try openIfPresent(path) else { return }
        var status = stat()
        let raw = target.raw
        try syscall { fstat(raw, &status) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            return try cover(raw)
        }
        if emptyDirectory >= 0 {
            let cover = try Mounting.cloneTree("", at: emptyDirectory)
            return try Mounting.attach(cover.raw, onto: raw)
        }
        let filesystem = try Mounting.openFilesystem("tmpfs")
        try Mounting.setOption("nr_inodes", "1", of: filesystem.raw)
        try Mounting.setOption("mode", "755", of: filesystem.raw)
        try Mounting.create(filesystem.raw)
        let cover = try Mounting.mount(
            filesystem.raw, [.readOnly, .noSetuid, .noDevices, .noExec])
        try Mounting.attach(cover.raw, onto: raw)
        emptyDirectory = cover.release()
    }

    private mutating func cover(_ file: CInt) throws(Errno) {
        guard nullCover.isAttached else {
            try Mounting.attach(nullCover.mount, onto: file)
            nullCover.isAttached = true
            return
        }
        let copy = try Mounting.cloneTree("", at: nullCover.mount)
        try Mounting.attach(copy.raw, onto: file)
    }

    func makeReadOnly(_ path: String) throws(Errno) {
        guard let target = try openIfPresent(path) else { return }
        let copy = try Mounting.cloneTree("", at: target.raw, recursive: true)
        try Mounting.setAttributes(of: copy.raw, set: .readOnly, recursive: true)
        try Mounting.attach(copy.raw, onto: target.raw)
    }

    private func openIfPresent(_ path: String) throws(Errno) -> OwnedFD? {
        do throws(Errno) { return try paths.open(path) } catch {
            guard error == .noEntry || error == .notDirectory else { throw error }
            return nil
        }
    }
}
