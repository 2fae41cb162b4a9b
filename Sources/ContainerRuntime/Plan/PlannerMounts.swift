// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import OCI

extension Planner {
    /// The spec's mounts in their order; the devices and links follow the mount of /dev at once, so
    /// that later mounts may hide them, as users ask with `-v`.
    /// - Parameter withDevices: false leaves /dev as the mounts have it.
    mutating func planMounts(withDevices: Bool = true) throws(RuntimeError) {
        var sealed: [KernelStep] = []
        var hasDev = false
        for mount in request.spec.mounts {
            guard mount.destination.hasPrefix("/") else {
                throw RuntimeError.invalidSpec("mount destination \(mount.destination) is relative")
            }
            let options = MountOptions(mount)
            if options.isRemount {
                plan.inside.append(.changeMount(path: mount.destination, options.change))
                continue
            }
            try check(mount, options)
            if options.isBind {
                try planBind(mount, options)
            } else if mount.type == "cgroup", options.data.isEmpty {
                sealed += planCgroupMounts(mount, options)
            } else {
                sealed += planFilesystem(mount, options)
            }
            if withDevices, SpecPath(mount.destination).text == "/dev" {
                hasDev = true
                if !options.isBind { try planDevices() }
            }
        }
        if withDevices, !hasDev { try planDevices() }
        plan.inside += sealed
    }

    /// - Returns: what is to be done once everything is mounted.
    private mutating func planFilesystem(
        _ mount: Spec.Mount, _ options: MountOptions
    ) -> [KernelStep] {
        var filesystem = filesystem(mount, options)
        guard mount.type == "tmpfs", filesystem.attributes.contains(.readOnly) else {
            plan.inside.append(.mount(filesystem))
            return []
        }
        // Others may yet be mounted inside it.
        filesystem.attributes.remove(.readOnly)
        plan.inside.append(.mount(filesystem))
        return [.sealMount(path: mount.destination)]
    }

    private func filesystem(_ mount: Spec.Mount, _ options: MountOptions) -> FilesystemMount {
        let type = mount.type ?? "none"
        var data = options.data
        let attributes = options.change.set.union(options.change.recursiveSet)
        // A disk that may not be written must not be written by the mount itself either.
        if attributes.contains(.readOnly), mount.source?.hasPrefix("/dev/") == true {
            data.append("ro")
        }
        if let label = linux.mountLabel, !label.isEmpty, Self.takesLabel(type) {
            data.append("context=\(label)")
        }
        var filesystem = FilesystemMount(
            type: type, source: mount.source ?? type, target: mount.destination, options: data,
            attributes: attributes, propagation: options.change.propagation,
            copiesUp: options.copiesUp)
        filesystem.refusesLinks = type == "proc" || type == "sysfs"
        return filesystem
    }

    /// proc and sysfs have labels of their own.
    private static func takesLabel(_ type: String) -> Bool {
        !["proc", "sysfs", "cgroup", "cgroup2"].contains(type)
    }

    // MARK: Binds

    private mutating func planBind(
        _ mount: Spec.Mount, _ options: MountOptions
    ) throws(RuntimeError) {
        guard let source = mount.source, source.hasPrefix("/") else {
            throw RuntimeError.invalidSpec(
                "bind mount \(mount.destination) needs an absolute source")
        }
        if let layers = request.stacks[mount.destination] {
            plan.inside.append(
                .bind(
                    BindMount(
                        tree: overlay(of: layers), source: source, target: mount.destination,
                        recursive: false, change: options.change, isFilesystem: true,
                        subpath: options.subpath)))
            return
        }
        let tree = hostTree(
            source, subpath: options.subpath, recursive: options.recursive)
        if let shift = try shift(of: tree, mount, options) { shifts.append(.shiftOwners(shift)) }
        plan.inside.append(
            .bind(
                BindMount(
                    tree: tree, source: source, target: mount.destination,
                    recursive: options.recursive, change: options.change,
                    copiesUp: options.copiesUp)))
    }

    /// A mount's own mapping needs a user namespace of its own, unless it is the container's.
    private mutating func shift(
        of tree: Slot, _ mount: Spec.Mount, _ options: MountOptions
    ) throws(RuntimeError) -> OwnerShift? {
        let (users, groups) = (mount.uidMappings, mount.gidMappings)
        guard options.shiftsOwners || !users.isEmpty || !groups.isEmpty else { return nil }
        let recursive = options.shiftsRecursively || (options.recursive && !options.shiftsOwners)
        let isContainers =
            (users.isEmpty && groups.isEmpty)
            || (users == linux.uidMappings && groups.isEmpty)
            || (users == linux.uidMappings && groups == linux.gidMappings)
        if isContainers {
            guard hasShiftedUsers else {
                throw RuntimeError.invalidSpec(
                    "mount \(mount.destination) is to be id-mapped, but has no mappings, and the "
                        + "container has no user namespace")
            }
            return OwnerShift(
                tree, recursive: recursive,
                isRequired: options.shiftsOwners || !request.toleratesUnshiftedMounts)
        }
        guard !users.isEmpty, !groups.isEmpty else {
            throw RuntimeError.invalidSpec(
                "mount \(mount.destination) needs both uidMappings and gidMappings")
        }
        let mapping = plan.newSlot()
        plan.before.append(.openMapping(users: users, groups: groups, mapping))
        return OwnerShift(tree, recursive: recursive, mapping: mapping, isRequired: true)
    }

    // MARK: Control groups

    /// A mount of type "cgroup" shows the container's limits whatever the host has: one tree of
    /// version 2, or a directory for each hierarchy of version 1 with links from the single
    /// controllers' names. In a cgroup namespace these are new mounts, which begin at the
    /// container's group; without one, that group's directories are bound.
    /// - Returns: what is to be done once everything is mounted.
    private mutating func planCgroupMounts(
        _ mount: Spec.Mount, _ options: MountOptions
    ) -> [KernelStep] {
        let isPrivate = linux.namespaces.contains { $0.type == .cgroup }
        guard let cgroup = request.cgroup.cgroup else {
            // Without a group of its own it sees the host's, and may change none.
            bindCgroups("/sys/fs/cgroup", at: mount.destination, options, recursive: true)
            return []
        }
        switch cgroup.hierarchies {
        case .v2(let directory):
            if isPrivate {
                var unified = mount
                unified.type = "cgroup2"
                plan.inside.append(.mount(filesystem(unified, options)))
            } else {
                bindCgroups("\(directory)/\(cgroup.path)", at: mount.destination, options)
            }
            return []
        case .v1(let hierarchies, _):
            plan.inside.append(
                .mount(
                    FilesystemMount(
                        type: "tmpfs", source: "tmpfs", target: mount.destination,
                        options: ["mode=755", "size=64k"],
                        attributes: options.change.set.subtracting(.readOnly))))
            for hierarchy in hierarchies {
                planHierarchy(hierarchy, of: cgroup, mount, options, isPrivate: isPrivate)
            }
            let isReadOnly = options.change.set.contains(.readOnly)
            return isReadOnly ? [.sealMount(path: mount.destination)] : []
        }
    }

    private mutating func planHierarchy(
        _ hierarchy: CgroupHierarchies.Hierarchy, of cgroup: Cgroup, _ mount: Spec.Mount,
        _ options: MountOptions, isPrivate: Bool
    ) {
        let (_, name) = RootPath.split(hierarchy.mount)
        let target = "\(mount.destination)/\(name)"
        if isPrivate {
            let isNamed = hierarchy.controllers.contains { $0.hasPrefix("name=") }
            plan.inside.append(
                .mount(
                    FilesystemMount(
                        type: "cgroup", source: "cgroup", target: target,
                        options: (isNamed ? ["none"] : []) + hierarchy.controllers,
                        attributes: options.change.set)))
        } else {
            bindCgroups("\(hierarchy.mount)/\(cgroup.path)", at: target, options)
        }
        guard hierarchy.controllers.count > 1 else { return }
        for controller in hierarchy.controllers {
            plan.inside.append(
                .makeLink(target: name, path: "\(mount.destination)/\(controller)"))
        }
    }

    private mutating func bindCgroups(
        _ source: String, at target: String, _ options: MountOptions, recursive: Bool = false
    ) {
        var change = options.change
        if recursive {
            change.set.insert(.readOnly)
            change.recursiveSet = change.set
        }
        // systemd makes the group around the living process.
        let tree = hostTree(
            source, recursive: recursive, isLate: !recursive && request.cgroup.scope != nil)
        plan.inside.append(
            .bind(
                BindMount(
                    tree: tree, source: source, target: target, recursive: recursive,
                    change: change)))
    }
}
