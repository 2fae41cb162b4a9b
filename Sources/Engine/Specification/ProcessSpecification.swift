// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import OCI

extension SpecificationBuilder {
    /// The search path of a container whose image names none.
    private static var defaultPath: String {
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    }

    /// What runs, and with which rights.
    func process() throws(ConfigurationError) -> Spec.Process {
        let directory = configuration.workingDir
        guard directory.isEmpty || directory.hasPrefix("/") else {
            throw ConfigurationError(
                "the working directory '\(directory)' is invalid, it needs to be an absolute path")
        }
        var process = Spec.Process(
            args: try arguments, env: environment, cwd: ContainerPath(directory).text)
        process.terminal = configuration.tty ? true : nil
        process.consoleSize = consoleSize
        process.capabilities = Spec.Capabilities(try capabilities)
        process.rlimits = try rlimits()
        process.noNewPrivileges = security.noNewPrivileges ? true : nil
        process.oomScoreAdj = host.oomScoreAdj
        return process
    }

    private var arguments: [String] {
        get throws(ConfigurationError) {
            let entrypoint = configuration.entrypoint == [""] ? [] : configuration.entrypoint
            let words = entrypoint + configuration.cmd
            guard !words.isEmpty else { throw ConfigurationError("no command specified") }
            return host.`init` == true ? [UserMounts.initPath, "--"] + words : words
        }
    }

    /// Docker's order: its own variables, with the configuration's in their places or after them.
    private var environment: [String] {
        var base = ["PATH=\(Self.defaultPath)", "HOSTNAME=\(configuration.hostname)"]
        if configuration.tty { base.append("TERM=xterm") }
        return ContainerConfiguration.environment(base, overriddenBy: configuration.env)
    }

    private var consoleSize: Spec.ConsoleSize? {
        guard configuration.tty, host.consoleSize.count == 2, host.consoleSize != [0, 0] else {
            return nil
        }
        return Spec.ConsoleSize(
            height: UInt16(clamping: host.consoleSize[0]),
            width: UInt16(clamping: host.consoleSize[1]))
    }

    private func rlimits() throws(ConfigurationError) -> [Spec.Rlimit] {
        var limits: [Spec.Rlimit] = []
        for limit in host.ulimits {
            guard ResourceLimit.number(of: limit.name) != nil else {
                throw ConfigurationError("invalid ulimit type: \(limit.name)")
            }
            // -1 is the largest number: unlimited.
            let soft = UInt64(bitPattern: limit.soft)
            let hard = UInt64(bitPattern: limit.hard)
            guard soft <= hard else {
                throw ConfigurationError(
                    "ulimit soft limit must be less than or equal to hard limit: "
                        + "\(limit.soft) > \(limit.hard)")
            }
            limits.append(
                Spec.Rlimit(type: "RLIMIT_\(limit.name.uppercased())", soft: soft, hard: hard))
        }
        return limits
    }
}

extension Spec.Capabilities {
    /// Nothing inheritable (CVE-2022-24769) and nothing ambient.
    init(_ set: CapabilitySet) {
        self.init()
        let names = set.names
        bounding = names
        effective = names
        permitted = names
    }
}

extension SpecificationBuilder {
    /// The namespaces to make and to join; what is the host's is left out. The user namespace comes
    /// first: it owns the others.
    func namespaces() throws(ConfigurationError) -> [LinuxSpec.Namespace] {
        var namespaces: [LinuxSpec.Namespace] = []
        switch facts.users {
        case .host: break
        case .own: namespaces.append(LinuxSpec.Namespace(.user))
        case .joined(let pid, _):
            namespaces.append(LinuxSpec.Namespace(.user, path: "/proc/\(pid)/ns/user"))
        }
        namespaces.append(LinuxSpec.Namespace(.mount))
        for (kind, mode, file) in [
            (LinuxSpec.Namespace.Kind.pid, modes.pid, "pid"), (.network, modes.network, "net"),
            (.ipc, modes.ipc, "ipc"), (.uts, modes.uts, "uts"), (.cgroup, modes.cgroup, "cgroup"),
        ] {
            switch mode {
            case .own: namespaces.append(LinuxSpec.Namespace(kind))
            case .host: break
            case .container(let name):
                guard let pid = facts.joined[kind] else {
                    throw ConfigurationError(
                        "cannot join \(kind.rawValue) of a non running container: \(name)")
                }
                namespaces.append(LinuxSpec.Namespace(kind, path: "/proc/\(pid)/ns/\(file)"))
            }
        }
        return namespaces
    }
}
