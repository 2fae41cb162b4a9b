// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux
import OCI
import Testing

extension TheProgram.TheRuntime {
    /// The published ways out of other runtimes' containers, tried on the program, with root inside
    /// being root outside (the default of `spec`): there the kernel's users protect nothing.
    @Suite struct RuntimeEscapeTests {
        let runtime = Runtime()

        /// The program that tries what is forbidden, compiled; static.
        private func probe() throws -> String {
            try #require(isInstalled("gcc"), "gcc is not installed")
            let source =
                String(#filePath.dropLast("RuntimeEscapeTests.swift".count)) + "Programs/probe.c"
            let program = "\(runtime.directory)/probe"
            let built = ChildProcess(
                ["gcc", "-O1", "-static", "-o", program, source],
                Surroundings(environment: ["PATH=/usr/bin:/bin"])
            ).wait()
            #expect(built.code == 0, "\(built)")
            return program
        }

        /// What the container's root takes hold of while it runs must not become writable after it has
        /// ended (CVE-2019-5736). With a copy of the program, both as `exec` and as the first process.
        @Test func theProgramCannotBeOverwritten() throws {
            let probe = try probe()
            let copy = "\(runtime.directory)/swocker-runtime"
            let original = bytes(of: Runtime.program)
            make(copy, original, mode: 0o755)
            func program(_ words: String...) -> Outcome {
                ChildProcess([copy, "--root", runtime.root] + words, Surroundings()).wait()
            }
            let bundle = try runtime.bundle("/bin/probe", "steal")
            make("\(bundle)/rootfs/bin/probe", bytes(of: probe), mode: 0o755)
            make("\(bundle)/rootfs/bin/evil", "#!/proc/self/exe\n", mode: 0o755)
            #expect(runtime.create("thief", bundle).code == 0)
            #expect(runtime("start", "thief") == Outcome(0))
            for _ in 0..<10 {
                let evil = program("exec", "thief", "/bin/evil")
                #expect(evil.code != 0, "\(evil)")
            }
            let state = try JSONValue(parsing: runtime("state", "thief").out)
            let pid = try #require(state["pid"]?.integerValue)
            let first = try runtime.bundle("/bin/evil") { spec in
                spec.linux?.namespaces.removeAll { $0.type == .pid }
                spec.linux?.namespaces.append(.init(.pid, path: "/proc/\(pid)/ns/pid"))
            }
            make("\(first)/rootfs/bin/evil", "#!/proc/self/exe\n", mode: 0o755)
            #expect(program("run", "--bundle", first, "second").code != 0)
            #expect(runtime("delete", "--force", "thief") == Outcome(0))
            #expect(!runtime.output(of: "thief").contains("ok"), "\(runtime.output(of: "thief"))")
            #expect(bytes(of: copy) == original)
        }

        /// Nothing that the caller or the runtime has open is there for the program, whether it is the
        /// first or a further one (CVE-2016-9962, CVE-2024-21626).
        @Test func noDescriptorIsBroughtAlong() throws {
            let bundle = try runtime.bundle("ls", "/proc/self/fd")
            let sleeper = try runtime.bundle("sleep", "1000")
            #expect(runtime.create("s", sleeper).code == 0)
            #expect(runtime("start", "s") == Outcome(0))
            for command in ["run -b \(bundle) r", "exec s ls /proc/self/fd"] {
                let script = """
                    exec 3< / 4< /etc/passwd 7< / 9< /proc
                    exec \(Runtime.program) --root \(runtime.root) \(command)
                    """
                let outcome = ChildProcess(
                    ["/bin/sh", "-c", script], Surroundings(environment: ["PATH=/usr/bin:/bin"])
                ).wait()
                // 3 is the directory that ls reads.
                #expect(outcome == Outcome(0, out: "0\n1\n2\n3\n"), "\(command)")
            }
        }

        /// A working directory through a descriptor of the runtime's (CVE-2024-21626).
        @Test func aWorkingDirectoryThroughADescriptor() throws {
            make("\(runtime.directory)/marker", "of the host")
            let up = String(repeating: "../", count: 12)
            let script = "cat \(up)\(runtime.directory.dropFirst())/marker; pwd"
            let sleeper = try runtime.bundle("sleep", "1000")
            #expect(runtime.create("s", sleeper).code == 0)
            #expect(runtime("start", "s") == Outcome(0))
            let bundle = try runtime.bundle("true")
            var spec = try Spec(json: bytes(of: "\(bundle)/config.json"))
            spec.process?.args = ["sh", "-c", script]
            for number in 3..<24 {
                let directory = "/proc/self/fd/\(number)"
                spec.process?.cwd = directory
                make("\(bundle)/config.json", try spec.json().bytes())
                for outcome in [
                    runtime("run", "-b", bundle, "w"),
                    runtime("exec", "--cwd", directory, "s", "sh", "-c", script),
                ] {
                    #expect(!outcome.out.contains("of the host"), "\(number): \(outcome)")
                    #expect(outcome.code != 0 || outcome.out.hasPrefix("/"), "\(outcome)")
                }
            }
        }

        /// Somebody exchanges a directory and a link in a shared volume while the runtime mounts there
        /// (CVE-2021-30465). The hook sees what is mounted before the host's files are gone.
        @Test func mountsInsideWhateverIsExchanged() throws {
            let shared = "\(runtime.directory)/shared"
            let outside = "\(runtime.directory)/outside"
            for path in [shared, outside, "\(shared)/a", "\(outside)/x"] { mkdir(path, 0o755) }
            symlink(String(repeating: "../", count: 20) + outside.dropFirst(), "\(shared)/b")
            let seen = "\(runtime.directory)/seen"
            let racer = ChildProcess(
                [try probe(), "exchange", "\(shared)/a", "\(shared)/b"], Surroundings())
            let watch = "echo ran; grep ' \(outside)' /proc/self/mountinfo; true"
            let bundle = try runtime.bundle("true") { spec in
                spec.mounts += [
                    Spec.Mount("/tmp", type: "bind", source: shared, options: ["rbind"]),
                    Spec.Mount("/tmp/a/x", type: "tmpfs", source: "tmpfs", options: ["size=4k"]),
                ]
                var hook = Spec.Hook(
                    path: "/bin/sh", args: ["sh", "-c", "{ \(watch); } >> \(seen)"], env: [])
                hook.env = ["PATH=/usr/bin:/bin"]
                spec.hooks = Spec.Hooks()
                spec.hooks?.createContainer = [hook]
            }
            var codes: [Int32: Int] = [:]
            for _ in 0..<40 { codes[runtime("run", "-b", bundle, "r").code, default: 0] += 1 }
            #expect(racer.isRunning)
            racer.send(signal: SIGKILL)
            #expect(codes.keys.allSatisfy { $0 == 0 || $0 == 1 }, "\(codes)")
            let lines = text(seen).split(separator: "\n")
            #expect(!lines.isEmpty && lines.allSatisfy { $0 == "ran" }, "\(lines)")
            #expect(entries("\(outside)/x") == [])
        }

        /// A false /dev/null in the image hides what the true one would hide, and nothing else
        /// (CVE-2025-31133).
        @Test func masksWithTheHostsNull() throws {
            let script = "ls -l /proc/keys; echo x > /proc/keys; ls /sys/firmware"
            let bundle = try runtime.bundle("sh", "-c", script) { spec in
                spec.mounts.removeAll { $0.destination.hasPrefix("/dev") }
                spec.root?.readonly = false
                spec.linux?.maskedPaths = ["/proc/keys", "/sys/firmware"]
            }
            symlink("/proc/sysrq-trigger", "\(bundle)/rootfs/dev/null")
            let outcome = runtime("run", "-b", bundle, "m")
            if outcome.code == 0 {
                #expect(outcome.out.hasPrefix("crw-rw-rw-") && outcome.out.contains("1,   3"))
                #expect(outcome.lines.count == 1, "\(outcome)")
            } else {
                #expect(outcome.code == 1 && outcome.err.contains("/dev/null"), "\(outcome)")
            }
        }

        /// The terminal's copy at /dev/console goes onto no link (CVE-2025-52565).
        @Test func refusesALinkInPlaceOfTheConsole() throws {
            let victim = "/proc/sys/kernel/core_pattern"
            let before = text(victim)
            let listener = try UnixSocket.listen("c", in: runtime.directory)
            let devices = "\(runtime.directory)/dev"
            for path in [devices, "\(devices)/pts"] { mkdir(path, 0o755) }
            symlink(victim, "\(devices)/console")
            let bundle = try runtime.bundle("sh", "-c", "echo x > /dev/console") { spec in
                spec.process?.terminal = true
                let place = spec.mounts.firstIndex { $0.destination == "/dev" } ?? 0
                spec.mounts[place] = Spec.Mount(
                    "/dev", type: "bind", source: devices, options: ["bind"])
                spec.mounts.removeAll { $0.destination == "/dev/shm" || $0.type == "mqueue" }
            }
            let refused = runtime.create(
                "c", bundle, "--console-socket", "\(runtime.directory)/c")
            #expect(refused.code == 1 && refused.err.contains("terminal"), "\(refused)")
            #expect(text(victim) == before)
            withExtendedLifetime(listener) {}
        }

        /// procfs and sysfs go where they seem to go, or nowhere (CVE-2019-19921, CVE-2023-27561).
        @Test(arguments: ["proc", "sys"])
        func refusesALinkInPlaceOf(_ name: String) throws {
            let bundle = try runtime.bundle("true")
            rmdir("\(bundle)/rootfs/\(name)")
            symlink("tmp", "\(bundle)/rootfs/\(name)")
            let refused = runtime("run", "-b", bundle, "p")
            #expect(refused.code == 1 && refused.err.contains("is a link"), "\(refused)")
        }

        /// Mounts reach into procfs neither by their name nor through a link of the image
        /// (CVE-2019-16884).
        @Test(arguments: ["/proc/self/attr", "/innocent/attr", "/proc/sys/kernel"])
        func mountsNothingOnProcfs(_ destination: String) throws {
            let bundle = try runtime.bundle("true") {
                $0.mounts.append(Spec.Mount(destination, type: "tmpfs", source: "tmpfs"))
            }
            symlink("/proc/self", "\(bundle)/rootfs/innocent")
            let refused = runtime("run", "-b", bundle, "p")
            #expect(refused.code == 1 && refused.err.contains(destination), "\(refused)")
        }

        /// What is written below /proc is written to procfs (CVE-2019-16884, CVE-2025-52881): with
        /// another file system in its place nothing is, and the container does not begin.
        @Test func writesToNoFalseProcfs() throws {
            let copy = "\(runtime.directory)/proc"
            for path in ["", "/sys", "/sys/net", "/sys/net/ipv4"] { mkdir(copy + path, 0o755) }
            make("\(copy)/sys/net/ipv4/ip_forward", "0")
            let bundle = try runtime.bundle("true") { spec in
                spec.mounts.removeAll { $0.destination == "/proc" }
                spec.mounts.insert(
                    Spec.Mount("/proc", type: "bind", source: copy, options: ["bind"]), at: 0)
                spec.linux?.sysctl = ["net.ipv4.ip_forward": "1"]
                spec.linux?.maskedPaths = []
                spec.linux?.readonlyPaths = []
            }
            let refused = runtime("run", "-b", bundle, "p")
            #expect(refused.code == 1, "\(refused)")
            #expect(refused.err.filter { $0 == "\n" }.count == 1, "\(refused)")
            #expect(text("\(copy)/sys/net/ipv4/ip_forward") == "0")
        }

        /// Nothing is made outside through a link that leads there (CVE-2024-45310).
        @Test(arguments: ["tmpfs", "bind"])
        func makesNothingOutside(_ type: String) throws {
            let outside = "\(runtime.directory)/outside"
            mkdir(outside, 0o755)
            let bundle = try runtime.bundle("true") {
                $0.mounts.append(
                    Spec.Mount(
                        "/way/made/deep", type: type, source: "/tmp",
                        options: type == "bind" ? ["bind"] : []))
            }
            symlink(
                String(repeating: "../", count: 20) + outside.dropFirst(), "\(bundle)/rootfs/way")
            let outcome = runtime("run", "-b", bundle, "o")
            #expect(outcome.code == 0 || outcome.code == 1, "\(outcome)")
            #expect(entries(outside) == [])
        }

        /// Capabilities are inherited by nothing (CVE-2022-24769, CVE-2022-29162).
        @Test func nothingIsInheritable() throws {
            let bundle = try runtime.bundle("sleep", "1000")
            #expect(runtime.create("i", bundle).code == 0)
            #expect(runtime("start", "i") == Outcome(0))
            let words = ["sh", "-c", "cat /proc/1/status /proc/self/status"]
            for options in [[], ["--cap", "CAP_NET_RAW"]] {
                let outcome = ChildProcess(
                    [Runtime.program, "--root", runtime.root, "exec"] + options + ["i"] + words,
                    Surroundings()
                ).wait()
                let lines = outcome.lines.filter {
                    $0.hasPrefix("CapInh") || $0.hasPrefix("CapAmb")
                }
                #expect(lines.count == 4, "\(outcome)")
                #expect(lines.allSatisfy { $0.hasSuffix("0000000000000000") }, "\(lines)")
            }
        }
    }
}
