// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import OCI

// What a specification may not say, found before anything is made.

extension Planner {
    func check() throws(RuntimeError) {
        let version = request.spec.ociVersion
        guard SpecVersion.isSupported(version) else {
            throw RuntimeError.invalidSpec(
                "ociVersion \"\(version)\" is not supported: this runtime takes \(SpecVersion.oldest) "
                    + "to 1.x")
        }
        guard !process.args.isEmpty else { throw RuntimeError.invalidSpec("process.args is empty") }
        try checkNamespaces()
        try checkUsers()
        for path in linux.maskedPaths + linux.readonlyPaths where !path.hasPrefix("/") {
            throw RuntimeError.invalidSpec("masked or read-only path \(path) is relative")
        }
        for key in linux.sysctl.keys.sorted() { try checkSysctl(key) }
    }

    private func checkNamespaces() throws(RuntimeError) {
        var seen: [LinuxSpec.Namespace.Kind] = []
        for namespace in linux.namespaces {
            guard !seen.contains(namespace.type) else {
                throw RuntimeError.invalidSpec("duplicate namespace \(namespace.type.rawValue)")
            }
            seen.append(namespace.type)
        }
        guard newNamespaces.contains(.mount) else {
            throw RuntimeError.invalidSpec("a container needs a mount namespace of its own")
        }
        guard linux.timeOffsets.isEmpty || newNamespaces.contains(.time) else {
            throw RuntimeError.invalidSpec("timeOffsets need a new time namespace")
        }
        guard request.spec.hostname == nil || seen.contains(.uts) else {
            throw RuntimeError.invalidSpec("hostname needs a UTS namespace")
        }
        guard request.spec.domainname == nil || seen.contains(.uts) else {
            throw RuntimeError.invalidSpec("domainname needs a UTS namespace")
        }
    }

    private func checkUsers() throws(RuntimeError) {
        let mappings = linux.uidMappings + linux.gidMappings
        guard mappings.isEmpty || hasShiftedUsers else {
            throw RuntimeError.invalidSpec("uidMappings and gidMappings need a user namespace")
        }
        guard !hasUserNamespace || !(linux.uidMappings.isEmpty || linux.gidMappings.isEmpty) else {
            throw RuntimeError.invalidSpec(
                "a new user namespace needs uidMappings and gidMappings")
        }
        for mapping in mappings {
            guard mapping.size > 0,
                !mapping.hostID.addingReportingOverflow(mapping.size - 1).overflow,
                !mapping.containerID.addingReportingOverflow(mapping.size - 1).overflow
            else { throw RuntimeError.invalidSpec("an id mapping has an impossible size") }
        }
    }

    /// Only settings that belong to namespaces of the container: others would change the host. The
    /// rules are runc's.
    private func checkSysctl(_ key: String) throws(RuntimeError) {
        let name = key.split(
            omittingEmptySubsequences: false, whereSeparator: { $0 == "." || $0 == "/" })
        // A dot and a slash are one separator here: no ".." may come of them.
        guard name.count > 1, name.allSatisfy({ !$0.isEmpty }) else {
            throw RuntimeError.invalidSpec("sysctl \"\(key)\" is no name of a setting")
        }
        let dotted = name.joined(separator: ".")
        let needed: LinuxSpec.Namespace.Kind
        switch dotted {
        case "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall",
            "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced":
            needed = .ipc
        case "kernel.domainname": needed = .uts
        case "kernel.hostname":
            throw RuntimeError.invalidSpec(
                "sysctl \"kernel.hostname\" is not allowed: use hostname of the specification")
        case _ where dotted.hasPrefix("fs.mqueue."): needed = .ipc
        case _ where dotted.hasPrefix("net."): needed = .network
        default:
            throw RuntimeError.invalidSpec(
                "sysctl \"\(key)\" is not in a separate kernel namespace")
        }
        guard linux.namespaces.contains(where: { $0.type == needed }) else {
            throw RuntimeError.invalidSpec(
                "sysctl \"\(key)\" is not allowed without a \(needed.rawValue) namespace")
        }
    }

    /// Whether a mount may be where it is asked for.
    func check(_ mount: Spec.Mount, _ options: MountOptions) throws(RuntimeError) {
        let path = SpecPath(mount.destination)
        if path.text == "/" {
            throw RuntimeError.invalidSpec("nothing can be mounted on the root directory")
        }
        // Whether a bind on /proc itself brings procfs is asked of the kernel.
        if path.text == "/proc", !options.isBind, mount.type != "proc" {
            throw RuntimeError.invalidSpec("only procfs can be mounted on /proc")
        }
        if path.text.hasPrefix("/proc/"), !path.mayBeMountedInProc {
            throw RuntimeError.invalidSpec(
                "\"\(path.text)\" cannot be mounted because it is inside /proc")
        }
        guard options.isBind || (mount.uidMappings.isEmpty && !options.shiftsOwners) else {
            throw RuntimeError.invalidSpec(
                "mount \(mount.destination): only bind mounts can be id-mapped")
        }
    }
}

extension Plan {
    /// What of the process cannot be.
    static func check(_ process: Spec.Process) throws(RuntimeError) {
        for text in process.args + process.env where text.utf8.contains(0) {
            throw RuntimeError.invalidSpec("process.args and process.env must not contain NUL")
        }
        var limits: [Int32] = []
        for limit in process.rlimits {
            guard let number = ResourceLimit.number(of: limit.type), limit.type.hasPrefix("RLIMIT_")
            else { throw RuntimeError.invalidSpec("unknown rlimit \"\(limit.type)\"") }
            guard !limits.contains(number) else {
                throw RuntimeError.invalidSpec("rlimit \(limit.type) is given twice")
            }
            limits.append(number)
        }
        if let score = process.oomScoreAdj, !(-1000...1000).contains(score) {
            throw RuntimeError.invalidSpec(
                "oomScoreAdj \(score) is not between -1000 and 1000")
        }
    }
}
