// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// kill -9 at any moment: the next command sees the truth, and nothing stays for ever.
    @Suite struct CrashTests {
        let swocker = Swocker()

        @Test func aContainerOutlivesItsClient() {
            let client = swocker.start(
                "run", "--name", "on", "busybox", "sh", "-c",
                "trap 'exit 4' TERM; echo begin; while :; do echo more; sleep 0.02; done")
            #expect(client.collect(seconds: 10) { $0.out.contains("more") })
            client.send(signal: SIGKILL)
            _ = client.wait()
            rest(milliseconds: 200)
            #expect(swocker.inspect("on", "{{.State.Status}}") == "running")
            #expect(swocker("stop", "on").code == 0)
            #expect(swocker.inspect("on", "{{.State.ExitCode}}") == "4")
        }

        @Test func deathOfTheFirstProcess() {
            swocker.sleeper("victim")
            kill(swocker.pid("victim"), SIGKILL)
            #expect(swocker("wait", "victim").line == "137")
            #expect(swocker.inspect("victim", "{{.State.Status}} {{.State.Pid}}") == "exited 0")
        }

        @Test func deathOfTheMonitor() {
            swocker.sleeper("orphan")
            let pid = swocker.pid("orphan")
            #expect(swocker.monitors.count == 1)
            for monitor in swocker.monitors { kill(monitor, SIGKILL) }
            rest(milliseconds: 100)
            // Either the kernel took the container along, or it runs on and is still ours to end.
            let state = swocker.inspect("orphan", "{{.State.Status}}")
            #expect(state == (kill(pid, 0) == 0 ? "running" : "exited"))
            #expect(swocker("ps", "-a").code == 0)
            #expect(swocker("stop", "-t", "1", "orphan").code == 0)
            #expect(swocker.inspect("orphan", "{{.State.Status}}") == "exited")
            #expect(swocker("start", "orphan").code == 0)
            #expect(swocker.inspect("orphan", "{{.State.Status}}") == "running")
            #expect(swocker("rm", "-f", "orphan").code == 0)
        }

        @Test func deathOfBoth() {
            swocker.sleeper("both")
            let pid = swocker.pid("both")
            for monitor in swocker.monitors { kill(monitor, SIGKILL) }
            kill(pid, SIGKILL)
            #expect(eventually { swocker.inspect("both", "{{.State.Status}}") == "exited" })
            let waited = swocker("wait", "both")
            #expect(waited.code == 0 && waited.line != "0", "\(waited)")
            #expect(swocker("rm", "both").code == 0)
        }

        /// The client dies at a moment of its start, which takes some ten milliseconds.
        @Test func theClientAtAnyMoment() {
            for round in 0..<40 {
                let client = swocker.start(
                    "run", round % 2 == 0 ? "--rm" : "-d", "busybox", "sleep", "0.05")
                rest(milliseconds: Double(round) * 0.6)
                client.send(signal: SIGKILL)
                _ = client.wait()
                let list = swocker("ps", "-a", "--format", "{{.ID}} {{.State}}")
                #expect(list.code == 0, "\(list)")
            }
            removeEverything()
        }

        /// The monitor or the first process dies at a moment of start or work.
        @Test func theOthersAtAnyMoment() {
            for round in 0..<30 {
                let client = swocker.start(
                    "run", "--rm", "busybox", "sh", "-c", "echo hi; sleep 0.05")
                rest(milliseconds: 4 + Double(round) * 1.5)
                let monitors = swocker.monitors
                if round % 2 == 0 {
                    for monitor in monitors { kill(monitor, SIGKILL) }
                } else {
                    for monitor in monitors {
                        for child in children(of: monitor) { kill(child, SIGKILL) }
                    }
                }
                let outcome = client.wait(seconds: 10)
                #expect(outcome.code >= 0, "\(outcome)")
                #expect(swocker("ps", "-a").code == 0)
            }
            removeEverything()
        }

        /// Mixed commands on a few containers, with restart policies, health checks, volumes and ports among
        /// them; in every round the client, monitors or containers are killed at a random moment.
        /// Afterwards every container is whole or gone, and nothing is left of those that are gone.
        @Test func anythingAtAnyMoment() {
            let seed = getenv("SWOCKER_TEST_SEED").flatMap { UInt64(String(cString: $0)) }
            var random = Dice(state: seed ?? UInt64.random(in: 1 ... .max))
            let origin = Comment(rawValue: "SWOCKER_TEST_SEED=\(random.state)")
            for _ in 0..<300 {
                let name = "c\(random.roll(4))"
                let command = random.command(on: name)
                let client = swocker.start(command)
                usleep(useconds_t(random.roll(4) == 0 ? random.roll(60_000) : random.roll(25_000)))
                switch random.roll(6) {
                case 0: for monitor in swocker.monitors { kill(monitor, SIGKILL) }
                case 1:
                    let monitors = swocker.monitors
                    if !monitors.isEmpty {
                        kill(monitors[Int(random.roll(UInt64(monitors.count)))], SIGKILL)
                    }
                case 2:
                    for monitor in swocker.monitors {
                        for child in children(of: monitor) { kill(child, SIGKILL) }
                    }
                default: client.send(signal: SIGKILL)
                }
                let begin = now()
                _ = client.wait(seconds: 20)
                #expect(now() - begin < 20 * patience, "\(command) \(origin)")
            }
            let known = wholeContainers(origin)
            for name in known {
                #expect(swocker("stop", "-t", "0", name).code == 0, origin)
                let started = swocker("start", name)
                #expect(started.code == 0, "\(started) \(origin)")
                #expect(swocker("exec", name, "true").code == 0 || !isLasting(name), origin)
                #expect(swocker("why", name).code == 0, origin)
            }
            removeEverything(origin)
        }

        /// What is on record after a storm, when the next commands have repaired it.
        /// - Returns: the containers' names.
        private func wholeContainers(_ origin: Comment) -> [String] {
            // A command that creates also sweeps.
            #expect(swocker("create", "--name", "sweeper", "busybox").code == 0, origin)
            #expect(swocker("rm", "sweeper").code == 0, origin)
            let list = swocker("ps", "-a", "--no-trunc", "--format", "{{.ID}} {{.Names}}")
            #expect(list.code == 0, "\(list) \(origin)")
            let rows = list.lines.map { words($0) }
            #expect(Set(rows.map { $0[1] }).count == rows.count, "\(list) \(origin)")
            let directories = entries("\(swocker.root)/containers")
            #expect(Set(directories) == Set(rows.map { $0[0] }), origin)
            for row in rows {
                let facts = "{{.Id}} {{.Name}} {{.State.Running}} {{.State.Pid}}"
                let seen = words(swocker.inspect(row[1], facts))
                #expect(seen.count == 4 && seen[0] == row[0], "\(seen) \(origin)")
                guard seen.count == 4, let pid = pid_t(seen[3]) else { continue }
                // It may end at any moment: then it must say so.
                let agrees = (seen[2] == "true") == (pid > 0 && kill(pid, 0) == 0)
                #expect(
                    agrees || words(swocker.inspect(row[1], facts)) != seen, "\(seen) \(origin)")
            }
            return rows.map { $0[1] }
        }

        /// Whether it is one of those that run until they are told to stop.
        private func isLasting(_ name: String) -> Bool {
            swocker.inspect(name, "{{.State.Status}} {{.Path}}") == "running sh"
        }

        private func removeEverything(_ origin: Comment = "") {
            // One more, since `rm` also sweeps: what has no record any more is found only then.
            #expect(swocker("create", "--name", "last", "busybox").code == 0, origin)
            let removed = swocker(["rm", "-f", "-v"] + swocker("ps", "-aq").lines)
            #expect(removed.code == 0, "\(removed) \(origin)")
            #expect(
                swocker("run", "--rm", "busybox", "echo", "hi") == Outcome(0, out: "hi\n"), origin)
            // What interrupted commands have left of volumes and images goes with the next prune.
            #expect(swocker("volume", "prune", "-f").code == 0, origin)
            #expect(swocker("image", "prune", "-f").code == 0, origin)
            for directory in ["volumes", "content/ingest"] {
                let left = entries("\(swocker.root)/\(directory)")
                #expect(left.isEmpty, "\(directory): \(left) \(origin)")
            }
            let isClean = eventually { swocker.remains().isEmpty }
            #expect(isClean, "\(swocker.remains()) \(origin)")
        }

        private func children(of pid: pid_t) -> [pid_t] {
            text("/proc/\(pid)/task/\(pid)/children").split(separator: " ").compactMap { pid_t($0) }
        }
    }

    /// Many starts.
    @Suite struct StressTests {
        let swocker = Swocker()

        @Test func twoHundredInARow() {
            let begin = now()
            for round in 0..<200 {
                let outcome = swocker("run", "--rm", "busybox", "echo", "\(round)")
                guard outcome == Outcome(0, out: "\(round)\n") else {
                    Issue.record("round \(round): \(outcome)")
                    break
                }
            }
            #expect(now() - begin < 60 * patience)
            #expect(swocker("ps", "-aq") == Outcome(0))
            #expect(eventually(seconds: 3) { swocker.remains().isEmpty }, "\(swocker.remains())")
        }

        @Test func eightLoopsInParallel() {
            let loop =
                "for i in $(seq 15); do \(Swocker.program) run --rm busybox echo ok || echo bad; done"
            let loops = (0..<8).map { _ in
                ChildProcess(["sh", "-c", loop], swocker.surroundings())
            }
            for child in loops {
                let outcome = child.wait(seconds: 90)
                #expect(outcome.lines == Array(repeating: "ok", count: 15), "\(outcome)")
                #expect(outcome.err == "")
            }
            #expect(swocker("ps", "-aq") == Outcome(0))
        }

        @Test func namesCollideInParallel() {
            let clients = (0..<6).map { _ in
                swocker.start("create", "--name", "same", "busybox")
            }
            let codes = clients.map { $0.wait().code }
            #expect(
                codes.filter { $0 == 0 }.count == 1 && codes.filter { $0 == 1 }.count == 5,
                "\(codes)")
            #expect(swocker("ps", "-aq").lines.count == 1)
        }

        @Test func firstUseInParallel() {
            let swocker = Swocker(images: [])
            let clients = (0..<6).map { _ in swocker.start("run", "--rm", "busybox", "echo", "hi") }
            for client in clients {
                let outcome = client.wait()
                #expect(outcome.code == 0 && outcome.out == "hi\n", "\(outcome)")
            }
        }
    }
}

/// Numbers that are the same for the same seed (xorshift64).
private struct Dice {
    var state: UInt64

    /// 0 up to `sides` - 1.
    mutating func roll(_ sides: UInt64) -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state % sides
    }

    /// One of the commands that change a container, or work on it.
    mutating func command(on name: String) -> [String] {
        let sleeper = ["busybox", "sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.05; done"]
        let run = ["run", "-d", "--name", name]
        switch roll(20) {
        case 0, 1: return run + sleeper
        case 2: return run + ["--restart", "always", "busybox", "sleep", "0.05"]
        case 3:
            return run + [
                "--restart", "on-failure:3", "--health-cmd", "true", "--health-interval", "20ms",
            ] + sleeper
        case 4: return run + ["-v", "/data", "-p", "127.0.0.1::80", "-t"] + sleeper
        case 5: return ["run", "--rm", "--name", name, "-v", "/data", "busybox", "true"]
        case 6: return ["create", "--name", name] + sleeper
        case 7, 8: return ["start", name]
        case 9: return ["stop", "-t", "1", name]
        case 10: return ["restart", "-t", "1", name]
        case 11: return ["kill", name]
        case 12: return ["exec", name, "true"]
        case 13: return [roll(2) == 0 ? "pause" : "unpause", name]
        case 14: return ["rename", name, "c\(roll(4))"]
        case 15: return ["update", "--memory", "64m", "--memory-swap", "64m", name]
        case 16: return ["commit", name, "made"]
        case 17: return ["cp", "/etc/passwd", "\(name):/tmp/x"]
        case 18: return ["logs", name]
        default: return ["rm", "-f", "-v", name]
        }
    }
}
