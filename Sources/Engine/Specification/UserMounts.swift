// SPDX-License-Identifier: Apache-2.0

internal import OCI

/// Everything that is mounted for one container in particular: binds, volumes, `--tmpfs`, the
/// engine's own files, devices, the init program.
struct UserMounts {
    let host: HostConfiguration
    let facts: SpecificationFacts

    /// Where `--init` puts its program.
    static let initPath = "/sbin/docker-init"

    /// The kernel's mounts that nothing of the user's replaces, then the user's: parents before
    /// children, else in the order in which they were asked for.
    func added(to kernel: [Spec.Mount]) throws(ConfigurationError) -> [Spec.Mount] {
        let own = try requested()
        let taken = Set(own.map { ContainerPath($0.destination) })
        let replacesDevices = taken.contains(ContainerPath("/dev"))
        var kept = kernel.filter { mount in
            let path = ContainerPath(mount.destination)
            let isCovered = replacesDevices && path.isWithin(ContainerPath("/dev"))
            return !taken.contains(path) && !isCovered
        }
        var others = own + engineFiles(except: taken)
        if host.`init` == true {
            others.append(bind(facts.initProgram, at: Self.initPath, ["bind", "ro"]))
        }
        others += deviceBinds()
        kept += Self.sortedByDepth(others)
        return kept
    }

    private static func sortedByDepth(_ mounts: [Spec.Mount]) -> [Spec.Mount] {
        mounts.enumerated()
            .map { (depth: ContainerPath($1.destination).names.count, place: $0, mount: $1) }
            .sorted { ($0.depth, $0.place) < ($1.depth, $1.place) }
            .map(\.mount)
    }

    // MARK: What the user asks for

    private func requested() throws(ConfigurationError) -> [Spec.Mount] {
        var mounts = facts.mounts.map(bind)
        for (path, options) in host.tmpfs.sorted(by: { $0.key < $1.key }) {
            mounts.append(try tmpfs(at: path, options))
        }
        for point in host.mounts where point.type == .tmpfs {
            mounts.append(try tmpfs(at: point.target, TmpfsOptions.text(of: point)))
        }
        try check(mounts)
        return mounts
    }

    private func tmpfs(at path: String, _ options: String) throws(ConfigurationError) -> Spec.Mount
    {
        Spec.Mount(
            path, type: "tmpfs", source: "tmpfs", options: try TmpfsOptions.merged(options))
    }

    private func check(_ mounts: [Spec.Mount]) throws(ConfigurationError) {
        var taken: Set<ContainerPath> = []
        for mount in mounts {
            let destination = mount.destination
            let path = ContainerPath(destination)
            let lead = "invalid mount config for type \"\(mount.type ?? "bind")\": "
            guard destination.hasPrefix("/") else {
                throw ConfigurationError(
                    lead + "invalid mount path: '\(destination)' mount path must be absolute")
            }
            guard !path.names.isEmpty else {
                throw ConfigurationError(
                    lead + "invalid specification: destination can't be '/'")
            }
            guard taken.insert(path).inserted else {
                throw ConfigurationError("Duplicate mount point: \(destination)")
            }
            guard Self.isAllowedInProc(path) else {
                throw ConfigurationError(
                    "\"\(path.text)\" cannot be mounted because it is inside /proc")
            }
        }
    }

    /// What stands in for procfs could swallow the writes that make a process safe. The exceptions
    /// are the files that containers are commonly given others of.
    private static func isAllowedInProc(_ path: ContainerPath) -> Bool {
        guard path.names.first == "proc" else { return true }
        return switch path.text {
        case "/proc/cpuinfo", "/proc/diskstats", "/proc/meminfo", "/proc/stat", "/proc/swaps",
            "/proc/uptime", "/proc/loadavg", "/proc/slabinfo", "/proc/sys/kernel/ns_last_pid",
            "/proc/sys/crypto/fips_enabled":
            true
        default: false
        }
    }

    // MARK: Binds

    private func bind(_ mount: SourceMount) -> Spec.Mount {
        var options = [mount.isRecursive ? "rbind" : "bind"]
        if !mount.isWritable {
            options.append(mount.isRecursive && mount.isReadOnlyRecursive ? "rro" : "ro")
        }
        options.append(mount.propagation.isEmpty ? "rprivate" : mount.propagation)
        if mount.copiesUp { options.append("tmpcopyup") }
        if !mount.subpath.isEmpty { options.append("subpath=\(mount.subpath)") }
        var bind = bind(mount.source, at: mount.destination, options)
        // Ids look and land there as they do on the host.
        bind.uidMappings = facts.mappings
        bind.gidMappings = facts.mappings
        return bind
    }

    private func bind(
        _ source: String, at destination: String, _ options: [String]
    ) -> Spec.Mount {
        Spec.Mount(destination, type: "bind", source: source, options: options)
    }

    /// The engine's files are the container's to write, and already belong to its root.
    private func engineFiles(except taken: Set<ContainerPath>) -> [Spec.Mount] {
        NetworkFile.allCases.compactMap { file in
            guard let source = facts.networkFiles[file],
                !taken.contains(ContainerPath(file.rawValue))
            else { return nil }
            return bind(source, at: file.rawValue, ["bind", "rprivate"])
        }
    }

    /// Whoever has users of its own may not make device nodes: the host's are bound.
    private func deviceBinds() -> [Spec.Mount] {
        guard facts.users != .host else { return [] }
        return facts.devices.map {
            bind($0.path, at: $0.destination, ["bind", "nosuid", "noexec"])
        }
    }
}
