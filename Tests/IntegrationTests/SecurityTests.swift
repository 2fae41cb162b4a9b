// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// What a container must not see or do: the classes of past mistakes in this field.
    @Suite struct SecurityTests {
        let swocker = Swocker()

        // MARK: users

        @Test func rootInsideIsNobodyOutside() {
            let map = swocker.sh("cat /proc/self/uid_map; cat /proc/self/gid_map").lines
            #expect(map.count == 2)
            for line in map {
                let numbers = line.split(separator: " ").compactMap { Int($0) }
                #expect(
                    numbers.count == 3 && numbers[0] == 0 && numbers[1] >= 65536
                        && numbers[2] == 65536)
            }
            swocker.sleeper("one")
            swocker.sleeper("two")
            var owners: [UInt32] = []
            for name in ["one", "two"] {
                var status = stat()
                #expect(stat("/proc/\(swocker.pid(name))", &status) == 0)
                owners.append(status.st_uid)
            }
            #expect(owners.allSatisfy { $0 >= 65536 } && owners[0] != owners[1], "\(owners)")
        }

        @Test func groupsOfTheHostAreForgotten() {
            let none = swocker.sh("grep Groups: /proc/self/status", "-u", "1000:1000")
            #expect(
                none.out.split(separator: "\t").last.map { words(String($0.filter { $0 != "\n" })) }
                    == ["1000"]
                    || none.line.filter { $0.isNumber }.isEmpty, "\(none)")
            let root = swocker.sh("grep Groups: /proc/self/status", "-u", "0:0")
            let groups = root.line.drop { $0 != "\t" }.split(separator: " ").compactMap {
                Int($0.filter(\.isNumber))
            }
            #expect(Set(groups).isSubset(of: [0, 10]), "\(root)")
        }

        // MARK: what is visible

        @Test(arguments: ["", "--userns=host"])
        func descriptors(_ options: String) {
            let outcome = swocker(
                ["run", "--rm"] + words(options) + ["busybox", "ls", "/proc/self/fd"])
            #expect(outcome == Outcome(0, out: "0\n1\n2\n3\n"))
            swocker.sleeper("target")
            #expect(swocker("exec", "target", "ls", "/proc/self/fd").out == "0\n1\n2\n3\n")
            #expect(
                swocker("exec", "target", "ls", "/proc/1/fd").out.split(separator: "\n").count <= 4)
        }

        @Test func environmentOfTheHost() {
            let outcome = swocker(
                "run", "--rm", "busybox", "sh", "-c", "env; cat /proc/1/environ",
                environment: ["TOKEN=hunter2"])
            #expect(outcome.code == 0 && !outcome.out.contains("hunter2"), "\(outcome)")
            #expect(!outcome.out.contains("SWOCKER"), "\(outcome)")
            swocker.sleeper("target")
            let exec = swocker("exec", "target", "env", environment: ["TOKEN=hunter2"])
            #expect(exec.code == 0 && !exec.out.contains("hunter2"), "\(exec)")
        }

        @Test func secretsAreOnNoCommandLineOfTheHost() {
            swocker.sleeper("target", "-e", "TOKEN=hunter2-visible")
            let seen = entries("/proc").compactMap { pid_t($0) }.filter {
                text("/proc/\($0)/cmdline").contains("hunter2-visible")
            }
            #expect(seen.isEmpty, "\(seen.map { text("/proc/\($0)/comm") })")
        }

        @Test func namesOfTheHost() {
            let outcome = swocker.sh("cat /proc/self/mountinfo /proc/mounts | grep -v ' / overlay'")
            #expect(!outcome.out.contains("/state/"), "\(outcome)")
            let processes = swocker.sh("ls -d /proc/[0-9]* | wc -l; cat /proc/1/comm")
            #expect(["sh", "cat"].contains(processes.lines.last), "\(processes)")
            #expect(Int(processes.lines.first ?? "") ?? 99 <= 4, "\(processes)")
        }

        @Test(arguments: [
            "/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/latency_stats",
            "/proc/sched_debug", "/proc/interrupts",
        ])
        func maskedFiles(_ path: String) {
            let outcome = swocker.sh(
                "test ! -e \(path) || test -z \"$(head -c 10 \(path))\" && echo hidden")
            #expect(outcome.out == "hidden\n", "\(outcome)")
        }

        @Test(arguments: ["/proc/acpi", "/proc/scsi", "/sys/firmware"])
        func maskedDirectories(_ path: String) {
            let outcome = swocker.sh("ls -A \(path) 2>/dev/null | wc -l")
            #expect(outcome.out == "0\n", "\(outcome)")
        }

        @Test(arguments: [
            "/proc/sys/kernel/hostname", "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger",
            "/proc/irq/default_smp_affinity", "/sys/kernel/uevent_helper",
            "/sys/fs/cgroup/memory/release_agent", "/sys/fs/cgroup/memory/notify_on_release",
            "/sys/fs/cgroup/memory/cgroup.procs", "/sys/fs/cgroup/cgroup.procs",
            "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/cgroup.subtree_control",
        ])
        func readOnlyFiles(_ path: String) {
            for options in [[], ["--userns=host"]] {
                let outcome = swocker(
                    ["run", "--rm"] + options
                        + ["busybox", "sh", "-c", "(echo x > \(path)) 2>/dev/null && echo written"])
                #expect(outcome.out == "" && outcome.code != 0, "\(options): \(outcome)")
            }
        }

        @Test func theDirectoryOfCgroupsIsReadOnly() {
            let outcome = swocker.sh(
                "(echo x > /sys/fs/cgroup/made) 2>/dev/null && echo written")
            #expect(outcome.out == "", "\(outcome)")
        }

        @Test func seccompAndCapabilities() {
            let outcome = swocker.sh("cat /proc/self/status")
            #expect(outcome.out.contains("Seccomp:\t2\n"), "\(outcome)")
            #expect(outcome.out.contains("CapInh:\t0000000000000000\n"))
            #expect(outcome.out.contains("CapAmb:\t0000000000000000\n"))
        }

        // MARK: what can be tried

        /// The probe program, compiled; nil where there is no compiler.
        private func probe() throws -> String {
            try #require(isInstalled("gcc"), "gcc is not installed")
            let source =
                String(#filePath.dropLast("SecurityTests.swift".count)) + "Programs/probe.c"
            let program = swocker.path("probe")
            let built = swocker.host("gcc", "-O1", "-static", "-o", program, source)
            #expect(built.code == 0, "\(built)")
            return program
        }

        /// System calls that a container is refused, with a mapped root and with the host's.
        @Test(arguments: ["", "--userns=host"])
        func refusedCalls(_ options: String) throws {
            let program = try probe()
            let verbs = [
                "unshare-user", "unshare-mount", "mount", "umount /proc", "mount-cgroup", "fsopen",
                "keyctl", "add_key", "bpf", "perf", "userfaultfd", "io_uring", "open_by_handle",
                "kexec", "init_module", "swapon", "reboot", "settimeofday", "setns", "clone3",
                "socket 38", "socket 40", "mknod", "write /proc/1/exe", "write /proc/self/exe",
                "tiocsti", "write /proc/sysrq-trigger", "write /proc/sys/kernel/core_pattern",
            ]
            let intel = [
                "x32-getpid", "x32-unshare", "i386-unshare", "i386-umount", "i386-keyctl",
                "i386-vsock",
            ]
            #if arch(x86_64)
                let all = verbs + intel
            #else
                let all = verbs
            #endif
            let script = all.map { "echo \"$(/probe \($0)) \($0)\"" }.joined(separator: "; ")
            let outcome = swocker(
                ["run", "--rm", "-v", "\(program):/probe:ro"] + words(options)
                    + ["busybox", "sh", "-c", script])
            #expect(outcome.lines.count == all.count, "\(outcome)")
            let refusals = [
                "EPERM", "EACCES", "ENOSYS", "EROFS", "ENOENT", "EAFNOSUPPORT", "ETXTBSY", "ENOTTY",
            ]
            for line in outcome.lines {
                let word = words(line).first ?? ""
                #expect(refusals.contains(word), "\(line)")
            }
            // glibc falls back to clone(2) only for this answer.
            #expect(outcome.lines.contains("ENOSYS clone3"), "\(outcome)")
        }

        @Test func abstractSocketsOfTheHost() throws {
            let program = try probe()
            let name = "swocker-it-\(getpid())"
            let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(listener) }
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { path in
                for (index, byte) in name.utf8.enumerated() { path[index + 1] = byte }
            }
            let length = socklen_t(3 + name.utf8.count)
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, length) }
            }
            #expect(bound == 0 && listen(listener, 1) == 0)
            #expect(swocker.host(program, "connect", name).out == "ok\n")
            let inside = swocker(
                "run", "--rm", "-v", "\(program):/probe:ro", "busybox", "/probe", "connect", name)
            #expect(inside == Outcome(0, out: "ECONNREFUSED\n"))
        }

        /// The engine's program, executed inside through `#!/proc/self/exe`, is taken hold of there and
        /// must not become writable when it has ended (CVE-2019-5736). With a copy of the program.
        @Test(arguments: ["", "--userns=host", "--privileged"])
        func theProgramCannotBeOverwritten(_ options: String) throws {
            let probe = try probe()
            let copy = swocker.path("engine")
            make(copy, bytes(of: Swocker.program), mode: 0o755)
            make(swocker.path("evil"), "#!/proc/self/exe\n", mode: 0o755)
            let before = swocker.host("sha256sum", copy).out
            let surroundings = swocker.surroundings()
            let started = ChildProcess(
                [
                    copy, "run", "-d", "--name", "thief", "-v", "\(probe):/probe:ro", "-v",
                    "\(swocker.path("evil")):/evil:ro",
                ] + words(options) + ["busybox", "/probe", "steal"],
                surroundings
            ).wait()
            #expect(started.code == 0, "\(started)")
            for _ in 0..<10 {
                let evil = ChildProcess([copy, "exec", "thief", "/evil"], surroundings).wait()
                #expect(evil.code != 0, "\(evil)")
            }
            let first = ChildProcess(
                [copy, "run", "--rm", "-v", "\(swocker.path("evil")):/evil:ro"] + words(options)
                    + ["--entrypoint", "/evil", "busybox"], surroundings
            ).wait()
            #expect(first.code != 0, "\(first)")
            swocker("kill", "thief")
            let word = swocker("logs", "thief").out
            #expect(!word.contains("ok"), "\(word)")
            #expect(swocker.host("sha256sum", copy).out == before)
        }

        // MARK: paths

        @Test(arguments: [3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 30])
        func aWorkingDirectoryThroughADescriptor(_ number: Int) {
            make(swocker.path("marker"), "of the host")
            let up = String(repeating: "../", count: 12)
            let script = "cat \(up)\(swocker.path("marker").dropFirst())"
            for options in [[], ["--userns=host"]] {
                let outcome = swocker(
                    ["run", "--rm", "-w", "/proc/self/fd/\(number)"] + options
                        + ["busybox", "sh", "-c", script])
                #expect(!outcome.out.contains("of the host"), "\(outcome)")
            }
            swocker.sleeper("target")
            let exec = swocker(
                "exec", "-w", "/proc/self/fd/\(number)", "target", "sh", "-c", script)
            #expect(!exec.out.contains("of the host"), "\(exec)")
        }

        /// Images whose mount points are links that lead out of the root.
        @Test(arguments: ["proc", "dev", "sys", "etc", "dev/shm", "tmp"])
        func mountPointsThatAreLinks(_ name: String) {
            let victim = swocker.path("victim")
            mkdir(victim, 0o755)
            make("\(victim)/kept", "kept")
            var image = ImageWriter("links", in: swocker)
            let up = String(repeating: "../", count: 20) + victim.dropFirst()
            image.layers = [
                ImageWriter.busybox {
                    if name.contains("/") { $0.add("dev/", type: "5") }
                    $0.add(name, type: "2", link: up)
                }
            ]
            #expect(swocker("load", "-i", image.write()).code == 0)
            for options in [[], ["--userns=host"]] {
                let outcome = swocker(
                    ["run", "--rm", "--tmpfs", "/tmp/x", "-v", "vol:/etc/y"] + options
                        + [
                            "links", "sh", "-c",
                            "touch /proc/x /dev/x /sys/x /etc/x /tmp/z; echo ran",
                        ])
                #expect(outcome.code != 0 || outcome.out == "ran\n", "\(outcome)")
                #expect(entries(victim) == ["kept"], "\(entries(victim)) after \(outcome)")
                #expect(!text("/proc/self/mountinfo").contains(victim))
            }
        }

        /// Volumes are filled from the image; a link there must not lead the engine elsewhere.
        @Test func volumesThroughLinks() {
            make(swocker.path("secret"), "of the host")
            var image = ImageWriter("links", in: swocker)
            let up = String(repeating: "../", count: 20) + swocker.directory.dropFirst()
            image.layers = [
                ImageWriter.busybox {
                    $0.add("data", type: "2", link: up)
                    $0.add("more/", type: "5")
                    $0.add("more/secret", type: "2", link: up + "/secret")
                }
            ]
            #expect(swocker("load", "-i", image.write()).code == 0)
            let outcome = swocker(
                "run", "--rm", "-v", "a:/data", "-v", "b:/more", "links", "sh", "-c",
                "cat /data/secret /more/secret; touch /data/made")
            #expect(!outcome.out.contains("of the host"), "\(outcome)")
            #expect(!isThere(swocker.path("made")))
        }

        @Test func aHostileUserDatabase() {
            var image = ImageWriter("users", in: swocker)
            image.layers = [
                ImageWriter.busybox {
                    $0.add("etc/", type: "5")
                    $0.add(
                        "etc/passwd",
                        Array(
                            "big:x:4294967296:0::/:/bin/sh\nneg:x:-1:-1::/:/bin/sh\n\u{0}:::\nok:x:7:8::/:/bin/sh\n"
                                .utf8))
                    $0.add("etc/group", type: "2", link: "/proc/self/environ")
                }
            ]
            #expect(swocker("load", "-i", image.write()).code == 0)
            for name in ["big", "neg"] {
                let outcome = swocker("run", "--rm", "-u", name, "users", "id", "-u")
                #expect(outcome.code != 0 && outcome.out == "", "\(outcome)")
            }
            #expect(swocker("run", "--rm", "-u", "ok", "users", "id", "-u").out == "7\n")
        }

        @Test func privilegedBitsOfABindStayOutside() {
            // A set-user-id program that the container's root makes belongs to nobody outside.
            let shared = swocker.path("shared")
            mkdir(shared, 0o777)
            chmod(shared, 0o777)
            swocker.sh("cp /bin/busybox /x/su; chmod 4755 /x/su", "--tmpfs", "/x:exec")
            let upper = swocker(
                "run", "--name", "made", "busybox", "sh", "-c",
                "cp /bin/busybox /su; chmod 4755 /su")
            #expect(upper.code == 0, "\(upper)")
            let found = swocker.host(
                "find", swocker.root, "-name", "su", "-path", "*upper*", "-uid", "-65536")
            #expect(found.out == "", "\(found)")
        }
    }
}
