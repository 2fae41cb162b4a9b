// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Glibc
import Linux
import OCI
import Testing

/// Why a test that starts containers does not run; nil when it can.
let launchObstacle: String? =
    if geteuid() != 0 {
        "needs root"
    } else if access("/bin/busybox", X_OK) != 0 {
        "needs /bin/busybox (static)"
    } else {
        nil
    }

/// Whether overlay takes detached mounts as layers.
let overlayTakesDescriptors = KernelVersion.running >= KernelVersion(major: 6, minor: 15)

/// The mount of cgroup version 2, alone or beside version 1; nil without one.
let version2Mount = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].first {
    exists("\($0)/cgroup.procs")
}

/// What a program of a container printed, and how it ended.
struct Outcome: Equatable {
    var output: String
    var code: Int32
}

/// A small root file system of busybox in a temporary directory, and starts of it. When the value
/// goes, the directory and the control group go.
final class BusyboxContainer {
    let base: String
    var spec: Spec
    var overlayStrategy: Overlay.Strategy
    var cgroup: Cgroup?
    var terminal = false
    var user = UserSelection.named("", groups: [])

    private static let applets = [
        "sh", "cat", "ls", "id", "sleep", "echo", "stat", "readlink", "touch", "true", "pwd", "env",
        "hostname", "tty", "kill", "mknod", "grep", "mount", "ps", "rm", "ln", "mkdir",
    ]

    init(userNamespace: Bool = true) throws {
        var template = Array("/tmp/swocker-launch.XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        base = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        spec = Self.spec(userNamespace: userNamespace)
        overlayStrategy =
            overlayTakesDescriptors ? .descriptors : .attached(directory: "\(base)/lowers")
        chmod(base, 0o755)
        for name in ["bin", "etc", "proc", "sys", "dev", "tmp", "private"] {
            try makeDirectories("\(base)/lower/\(name)")
        }
        try makeDirectory("\(base)/upper")
        try makeDirectory("\(base)/work")
        let owner = spec.linux?.uidMappings.first?.hostID ?? 0
        chown("\(base)/upper", owner, owner)
        let busybox = "\(base)/lower/bin/busybox"
        if link("/bin/busybox", busybox) != 0 {
            try replaceFile(busybox, with: try contents(of: "/bin/busybox"), mode: 0o755)
        }
        for applet in Self.applets { symlink("busybox", "\(base)/lower/bin/\(applet)") }
        let passwd = "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n"
        try replaceFile("\(base)/lower/etc/passwd", with: Array(passwd.utf8))
        let group = "root:x:0:\nuser:x:1000:\nextra:x:44:user\n"
        try replaceFile("\(base)/lower/etc/group", with: Array(group.utf8))
        try replaceFile("\(base)/lower/etc/text", with: Array("no program\n".utf8))
        try replaceFile("\(base)/lower/bin/garbage", with: [1, 2, 3], mode: 0o755)
        chmod("\(base)/lower/private", 0o700)
    }

    deinit {
        try? cgroup?.remove()
        try? removeTree(base)
    }

    private static func spec(userNamespace: Bool) -> Spec {
        var spec = Spec()
        spec.hostname = "inside"
        spec.mounts = [
            Spec.Mount(
                "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"]),
            Spec.Mount(
                "/dev", type: "tmpfs", source: "tmpfs",
                options: ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            Spec.Mount(
                "/dev/pts", type: "devpts", source: "devpts",
                options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "gid=5"]),
            Spec.Mount(
                "/sys", type: "sysfs", source: "sysfs",
                options: ["nosuid", "noexec", "nodev", "ro"]),
        ]
        var linux = LinuxSpec()
        linux.namespaces = [
            .init(.mount), .init(.pid), .init(.network), .init(.ipc), .init(.uts), .init(.cgroup),
        ]
        if userNamespace {
            linux.namespaces.insert(.init(.user), at: 0)
            linux.uidMappings = [IDMapping(containerID: 0, hostID: 200_000, size: 65536)]
            linux.gidMappings = linux.uidMappings
        }
        linux.maskedPaths = ["/proc/kcore", "/proc/keys", "/proc/acpi", "/sys/firmware"]
        linux.readonlyPaths = ["/proc/sys", "/proc/sysrq-trigger"]
        linux.devices = [
            .init(type: "c", path: "/dev/null", major: 1, minor: 3),
            .init(type: "c", path: "/dev/zero", major: 1, minor: 5),
        ]
        spec.linux = linux
        return spec
    }

    /// A process with a few of Docker's capabilities.
    static func process(_ arguments: [String]) -> Spec.Process {
        var process = Spec.Process(args: arguments, env: ["PATH=/bin"])
        let names = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_KILL", "CAP_SETUID", "CAP_SETGID"]
        var capabilities = Spec.Capabilities()
        capabilities.bounding = names
        capabilities.effective = names
        capabilities.permitted = names
        process.capabilities = capabilities
        return process
    }

    func request(_ process: Spec.Process) -> LaunchRequest {
        var spec = spec
        spec.process = process
        return LaunchRequest(
            spec: spec,
            root: .overlay(
                lowers: ["\(base)/lower"], upper: "\(base)/upper", work: "\(base)/work"),
            user: user, cgroup: CgroupPlan(cgroup), overlayStrategy: overlayStrategy,
            terminal: terminal)
    }

    /// Starts the container with `arguments` and waits for its end.
    func run(_ arguments: [String]) throws -> Outcome { try run(Self.process(arguments)) }

    func run(_ process: Spec.Process) throws -> Outcome {
        let plan = try Plan(request(process))
        return try alone { try Self.outcome(of: plan, lending: [:]) }
    }

    /// Starts the container with a program that waits, hands it to `body`, and ends it.
    func whileRunning(
        _ arguments: [String] = ["sleep", "60"],
        _ body: (borrowing StartedProcess) throws -> Outcome
    ) throws -> Outcome {
        let plan = try Plan(request(Self.process(arguments)))
        return try alone {
            let null = try OwnedFD.open("/dev/null", O_RDWR)
            let container = try Launch(
                plan, lending: [.input: null.raw, .output: null.raw, .error: null.raw]
            ).run()
            defer {
                try? container.pidfd.send(signal: SIGKILL)
                _ = try? container.pidfd.reap()
            }
            return try body(container)
        }
    }

    func execRequest(
        _ process: Spec.Process, in container: borrowing StartedProcess
    ) throws -> ExecRequest {
        let root = spec.linux?.uidMappings.first?.hostID ?? 0
        return ExecRequest(
            process: process, user: user, namespaces: try .differing(of: container.pid),
            rootUID: root, rootGID: root, cgroup: cgroup)
    }

    func exec(
        _ process: Spec.Process, in container: borrowing StartedProcess
    ) throws -> Outcome {
        let plan = try Plan(try execRequest(process, in: container))
        return try Self.outcome(of: plan, lending: [.container: container.pidfd.raw])
    }

    /// Performs a plan with pipes as its streams and waits for the end. To be called in `alone`.
    static func outcome(of plan: Plan, lending lent: [Slot: CInt]) throws -> Outcome {
        let null = try OwnedFD.open("/dev/null")
        let pipe = try DescriptorPair.pipe()
        var lent = lent
        lent[.input] = null.raw
        lent[.output] = pipe.second.raw
        lent[.error] = pipe.second.raw
        let process = try Launch(plan, lending: lent).run()
        let reader = pipe.takeFirst()
        let bytes = try reader.readAll(limit: 1 << 20)
        let end = try process.pidfd.reap()
        return Outcome(output: String(decoding: bytes, as: UTF8.self), code: end?.exitCode ?? -1)
    }
}
