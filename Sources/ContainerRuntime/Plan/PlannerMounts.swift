// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import OCI

extension Planner {
    /// The spec's mounts in their order; the devices and links follow the mount of /dev at once, so
    /// that later mounts may hide them, as users ask with `-v`.
    mutating func planMounts() throws(RuntimeError) {
        var sealed: [KernelStep] = []
        for mount in request.spec.mounts {
            guard mount.destination.hasPrefix("/") else {
                throw RuntimeError.invalidSpec("mount destination \(mount.destination) is relative")
            }
            let options = MountOptions(mount)
            if options.isBind {
                try planBind(mount, options)
            } else {
                var filesystem = Self.filesystem(mount, options)
                // Others may yet be mounted inside it.
                if mount.type == "tmpfs", filesystem.attributes.contains(.readOnly) {
                    filesystem.attributes.remove(.readOnly)
                    sealed.append(.sealMount(path: mount.destination))
                }
                plan.inside.append(.mount(filesystem))
            }
            if mount.destination == "/dev", !options.isBind { planDevices() }
        }
        plan.inside += sealed
    }

    private static func filesystem(_ mount: Spec.Mount, _ options: MountOptions) -> FilesystemMount
    {
        let type = mount.type ?? "none"
        return FilesystemMount(
            type: type, source: mount.source ?? type, target: mount.destination,
            options: options.data, attributes: options.set, propagation: options.propagation,
            copiesUp: options.copiesUp)
    }

    private mutating func planBind(
        _ mount: Spec.Mount, _ options: MountOptions
    ) throws(RuntimeError) {
        guard let source = mount.source, source.hasPrefix("/") else {
            throw RuntimeError.invalidSpec(
                "bind mount \(mount.destination) needs an absolute source")
        }
        // The mount's own mappings, when it has some, are the container's: the engine asks for them.
        let shifted = !mount.uidMappings.isEmpty
        let tree = hostTree(
            source, subpath: options.subpath, recursive: options.recursive, shifted: shifted)
        plan.inside.append(
            .bind(
                BindMount(
                    tree: tree, source: source, target: mount.destination,
                    recursive: options.recursive, set: options.set, clear: options.clear,
                    setsRecursively: !options.recursiveSet.isEmpty,
                    propagation: options.propagation, copiesUp: options.copiesUp)))
    }

    private mutating func planDevices() {
        for device in linux.devices {
            // A device that exists on the host is bound from there when mknod(2) is not allowed.
            let source =
                hasShiftedUsers
                ? hostTree(device.path, recursive: false, shifted: false) : nil
            plan.inside.append(
                .makeDevice(
                    DeviceNode(
                        path: device.path, source: source, mode: device.modeBits,
                        major: UInt32(clamping: device.major ?? 0),
                        minor: UInt32(clamping: device.minor ?? 0), owner: device.uid ?? 0,
                        group: device.gid ?? 0)))
        }
        for (target, path) in [
            ("/proc/self/fd", "/dev/fd"), ("/proc/self/fd/0", "/dev/stdin"),
            ("/proc/self/fd/1", "/dev/stdout"), ("/proc/self/fd/2", "/dev/stderr"),
            ("/proc/kcore", "/dev/core"), ("pts/ptmx", "/dev/ptmx"),
        ] {
            plan.inside.append(.makeLink(target: target, path: path))
        }
    }
}

extension LinuxSpec.Device {
    /// mknod(2)'s mode: the kind of file and its permissions.
    fileprivate var modeBits: UInt32 {
        let kind: UInt32 =
            switch type {
            case "b": 0o060000
            case "p": 0o010000
            default: 0o020000
            }
        return kind | (fileMode ?? 0o666) & 0o7777
    }
}
