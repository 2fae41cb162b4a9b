// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Glibc
import Linux
import OCI

/// `spec`: a config.json to begin with.
enum SpecificationCommand {
    static let entry = Entry(
        command: Command(
            "spec", "", count: 0...0, "write a config.json to begin with",
            [
                Option("bundle", "b", .value, "directory of the bundle (default: the current one)"),
                Option("rootless", .flag, "for a container of the user who calls"),
            ])
    ) { arguments, _ in
        let path = (arguments["bundle"] ?? ".") + "/config.json"
        if exists(path) {
            throw UsageError("File \(path) exists. Remove it first")
        }
        var spec = Spec.starter
        if arguments.flag("rootless") { spec.becomeRootless(uid: geteuid(), gid: getegid()) }
        try replaceFile(path, with: spec.json().bytes(JSONStyle(indent: 4)) + [0x0A])
        return 0
    }
}

extension Spec {
    /// runc's: a shell, three capabilities, namespaces of its own but for users.
    fileprivate static var starter: Spec {
        var spec = Spec()
        var process = Process(
            args: ["sh"],
            env: [
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm",
            ])
        process.terminal = true
        var capabilities = Capabilities()
        let names = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
        (capabilities.bounding, capabilities.effective, capabilities.permitted) = (
            names, names, names
        )
        process.capabilities = capabilities
        process.rlimits = [Rlimit(type: "RLIMIT_NOFILE", soft: 1024, hard: 1024)]
        process.noNewPrivileges = true
        spec.process = process
        spec.root = Root(path: "rootfs", readonly: true)
        spec.hostname = "swocker"
        spec.mounts = starterMounts
        spec.linux = starterLinux
        return spec
    }

    private static var starterMounts: [Mount] {
        let plain = ["nosuid", "noexec", "nodev"]
        return [
            Mount("/proc", type: "proc", source: "proc"),
            Mount(
                "/dev", type: "tmpfs", source: "tmpfs",
                options: ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            Mount(
                "/dev/pts", type: "devpts", source: "devpts",
                options: [
                    "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5",
                ]),
            Mount(
                "/dev/shm", type: "tmpfs", source: "shm",
                options: plain + ["mode=1777", "size=65536k"]),
            Mount("/dev/mqueue", type: "mqueue", source: "mqueue", options: plain),
            Mount("/sys", type: "sysfs", source: "sysfs", options: plain + ["ro"]),
            Mount(
                "/sys/fs/cgroup", type: "cgroup", source: "cgroup",
                options: plain + ["relatime", "ro"]),
        ]
    }

    private static var starterLinux: LinuxSpec {
        var linux = LinuxSpec()
        var resources = Resources()
        resources.devices = [Resources.DeviceRule(allow: false)]
        linux.resources = resources
        linux.namespaces = [LinuxSpec.Namespace.Kind.pid, .network, .ipc, .uts, .mount].map {
            LinuxSpec.Namespace($0)
        }
        if case .v2? = try? CgroupHierarchies.discover() {
            linux.namespaces.append(LinuxSpec.Namespace(.cgroup))
        }
        linux.maskedPaths = [
            "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
            "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware",
            "/proc/scsi",
        ]
        linux.readonlyPaths = [
            "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
        ]
        return linux
    }

    /// One user, no groups to give files to, the host's network and sysfs, no limits.
    fileprivate mutating func becomeRootless(uid: UInt32, gid: UInt32) {
        linux?.namespaces.removeAll { $0.type == .network }
        linux?.namespaces.append(LinuxSpec.Namespace(.user))
        linux?.uidMappings = [IDMapping(containerID: 0, hostID: uid, size: 1)]
        linux?.gidMappings = [IDMapping(containerID: 0, hostID: gid, size: 1)]
        linux?.resources = nil
        mounts = mounts.map { mount in
            if mount.destination == "/sys" {
                return Mount(
                    "/sys", type: "none", source: "/sys",
                    options: ["rbind", "nosuid", "noexec", "nodev", "ro"])
            }
            var mount = mount
            mount.options.removeAll { $0.hasPrefix("gid=") }
            return mount
        }
    }
}
