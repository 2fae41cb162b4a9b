// SPDX-License-Identifier: Apache-2.0

internal import ContainerRuntime
internal import Images
internal import Linux
internal import OCI
internal import SQLite

extension ContainerConfiguration {
    func merged(with image: ImageConfiguration) throws -> ContainerConfiguration {
        var merged = self
        let base = image.config ?? .init()
        if entrypoint.isEmpty {
            merged.entrypoint = base.entrypoint ?? []
            if cmd.isEmpty { merged.cmd = base.command ?? [] }
        }
        merged.env = Self.environment(base.environment, overriddenBy: env)
        if workingDir.isEmpty { merged.workingDir = base.workingDirectory ?? "" }
        if user.isEmpty { merged.user = base.user ?? "" }
        if merged.entrypoint.filter({ !$0.isEmpty }).isEmpty && merged.cmd.isEmpty { throw EngineError.invalid("no command specified") }
        return merged
    }
}

extension Engine {
    func check(_ container: Container) throws -> [String] { [] }

    func launchRequest(for container: Container, in database: borrowing Database) throws -> LaunchRequest {
        let record = container.record
        let files = location.container(container.id)
        let c = record.configuration
        var spec = Spec()
        var env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=\(c.hostname)"]
        if c.tty { env.append("TERM=xterm") }
        env = ContainerConfiguration.environment(env, overriddenBy: c.env)
        var process = Spec.Process(args: record.commandLine, env: env, cwd: c.workingDir.isEmpty ? "/" : c.workingDir)
        let set = try CapabilitySet.docker.adjusted(adding: record.hostConfiguration.capAdd, dropping: record.hostConfiguration.capDrop)
        var caps = Spec.Capabilities()
        (caps.bounding, caps.effective, caps.permitted) = (set.names, set.names, set.names)
        process.capabilities = caps
        spec.process = process
        spec.hostname = c.hostname
        spec.mounts = [
            Spec.Mount("/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"]),
            Spec.Mount("/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            Spec.Mount("/dev/pts", type: "devpts", source: "devpts", options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
            Spec.Mount("/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"]),
            Spec.Mount("/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"]),
            Spec.Mount("/dev/shm", type: "tmpfs", source: "shm", options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
            Spec.Mount("/etc/hosts", type: "bind", source: files.hosts, options: ["bind"]),
            Spec.Mount("/etc/hostname", type: "bind", source: files.hostname, options: ["bind"]),
            Spec.Mount("/etc/resolv.conf", type: "bind", source: files.resolvConf, options: ["bind"]),
        ]
        var linux = LinuxSpec()
        linux.namespaces = [.init(.mount), .init(.pid), .init(.network), .init(.ipc), .init(.uts), .init(.cgroup)]
        if let base = container.idBase {
            linux.namespaces.append(.init(.user))
            linux.uidMappings = [IDMapping(containerID: 0, hostID: base, size: 65536)]
            linux.gidMappings = linux.uidMappings
        }
        linux.maskedPaths = ["/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware"]
        linux.readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
        linux.devices = ["null", "zero", "full", "random", "urandom", "tty"].map { .init(type: "c", path: "/dev/\($0)", major: 1, minor: 3) }
        spec.linux = linux
        guard let digest = Digest(hex: record.imageID), let image = try images.image(id: digest, in: database) else { throw EngineError.noSuchImage(c.image) }
        let filter = try SeccompCache(directory: location.filters).defaultProgram(capabilities: set)
        return LaunchRequest(
            spec: spec, root: .overlay(lowers: images.layerDirectories(of: image), upper: files.upper, work: files.work), user: .named(c.user, groups: []),
            cgroup: CgroupPlan(try cgroup(of: container)), seccomp: SeccompProgram(instructions: filter), terminal: c.tty)
    }
}
