// SPDX-License-Identifier: Apache-2.0

import Glibc
import OCI
import Testing

extension TheProgram.TheRuntime {
    /// From create to delete, and the ways in between.
    @Suite struct RuntimeLifecycleTests {
        let runtime = Runtime()

        @Test func createStartKillDelete() throws {
            let bundle = try runtime.bundle("sh", "-c", "echo begun; exec sleep 1000")
            let pidFile = "\(runtime.directory)/pid"
            #expect(runtime.create("one", bundle, "--pid-file", pidFile).code == 0)
            #expect(runtime.status("one") == "created")
            #expect(runtime.output(of: "one") == "")
            let pid = try #require(pid_t(text(pidFile)))
            #expect(kill(pid, 0) == 0)
            #expect(runtime("start", "one") == Outcome(0))
            #expect(eventually { runtime.output(of: "one") == "begun\n" })
            #expect(runtime.status("one") == "running")
            #expect(runtime("start", "one").code == 1)
            let early = runtime("delete", "one")
            #expect(early.code == 1 && early.err.contains("is not stopped"))
            #expect(runtime("pause", "one") == Outcome(0))
            #expect(runtime.status("one") == "paused")
            #expect(runtime("resume", "one") == Outcome(0))
            #expect(runtime("kill", "one", "KILL") == Outcome(0))
            #expect(eventually { runtime.status("one") == "stopped" })
            let late = runtime("kill", "one")
            #expect(late.code == 1 && late.err.contains("container not running"))
            #expect(runtime("delete", "one") == Outcome(0))
            let gone = runtime("state", "one")
            #expect(gone.code == 1 && gone.err.contains("does not exist"))
        }

        @Test func runGivesTheCodeAndForwardsSignals() throws {
            let seven = try runtime.bundle("sh", "-c", "echo out; echo err >&2; exit 7")
            #expect(runtime("run", "-b", seven, "a") == Outcome(7, out: "out\n", err: "err\n"))
            #expect(runtime("list", "-q").out == "")
            let trap = try runtime.bundle(
                "sh", "-c", "trap 'exit 9' TERM; echo ready; while :; do sleep 0.02; done")
            let client = ChildProcess(
                [Runtime.program, "--root", runtime.root, "run", "--bundle", trap, "b"],
                Surroundings(environment: ["PATH=/usr/bin:/bin"]))
            #expect(client.collect(seconds: 10) { $0.out.contains("ready") })
            client.send(signal: SIGTERM)
            #expect(client.wait().code == 9)
        }

        @Test func exec() throws {
            let bundle = try runtime.bundle("sleep", "1000")
            #expect(runtime.create("x", bundle).code == 0)
            #expect(runtime("start", "x").code == 0)
            #expect(runtime("exec", "x", "sh", "-c", "exit 5").code == 5)
            #expect(
                runtime("exec", "-u", "7:8", "-cwd", "/tmp", "x", "sh", "-c", "id -u; id -g; pwd")
                    .out == "7\n8\n/tmp\n")
            #expect(runtime("exec", "--env", "A=b", "x", "sh", "-c", "echo $A").out == "b\n")
            let process = "\(runtime.directory)/process.json"
            make(
                process,
                #"{"args":["echo","hi"],"cwd":"/","user":{"uid":0,"gid":0},"env":["PATH=/bin"]}"#)
            #expect(runtime("exec", "--process", process, "x") == Outcome(0, out: "hi\n"))
            let missing = runtime("exec", "x", "nothing")
            #expect(missing.code == 255)
            #expect(missing.err.contains("executable file not found in $PATH"))
            #expect(runtime("exec", "nobody", "true").code == 255)
        }

        /// Hooks run in their order, know the container, and may forbid it.
        @Test func hooks() throws {
            let log = "\(runtime.directory)/hooks"
            let bundle = try runtime.bundle("sh", "-c", "sleep 1000") { spec in
                func hook(_ name: String) -> Spec.Hook {
                    Spec.Hook(
                        "/bin/sh", ["sh", "-c", "cat >> \(log); echo \" \(name) $A\" >> \(log)"],
                        env: ["A=b", "PATH=/bin:/usr/bin"])
                }
                var hooks = Spec.Hooks()
                hooks.prestart = [hook("prestart")]
                hooks.createRuntime = [hook("createRuntime")]
                hooks.createContainer = [hook("createContainer")]
                hooks.poststart = [hook("poststart")]
                hooks.poststop = [hook("poststop")]
                hooks.startContainer = [
                    Spec.Hook("/bin/sh", ["sh", "-c", "cat > /tmp/started"], env: ["PATH=/bin"])
                ]
                spec.root?.readonly = nil
                spec.hooks = hooks
            }
            #expect(runtime.create("h", bundle).code == 0)
            #expect(!isThere("\(bundle)/rootfs/tmp/started"))
            #expect(runtime("start", "h") == Outcome(0))
            #expect(text("\(bundle)/rootfs/tmp/started").contains(#""status":"created""#))
            #expect(runtime("delete", "-f", "h") == Outcome(0))
            let lines = text(log).split(separator: "\n")
            #expect(
                lines.map { $0.split(separator: " ").suffix(2).joined(separator: " ") } == [
                    "prestart b", "createRuntime b", "createContainer b", "poststart b",
                    "poststop b",
                ])
            let states = try lines.map { line in
                let end = try #require(line.lastIndex(of: "}"))
                return try JSONValue(parsing: String(line[...end]))
            }
            #expect(
                states.map { $0["status"]?.stringValue } == [
                    "creating", "creating", "creating", "running", "stopped",
                ])
            #expect(states.allSatisfy { $0["id"]?.stringValue == "h" })
            #expect(states.allSatisfy { $0["bundle"]?.stringValue == bundle })
        }

        @Test(arguments: ["prestart", "createRuntime", "createContainer"])
        func aHookThatFails(_ kind: String) throws {
            let bundle = try runtime.bundle("true") { spec in
                let hook = Spec.Hook("/bin/sh", ["sh", "-c", "echo no such luck >&2; exit 3"])
                var hooks = Spec.Hooks()
                switch kind {
                case "prestart": hooks.prestart = [hook]
                case "createRuntime": hooks.createRuntime = [hook]
                default: hooks.createContainer = [hook]
                }
                spec.hooks = hooks
            }
            let failed = runtime.create("f", bundle)
            #expect(failed.code == 1)
            #expect(failed.err.contains("\(kind) hook /bin/sh failed with exit status 3"))
            #expect(failed.err.contains("no such luck"))
            #expect(runtime("list", "-q").out == "")
            #expect(runtime.groups == [])
        }

        @Test func aHookThatTakesTooLong() throws {
            let bundle = try runtime.bundle("true") { spec in
                var hook = Spec.Hook("/bin/sleep", ["sleep", "1000"])
                hook.timeout = 1
                spec.hooks = Spec.Hooks()
                spec.hooks?.createRuntime = [hook]
            }
            let failed = runtime.create("t", bundle)
            #expect(failed.code == 1 && failed.err.contains("took longer than 1 s"))
        }

        @Test func descriptorsAreHandedOn() throws {
            let bundle = try runtime.bundle("sh", "-c", "cat <&3; ls /proc/self/fd | wc -l")
            let script = """
                echo three > \(runtime.directory)/three
                exec 3< \(runtime.directory)/three 4< /dev/null
                exec \(Runtime.program) --root \(runtime.root) run -preserve-fds=1 -b \(bundle) p
                """
            let outcome = ChildProcess(
                ["/bin/sh", "-c", script], Surroundings(environment: ["PATH=/usr/bin:/bin"])
            ).wait()
            // 0, 1, 2, 3 and the directory that ls reads.
            #expect(outcome == Outcome(0, out: "three\n5\n"))
            let none = runtime("run", "-b", bundle, "--preserve-fds", "9000", "q")
            #expect(none.code == 1 && none.err.contains("is not open"))
        }

        /// Killed at any moment, a creation leaves nothing that `delete --force` does not remove.
        @Test func aKilledCreation() throws {
            let bundle = try runtime.bundle("sleep", "1000")
            for round in 0..<40 {
                let script =
                    "exec \(Runtime.program) --root \(runtime.root) create -b \(bundle) k"
                    + " > /dev/null 2>&1 < /dev/null"
                let client = ChildProcess(["/bin/sh", "-c", script], Surroundings())
                usleep(UInt32(round) * 400)
                client.send(signal: SIGKILL)
                _ = client.wait()
                #expect(runtime("delete", "--force", "k") == Outcome(0))
                #expect(!isThere("\(runtime.root)/k"))
                #expect(eventually { runtime.groups.isEmpty })
            }
        }

        /// Not a process, mount, control group, file or descriptor (`SWOCKER_TEST_CYCLES` asks for more).
        @Test func cyclesLeaveNothing() throws {
            let bundle = try runtime.bundle("true")
            let asked = getenv("SWOCKER_TEST_CYCLES").flatMap { Int(String(cString: $0)) }
            let mounts = text("/proc/self/mountinfo").split(separator: "\n").count
            let descriptors = entries("/proc/self/fd").count
            for _ in 0..<(asked ?? 50) {
                #expect(runtime.create("c", bundle).code == 0)
                #expect(runtime("start", "c") == Outcome(0))
                #expect(eventually { runtime.status("c") == "stopped" })
                #expect(runtime("delete", "c") == Outcome(0))
            }
            #expect(runtime.groups == [])
            #expect(entries(runtime.root) == [])
            #expect(eventually { processes(naming: runtime.directory).isEmpty })
            #expect(text("/proc/self/mountinfo").split(separator: "\n").count == mounts)
            #expect(entries("/proc/self/fd").count == descriptors)
        }

        /// What the runtime itself needs fits into the smallest limit.
        @Test func oneMebibyte() throws {
            let bundle = try runtime.bundle("echo", "small") { spec in
                spec.linux?.resources?.memory = .init()
                spec.linux?.resources?.memory?.limit = 1 << 20
            }
            #expect(runtime("run", "-b", bundle, "m") == Outcome(0, out: "small\n"))
            #expect(runtime.create("n", bundle).code == 0)
            #expect(runtime("start", "n") == Outcome(0))
            #expect(eventually { runtime.output(of: "n") == "small\n" })
        }
    }
}

extension Spec.Hook {
    fileprivate init(_ path: String, _ args: [String], env: [String] = []) {
        self.init(path: path, args: args, env: env)
    }
}

/// Processes whose command line names the directory, or whose root lies below it.
private func processes(naming directory: String) -> [pid_t] {
    func hasItsRoot(_ pid: pid_t) -> Bool {
        text("/proc/\(pid)/mountinfo").split(separator: "\n").contains { line in
            let fields = line.split(separator: " ")
            return fields.count > 4 && fields[4] == "/" && fields[3].hasPrefix(directory)
        }
    }
    return entries("/proc").compactMap { pid_t($0) }.filter { pid in
        pid != getpid() && (text("/proc/\(pid)/cmdline").contains(directory) || hasItsRoot(pid))
    }
}
