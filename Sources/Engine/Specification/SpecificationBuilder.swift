// SPDX-License-Identifier: Apache-2.0

public import ContainerRuntime
public import Linux
internal import OCI

/// Turns Docker's two configurations into what the runtime launches. Pure: equal arguments give
/// equal requests, and nothing of the host is looked at.
public struct SpecificationBuilder {
    let configuration: ContainerConfiguration
    let host: HostConfiguration
    let facts: SpecificationFacts
    let modes: NamespaceModes
    let security: SecurityOptions

    /// - Parameter configuration: already merged with the image's.
    public init(
        _ configuration: ContainerConfiguration, _ host: HostConfiguration,
        facts: SpecificationFacts
    ) throws(ConfigurationError) {
        self.configuration = configuration
        self.host = host
        self.facts = facts
        modes = try NamespaceModes(host, cgroupVersion: facts.cgroupVersion)
        security = try SecurityOptions(host.securityOpt, privileged: host.privileged)
        if facts.users != .host, modes.usesHostUsers {
            throw ConfigurationError("the host's namespaces need the host's users")
        }
    }

    /// The filter that the engine must compile into the request's `seccomp`.
    public var seccomp: SeccompChoice { security.seccomp }

    /// What the container's root may do; also what the seccomp profile depends on.
    public var capabilities: CapabilitySet {
        get throws(ConfigurationError) {
            do throws(CapabilityError) {
                // Privileged is all, whatever is dropped, as with Docker.
                guard !host.privileged else { return facts.available }
                let wanted = try CapabilitySet.docker.adjusted(
                    adding: host.capAdd, dropping: host.capDrop)
                try refuseUnavailable()
                return wanted.intersection(facts.available)
            } catch { throw ConfigurationError("\(error)") }
        }
    }

    /// What was asked for by name must be there; what comes by default may be missing.
    private func refuseUnavailable() throws(CapabilityError) {
        for name in host.capAdd {
            guard let capability = Capability(name: name) else { continue }
            if !facts.available.contains(capability) {
                throw .unsupported(name: capability.name)
            }
        }
    }

    /// The container's group below the hierarchies: `swocker/<id>`, or below `--cgroup-parent`.
    public var cgroupPath: String {
        get throws(ConfigurationError) {
            guard !host.cgroupParent.isEmpty else { return "swocker/\(facts.id)" }
            let names = host.cgroupParent.split(separator: "/")
            guard !names.isEmpty, !names.contains(".."), !names.contains(".") else {
                throw ConfigurationError("invalid cgroup parent: \(host.cgroupParent)")
            }
            return names.joined(separator: "/") + "/\(facts.id)"
        }
    }

    /// Everything about the container but its compiled system call filter.
    public func launchRequest() throws(ConfigurationError) -> LaunchRequest {
        let spec = try specification()
        var request = LaunchRequest(
            spec: spec, root: facts.root,
            user: .named(configuration.user, groups: host.groupAdd),
            cgroup: try cgroupPlan(spec.linux?.resources), overlayStrategy: facts.overlayStrategy,
            terminal: configuration.tty)
        request.stacks = facts.stacks
        // `info` warns of file systems that cannot.
        request.toleratesUnshiftedMounts = true
        return request
    }

    // MARK: The specification

    private func specification() throws(ConfigurationError) -> Spec {
        var spec = Spec()
        spec.process = try process()
        spec.root = Spec.Root(path: rootPath, readonly: host.readonlyRootfs)
        // The host's UTS namespace has the host's names.
        let hasNames = modes.uts != .host
        spec.hostname = configuration.hostname.isEmpty || !hasNames ? nil : configuration.hostname
        spec.domainname =
            configuration.domainname.isEmpty || !hasNames ? nil : configuration.domainname
        spec.mounts = try mounts()
        spec.annotations = host.annotations
        spec.linux = try linux()
        return spec
    }

    private var rootPath: String {
        switch facts.root {
        case .directory(let path): path
        case .overlay: "rootfs"  // made when it is mounted
        }
    }

    private func mounts() throws(ConfigurationError) -> [Spec.Mount] {
        if case .container = modes.ipc, facts.sharedMemory == nil {
            throw ConfigurationError(
                "cannot join IPC of a container without shareable memory "
                    + "(hint: use --ipc shareable for the donor container)")
        }
        let kernel = KernelMounts(
            host: host, facts: facts, modes: modes,
            writableCgroups: host.privileged || security.writableCgroups,
            cgroupPath: try cgroupPath)
        return try UserMounts(host: host, facts: facts).added(to: kernel.mounts)
    }

    private func linux() throws(ConfigurationError) -> LinuxSpec {
        var linux = LinuxSpec()
        linux.namespaces = try namespaces()
        linux.uidMappings = facts.mappings
        linux.gidMappings = facts.mappings
        linux.devices = DeviceRules(host: host, facts: facts).nodes
        linux.cgroupsPath = try cgroupPath
        linux.resources = try ResourceTranslation(host: host, facts: facts).resources()
        linux.sysctl = try Sysctls(modes: modes, users: facts.users).settings(host.sysctls)
        let paths = SystemPaths(hasThermalCounters: facts.hasThermalCounters)
        let showsAll = host.privileged || security.showsSystemPaths
        linux.maskedPaths =
            showsAll ? [] : host.maskedPaths ?? paths.masked(processors: facts.processorCount)
        linux.readonlyPaths = showsAll ? [] : host.readonlyPaths ?? SystemPaths.readOnly
        return linux
    }

    private func cgroupPlan(_ resources: Resources?) throws(ConfigurationError) -> CgroupPlan {
        guard let hierarchies = facts.cgroups, let resources else { return CgroupPlan() }
        let cgroup = Cgroup(try cgroupPath, on: hierarchies)
        do throws(CgroupSettingError) { return try CgroupPlan(cgroup, resources) } catch {
            throw ConfigurationError("\(error)")
        }
    }
}

extension String {
    /// `--cap-add ALL` asks for what there is, any other capability for just that.
    fileprivate var isAll: Bool { uppercased() == "ALL" }
}
