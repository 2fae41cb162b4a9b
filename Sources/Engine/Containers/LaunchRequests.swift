// SPDX-License-Identifier: Apache-2.0

internal import ContainerRuntime
internal import Glibc
internal import Images
internal import Linux
internal import OCI
internal import SQLite

/// A container that can be launched: what the plan is made from, and what its monitor shall keep.
struct PreparedLaunch {
    var request: LaunchRequest
    /// Sockets that keep the container's host ports from others.
    let portHolders: PortHolders
}

extension Engine {
    /// Leases a container its addresses and ports, and says what is to be launched. What fails gives
    /// the leases back.
    func prepareLaunch(
        of container: Container, in database: borrowing Database
    ) throws -> PreparedLaunch {
        let network = try prepareNetwork(of: container, in: database)
        do {
            var request = try launchRequest(for: container, in: database)
            request.cables = network.cables
            request.interfaces = network.interfaces
            try writeHosts(of: container, network.leases)
            return PreparedLaunch(request: request, portHolders: network.holders)
        } catch {
            releaseNetwork(of: container, in: database)
            throw error
        }
    }

    /// /etc/hosts names the container by the addresses that it has leased, and the host as it sees it.
    func writeHosts(of container: Container, _ leases: [NetworkLease]) throws {
        guard !leases.isEmpty else { return }
        let gateway = leases.first?.network.record.gateways.first
        let text = NetworkFiles(
            container.record, facts: HostFacts(hosts: "", resolvConf: ""),
            addresses: leases.flatMap(\.addresses).map { "\($0.address)" },
            gateway: gateway.map { "\($0.address)" }
        ).hosts
        let path = location.container(container.id).hosts
        let owner = container.idBase ?? 0
        try attempting("write \(path)") { () throws(Errno) in
            let file = try OwnedFD.open("\(path).new", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
            try file.writeAll(Array(text.utf8))
            fchown(file.raw, owner, owner)
            fchmod(file.raw, 0o644)
            try syscall { Glibc.rename("\(path).new", path) }
        }
    }

    /// What the runtime is to launch for a container: its specification with what this host has for
    /// it, and its compiled system call filter.
    func launchRequest(
        for container: Container, in database: borrowing Database
    ) throws -> LaunchRequest {
        let record = container.record
        let builder = try SpecificationBuilder(
            record.configuration, record.hostConfiguration,
            facts: try facts(for: container, in: database))
        var request = try builder.launchRequest()
        request.seccomp = try filter(for: builder)
        return request
    }

    private func facts(
        for container: Container, in database: borrowing Database
    ) throws -> SpecificationFacts {
        let record = container.record
        let host = record.hostConfiguration
        let files = location.container(container.id)
        guard let digest = Digest(hex: record.imageID),
            let image = try images.image(id: digest, in: database)
        else { throw EngineError.noSuchImage(record.configuration.image) }
        var facts = SpecificationFacts(
            id: container.id,
            root: .overlay(
                lowers: images.layerDirectories(of: image), upper: files.upper, work: files.work))
        facts.overlayStrategy = OverlaySupport.strategy(directory: "\(files.directory)/lowers")
        facts.networkFiles = [
            .hosts: files.hosts, .hostname: files.hostname, .resolvConf: files.resolvConf,
        ]
        facts.mounts = try sources(of: record, in: database)
        facts.cgroups = try CgroupHierarchies.discover()
        facts.users = container.idRange.map { .own(base: IDRanges.first(of: $0)) } ?? .host
        try join(container, &facts, in: database)
        if host.`init` == true {
            guard let program = location.initProgram else {
                throw EngineError.invalid(
                    "--init needs an init program: install Debian's package tini")
            }
            facts.initProgram = program
        }
        try facts.readMachine(for: host)
        if let base = container.idBase {
            facts.devices = try facts.devices.map { try node(for: $0, of: files, base: base) }
        }
        return facts
    }

    /// A node of the container's own for a device of the host's: the host's belongs to users that the
    /// container does not have. The container may not make it, so it is made here and bound.
    private func node(
        for device: HostDevice, of files: ContainerFiles, base: UInt32
    ) throws -> HostDevice {
        var own = device
        let number = device.number
        let kind = device.isBlock ? "b" : "c"
        own.path = "\(files.devices)/\(kind)\(number.major):\(number.minor)"
        if exists(own.path) { return own }
        if !exists(files.devices) { try makeDirectory(files.devices) }
        let type = device.isBlock ? S_IFBLK : S_IFCHR
        try attempting("mknod \(own.path)") { () throws(Errno) in
            try syscall { mknod(own.path, type | device.mode, number.rawValue) }
            let (owner, group) = (device.owner, device.group)
            let end = SpecificationFacts.idRangeSize
            try syscall {
                chown(own.path, base + min(owner, end - 1), base + min(group, end - 1))
            }
            try syscall { chmod(own.path, device.mode) }
        }
        return own
    }

    /// Finds the processes of the containers whose namespaces are joined.
    private func join(
        _ container: Container, _ facts: inout SpecificationFacts,
        in database: borrowing Database
    ) throws {
        let modes = try NamespaceModes(container.record.hostConfiguration)
        for (kind, mode) in [
            (LinuxSpec.Namespace.Kind.network, modes.network), (.pid, modes.pid),
            (.ipc, modes.ipc),
        ] {
            guard case .container(let name) = mode else { continue }
            let other = try self.container(name, in: database)
            guard let pid = state(of: other).pid else {
                throw EngineError.invalid(
                    "cannot join \(kind.rawValue) of a non running container: \(other.id)")
            }
            facts.joined[kind] = pid
            if let base = other.idBase { facts.users = .joined(pid: pid, base: base) }
            guard container.idBase == other.idBase else {
                throw EngineError.invalid(
                    "cannot join \(kind.rawValue) of container \(other.id): its users are not those "
                        + "that this container was created with")
            }
            if kind == .network { share(location.container(other.id), &facts) }
            let donor = other.record.hostConfiguration.ipcMode
            if kind == .ipc, ["", "private", "none"].contains(donor) {
                throw EngineError.invalid(
                    "can't join IPC of container \(other.id): non-shareable IPC "
                        + "(hint: use IpcMode:shareable for the donor container)")
            }
            if kind == .ipc { facts.sharedMemory = "/proc/\(pid)/root/dev/shm" }
        }
    }

    /// Who shares the network shares the names: the other container's files are this one's too.
    private func share(_ files: ContainerFiles, _ facts: inout SpecificationFacts) {
        facts.networkFiles = [
            .hosts: files.hosts, .hostname: files.hostname, .resolvConf: files.resolvConf,
        ]
    }

    func filter(for builder: SpecificationBuilder) throws -> SeccompProgram? {
        if !exists(location.filters) { try makeDirectories(location.filters, mode: 0o700) }
        let cache = SeccompCache(directory: location.filters)
        let capabilities = try builder.capabilities
        switch builder.seccomp {
        case .unconfined: return nil
        case .standard:
            return SeccompProgram(
                instructions: try cache.defaultProgram(capabilities: capabilities))
        case .profile(let text):
            let profile = try DockerSeccompProfile(json: Array(text.utf8))
                .seccomp(capabilities: capabilities)
            return SeccompProgram(
                instructions: try cache.program(for: profile), flags: try profile.kernelFlags())
        }
    }

    /// Refuses what cannot be before anything is made; what the user should know otherwise.
    func check(_ record: ContainerRecord) throws -> [String] {
        let version =
            if case .v2 = try CgroupHierarchies.discover() { 2 } else { 1 }
        let warnings = try ConfigurationCheck(
            record.hostConfiguration, processors: SpecificationFacts.processors,
            cgroupVersion: version
        ).warnings()
        var facts = SpecificationFacts(
            id: String(repeating: "0", count: 64),
            root: .overlay(lowers: [], upper: "", work: ""))
        facts.mounts = record.mounts.map(SourceMount.init)
        let builder = try SpecificationBuilder(
            record.configuration, record.hostConfiguration, facts: facts)
        _ = try builder.capabilities
        return warnings
    }
}

extension SourceMount {
    init(_ mount: ContainerMount) {
        self.init(mount.source, at: mount.destination)
        isWritable = mount.isWritable
        isRecursive = mount.isRecursive
        isReadOnlyRecursive = mount.isReadOnlyRecursive
        subpath = mount.subpath
        propagation = mount.type == .bind ? mount.propagation : ""
        copiesUp = mount.copiesUp
    }
}

/// What this kernel's overlay takes as layers.
enum OverlaySupport {
    /// Descriptors of detached mounts since Linux 6.15; attached mounts before.
    static func strategy(directory: String) -> Overlay.Strategy {
        let version = KernelVersion.running
        return version >= KernelVersion(major: 6, minor: 15)
            ? .descriptors : .attached(directory: directory)
    }
}
