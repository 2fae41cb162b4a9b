// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// A file system without room. It is a tmpfs, which shifts no owners before Linux 6.3: a container
    /// on it has the host's users.
    @Suite struct DiskFullTests {
        let swocker = Swocker(images: [])

        private func small(_ size: String) -> String {
            let path = swocker.path("small")
            mkdir(path, 0o755)
            let mounted = swocker.host("mount", "-t", "tmpfs", "-o", "size=\(size)", "tmpfs", path)
            #expect(mounted.code == 0, "\(mounted)")
            let surroundings = swocker.surroundings()
            // Who cleans up after a container may still be at it.
            swocker.atEnd {
                _ = eventually { ChildProcess(["umount", path], surroundings).wait().code == 0 }
            }
            return path
        }

        @Test(arguments: ["200k", "1m", "3m"])
        func load(_ size: String) {
            let root = small(size)
            let outcome = swocker("--root", root, "load", "-i", Swocker.bundled("busybox"))
            #expect(outcome.code == 1, "\(outcome)")
            #expect(outcome.err.contains("no space left on device"), "\(outcome)")
            #expect(outcome.err.split(separator: "\n").count == 1, "\(outcome)")
            #expect(entries("\(root)/layers").isEmpty, "\(entries("\(root)/layers"))")
            #expect(entries("\(root)/content/blobs/sha256").isEmpty)
        }

        /// A root in which busybox is, and little else fits.
        private func store() -> String {
            let root = small("16m")
            #expect(
                swocker("--root", root, "load", "-q", "-i", Swocker.bundled("busybox")).code == 0)
            return root
        }

        /// Runs one command in `root`.
        @discardableResult
        private func on(_ root: String, _ arguments: String..., seconds: Double = 30) -> Outcome {
            swocker(["--root", root] + arguments, seconds: seconds)
        }

        private func fill(_ root: String) {
            swocker.host("sh", "-c", "head -c 100m /dev/zero >> \(root)/filler 2>/dev/null")
        }

        /// One line says so; what the command adds to every failure does not count.
        private func isRefusal(_ outcome: Outcome, _ code: Int32) -> Bool {
            let lines = outcome.err.split(separator: "\n").filter {
                !$0.hasPrefix("Run '") && !$0.hasPrefix("Error: failed to start containers")
            }
            return outcome.code == code && lines.count == 1
                && lines[0].contains("no space left on device")
        }

        /// One that ends with 7 when it is told to, and needs no disk for that.
        private func sleeper(_ root: String, _ name: String) -> pid_t {
            let script = "trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done"
            let started = on(
                root, "run", "-d", "--userns=host", "--name", name, "busybox", "sh", "-c", script)
            #expect(started.code == 0, "\(started)")
            #expect(eventually { on(root, "logs", name).line == "ready" })
            return Swocker.process(on(root, "inspect", "-f", "{{.State.Pid}}", name).line)
        }

        @Test func run() {
            let root = store()
            fill(root)
            let outcome = on(root, "run", "--rm", "busybox", "true")
            #expect(isRefusal(outcome, 125), "\(outcome)")
            unlink("\(root)/filler")
            #expect(on(root, "ps", "-aq") == Outcome(0))
            #expect(entries("\(root)/containers").isEmpty)
        }

        @Test func createAndStart() {
            let root = store()
            #expect(
                on(root, "create", "--userns=host", "--name", "it", "busybox", "true").code == 0)
            fill(root)
            let created = on(root, "create", "--name", "other", "busybox")
            #expect(isRefusal(created, 1), "\(created)")
            let started = on(root, "start", "it")
            #expect(isRefusal(started, 1), "\(started)")
            #expect(on(root, "ps", "-a", "--format", "{{.Names}} {{.State}}").line == "it created")
            unlink("\(root)/filler")
            #expect(on(root, "start", "-a", "it") == Outcome(0))
            #expect(on(root, "rm", "it").code == 0)
            #expect(on(root, "create", "--name", "other", "busybox").code == 0)
            #expect(on(root, "rm", "other").code == 0)
            #expect(entries("\(root)/containers").isEmpty)
        }

        /// The first end is written down with what the engine keeps back; the second when there is room.
        @Test func anExitCodeIsNotLost() {
            let root = store()
            let pids = ["first", "second"].map { sleeper(root, $0) }
            fill(root)
            kill(pids[0], SIGTERM)
            let facts = "{{.State.Status}} {{.State.ExitCode}}"
            #expect(eventually { on(root, "inspect", "-f", facts, "first").line == "exited 7" })
            fill(root)
            kill(pids[1], SIGTERM)
            #expect(on(root, "wait", "second").line == "7")
            let look = on(root, "ps", "-a")
            #expect(look.code == 0, "\(look)")
            unlink("\(root)/filler")
            #expect(eventually { on(root, "inspect", "-f", facts, "second").line == "exited 7" })
            for name in ["first", "second"] {
                #expect(on(root, "why", name).out.contains("exit code 7"))
                #expect(on(root, "rm", name).code == 0)
            }
        }

        /// What makes room works without any; only a record to remove takes what the engine keeps back.
        @Test(arguments: ["stop -t 5", "kill", "rm -f"])
        func endingNeedsNoRoom(_ command: String) {
            let root = store()
            let pid = sleeper(root, "it")
            fill(root)
            if command != "rm -f" {
                unlink("\(root)/reserve")
                fill(root)
            }
            #expect(on(root, "logs", "it").code == 0)
            let ended = swocker(["--root", root] + words(command) + ["it"])
            #expect(ended == Outcome(0, out: "it\n"))
            #expect(eventually { kill(pid, 0) != 0 })
            unlink("\(root)/filler")
            #expect(on(root, "rm", "-f", "it").code == 0)
            #expect(on(root, "ps", "-aq") == Outcome(0))
        }

        @Test func commit() {
            let root = store()
            let pid = sleeper(root, "it")
            #expect(on(root, "exec", "it", "sh", "-c", "head -c 6m /dev/urandom > /big").code == 0)
            let before = on(root, "images", "-aq")
            let outcome = on(root, "commit", "it", "made")
            #expect(isRefusal(outcome, 1), "\(outcome)")
            #expect(on(root, "images", "-aq") == before)
            #expect(kill(pid, 0) == 0)
            #expect(on(root, "exec", "it", "rm", "/big").code == 0, "it stands still for ever")
            #expect(on(root, "commit", "it", "made").code == 0)
            #expect(on(root, "rm", "-f", "it").code == 0)
            #expect(on(root, "run", "--rm", "--userns=host", "made", "true") == Outcome(0))
            #expect(on(root, "image", "prune", "-f").code == 0)
            #expect(entries("\(root)/content/ingest").isEmpty)
        }

        @Test func copy() {
            let root = store()
            #expect(on(root, "create", "--userns=host", "--name", "it", "busybox").code == 0)
            let big = swocker.path("big")
            swocker.host("sh", "-c", "head -c 20m /dev/zero > \(big)")
            let into = on(root, "cp", big, "it:/big")
            #expect(isRefusal(into, 1), "\(into)")
            #expect(on(root, "cp", "it:/etc/passwd", "-").out.contains("root:"))
            #expect(on(root, "cp", "/etc/hostname", "it:/big").code == 0)
            let out = on(root, "cp", "it:/bin/busybox", "\(root)/copy")
            #expect(out.code == 0, "\(out)")
            fill(root)
            unlink("\(root)/copy")
            let filled = swocker.host("sh", "-c", "head -c 900k /dev/zero >> \(root)/filler")
            #expect(filled.code == 0 || filled.err.contains("No space"))
            let again = on(root, "cp", "it:/bin/busybox", "\(root)/copy")
            #expect(isRefusal(again, 1), "\(again)")
            unlink("\(root)/filler")
            #expect(on(root, "rm", "it").code == 0)
        }

        @Test(arguments: ["local", "json-file"])
        func aLogThatFillsTheDisk(_ driver: String) {
            let root = store()
            let outcome = on(
                root, "run", "--userns=host", "--name", "big", "--log-driver", driver, "busybox",
                "sh", "-c", "head -c 40000000 /dev/zero | tr '\\0' x | fold -w 4000; exit 7",
                seconds: 60)
            #expect(outcome.code == 7 && outcome.out.utf8.count > 40_000_000, "\(outcome.err)")
            #expect(
                eventually { on(root, "inspect", "-f", "{{.State.ExitCode}}", "big").line == "7" })
            let log = swocker.host(
                "sh", "-c", "\(Swocker.program) --root \(root) logs big | grep -a -c '^xxxx*$'")
            #expect(Int(log.line) ?? 0 > 1000, "\(log)")
            let removed = on(root, "rm", "-f", "big")
            #expect(removed.code == 0, "\(removed)")
        }
    }
}
