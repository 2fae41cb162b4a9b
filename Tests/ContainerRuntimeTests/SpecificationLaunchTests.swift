// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Glibc
import Linux
import OCI
import Testing

/// Settings whose meaning only the kernel can tell.
@Suite(.serialized, .enabled(if: launchObstacle == nil, "needs root and a static busybox"))
struct SpecificationLaunchTests {
    @Test(arguments: [true, false])
    func setsTheClocks(userNamespace: Bool) throws {
        let container = try BusyboxContainer(userNamespace: userNamespace)
        container.spec.linux?.namespaces.append(.init(.time))
        container.spec.linux?.timeOffsets = ["boottime": .init(secs: 86_400_000)]
        let outcome = try container.run(["sh", "-c", "cat /proc/uptime; echo $$; id -u"])
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count == 3 && lines[1] == "1" && lines[2] == "0", "\(outcome)")
        #expect((Double(lines.first?.split(separator: " ").first ?? "") ?? 0) > 86_000_000)
    }

    /// New users together with somebody else's network.
    @Test func joinsANetworkWithUsersOfItsOwn() throws {
        let container = try BusyboxContainer()
        container.spec.linux?.namespaces.removeAll { $0.type == .network }
        container.spec.linux?.namespaces.append(.init(.network, path: "/proc/self/ns/net"))
        container.spec.mounts.removeAll { $0.type == "sysfs" }
        container.spec.linux?.maskedPaths = []
        let outcome = try container.run(
            ["sh", "-c", "cat /proc/self/uid_map; readlink /proc/self/ns/net; echo $$"])
        var name = [CChar](repeating: 0, count: 64)
        #expect(readlink("/proc/self/ns/net", &name, 63) > 0)
        let own = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
        #expect(outcome.output == "         0     200000      65536\n\(own)\n1\n")
    }

    @Test(arguments: [LinuxSpec.Namespace.Kind.network, .ipc, .uts, .pid, .cgroup, .time])
    func refusesANamespaceOfAnotherKind(_ kind: LinuxSpec.Namespace.Kind) throws {
        let container = try BusyboxContainer(userNamespace: false)
        container.spec.hostname = nil
        container.spec.linux?.namespaces.removeAll { $0.type == kind }
        container.spec.linux?.namespaces.append(.init(kind, path: "/proc/self/ns/mnt"))
        let outcome = try container.run(["true"])
        #expect(outcome.code == errorCode)
        #expect(
            outcome.output.hasPrefix("/proc/self/ns/mnt is not a namespace of the type "),
            "\(outcome)")
    }

    @Test func schedulesAndConfines() throws {
        let container = try BusyboxContainer()
        var process = BusyboxContainer.process(
            ["sh", "-c", "cat /proc/self/sched /proc/self/stat | grep -E 'policy|^1 '; uname -m"])
        process.scheduler = Spec.Scheduler(policy: "SCHED_BATCH")
        process.scheduler?.nice = 7
        container.spec.linux?.personality = .init(domain: "LINUX32")
        let outcome = try container.run(process)
        #expect(outcome.code == 0, "\(outcome)")
        #if arch(x86_64)
            #expect(outcome.output.contains("i686"))
        #endif
        let running = try container.whileRunning { first in
            var further = BusyboxContainer.process(
                [
                    "sh", "-c",
                    "grep Cpus_allowed_list /proc/self/status; cut -d' ' -f19 /proc/self/stat",
                ])
            further.scheduler = process.scheduler
            further.execCPUAffinity = .init(initial: "0", final: "1")
            return try container.exec(further, in: first)
        }
        #expect(running.output.contains("Cpus_allowed_list:\t1\n"), "\(running)")
    }

    @Test func saysThatAModuleIsMissing() throws {
        guard !SecurityModules.hasAppArmor else { return }
        var process = BusyboxContainer.process(["true"])
        process.apparmorProfile = "some-profile"
        let outcome = try BusyboxContainer().run(process)
        #expect(
            outcome
                == Outcome(
                    output: "the label \"some-profile\" needs AppArmor, which this kernel has not "
                        + "enabled", code: errorCode))
    }

    @Test func mapsAMountItsOwnWay() throws {
        let container = try BusyboxContainer(userNamespace: false)
        try makeDirectory("\(container.base)/data")
        try replaceFile("\(container.base)/data/file", with: [])
        chown("\(container.base)/data/file", 5, 6)
        var mount = Spec.Mount(
            "/data", type: "bind", source: "\(container.base)/data", options: ["bind"])
        mount.uidMappings = [IDMapping(containerID: 0, hostID: 1000, size: 10)]
        mount.gidMappings = [IDMapping(containerID: 0, hostID: 2000, size: 10)]
        container.spec.mounts.append(mount)
        #expect(try container.run(["stat", "-c", "%u:%g", "/data/file"]).output == "1005:2006\n")
    }

    /// What is set on the mounts below, and what only above.
    @Test func setsAttributesRecursively() throws {
        let container = try BusyboxContainer()
        try makeDirectories("\(container.base)/tree")
        container.spec.mounts += [
            Spec.Mount("/a", type: "tmpfs", source: "a"),
            Spec.Mount("/a/b", type: "tmpfs", source: "b", options: ["sync", "dirsync"]),
            Spec.Mount("/a", type: nil, source: nil, options: ["remount", "rnoexec", "ro"]),
        ]
        let outcome = try container.run(["grep", " /a", "/proc/self/mounts"])
        let lines = outcome.output.split(separator: "\n").map(String.init)
        #expect(lines.count == 2, "\(outcome)")
        #expect(lines.first?.contains("/a tmpfs ro,noexec,relatime") == true, "\(outcome)")
        #expect(lines.last?.contains("/a/b tmpfs rw,sync,dirsync,noexec") == true, "\(outcome)")
    }

    /// procfs and sysfs are mounted where they seem to be, or not at all (CVE-2019-19921,
    /// CVE-2023-27561).
    @Test(arguments: ["proc", "sys"])
    func refusesALinkInPlaceOf(_ name: String) throws {
        let container = try BusyboxContainer()
        rmdir("\(container.base)/lower/\(name)")
        symlink("tmp", "\(container.base)/lower/\(name)")
        let outcome = try container.run(["true"])
        #expect(outcome.code == errorCode)
        #expect(outcome.output.hasSuffix("is a link"), "\(outcome)")
    }

    /// A link in the image leads a mount into procfs (CVE-2019-16884): the string does not say so,
    /// the kernel does.
    @Test(arguments: ["bind", "tmpfs"])
    func mountsNothingOnProcfsThroughALink(_ type: String) throws {
        let container = try BusyboxContainer()
        symlink("/proc/self", "\(container.base)/lower/innocent")
        container.spec.mounts.append(
            Spec.Mount("/innocent/attr", type: type, source: container.base))
        let outcome = try container.run(["true"])
        #expect(outcome.code == errorCode)
        #expect(outcome.output.contains("operation not permitted"), "\(outcome)")
    }

    /// A terminal goes onto a file that is /dev/console, not onto what a link says
    /// (CVE-2025-52565).
    @Test func refusesALinkInPlaceOfTheConsole() throws {
        let container = try BusyboxContainer(userNamespace: false)
        try makeDirectory("\(container.base)/dev")
        symlink("/proc/sys/kernel/core_pattern", "\(container.base)/dev/console")
        try makeDirectory("\(container.base)/dev/pts")
        container.spec.mounts.removeAll { $0.destination == "/dev" }
        container.spec.mounts.insert(
            Spec.Mount("/dev", type: "bind", source: "\(container.base)/dev"), at: 0)
        container.terminal = true
        let plan = try Plan(container.request(BusyboxContainer.process(["true"])))
        let outcome = try alone {
            let sockets = try DescriptorPair.sockets()
            let started = try Launch(plan, lending: [.console: sockets.second.raw]).run()
            return Outcome(output: "", code: try started.pidfd.reap()?.exitCode ?? -1)
        }
        #expect(outcome.code == errorCode)
        #expect(outcome.output.hasPrefix("open a terminal: "), "\(outcome)")
    }

    /// A false /dev/null in the image hides nothing else than what the true one would
    /// (CVE-2025-31133).
    @Test func masksWithTheHostsNull() throws {
        let container = try BusyboxContainer(userNamespace: false)
        container.spec.mounts.removeAll { $0.destination.hasPrefix("/dev") }
        container.spec.linux?.devices = []
        mkdir("\(container.base)/lower/dev", 0o755)
        symlink("/proc/sysrq-trigger", "\(container.base)/lower/dev/null")
        let outcome = try container.run(
            ["sh", "-c", "ls -l /proc/keys; readlink /dev/null; echo x > /proc/keys; echo $?"])
        #expect(outcome.output.hasPrefix("crw-rw-rw-"), "\(outcome)")
        #expect(outcome.output.contains("1,   3"), "\(outcome)")
    }

    /// Somebody exchanges a directory and a link while mounts are made (CVE-2021-30465): whatever he
    /// hits, nothing appears outside of the root.
    @Test func mountsInsideWhateverIsExchanged() throws {
        let container = try BusyboxContainer(userNamespace: false)
        let shared = "\(container.base)/shared"
        try makeDirectories("\(shared)/a")
        try makeDirectories("\(container.base)/outside/x")
        symlink("/../../../../../../..\(container.base)/outside", "\(shared)/b")
        container.spec.mounts += [
            Spec.Mount("/vol", type: "bind", source: shared, options: ["rbind"]),
            Spec.Mount("/vol/a/x", type: "tmpfs", source: "tmpfs", options: ["size=4k"]),
        ]
        let racer = try fork {
            while true {
                _ = renameat2Exchange("\(shared)/a", "\(shared)/b")
            }
        }
        defer {
            try? racer.send(signal: SIGKILL)
            _ = try? racer.reap()
        }
        let script = "touch /vol/a/x/proof; true"
        for _ in 0..<25 {
            let outcome = try container.run(["sh", "-c", script])
            #expect(outcome.code == 0 || outcome.code == errorCode)
            #expect(!exists("\(container.base)/outside/x/proof"))
        }
        let mounts = String(decoding: try contents(of: "/proc/self/mountinfo"), as: UTF8.self)
        #expect(!mounts.contains(container.base))
    }
}

/// Exchanges two names with renameat2(2) and RENAME_EXCHANGE.
private func renameat2Exchange(_ first: String, _ second: String) -> CInt {
    renameat2Call(AT_FDCWD, first, AT_FDCWD, second, 2)
}

@_silgen_name("renameat2")
private func renameat2Call(
    _ from: CInt, _ first: UnsafePointer<CChar>, _ to: CInt, _ second: UnsafePointer<CChar>,
    _ flags: UInt32
) -> CInt
