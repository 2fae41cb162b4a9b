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

        /// Mixed commands on a few containers, with restart policies and health checks among them; in every
        /// round the client or all monitors are killed at a random moment. Afterwards every container is
        /// whole or gone, and nothing is left of those that are gone.
        @Test func anythingAtAnyMoment() {
            var random = Dice(state: 20_261_124)
            let begin = now()
            var rounds = 0
            while rounds < 300, now() - begin < 150 {
                rounds += 1
                let name = "c\(random.roll(4))"
                let client = swocker.start(random.command(on: name))
                usleep(useconds_t(random.roll(60_000)))
                if random.roll(3) == 0 {
                    for monitor in swocker.monitors { kill(monitor, SIGKILL) }
                } else {
                    client.send(signal: SIGKILL)
                }
                _ = client.wait(seconds: 20)
            }
            #expect(rounds >= 100, "only \(rounds) rounds")
            let list = swocker("ps", "-a", "--format", "{{.Names}}")
            #expect(list.code == 0, "\(list)")
            for name in list.lines {
                #expect(swocker("stop", "-t", "0", name).code == 0)
                let started = swocker("start", name)
                #expect(started.code == 0, "\(started)")
                #expect(swocker("why", name).code == 0)
            }
            removeEverything()
        }

        private func removeEverything() {
            // One more, since `rm` also sweeps: what has no record any more is found only then.
            #expect(swocker("create", "--name", "last", "busybox").code == 0)
            #expect(swocker(["rm", "-f"] + swocker("ps", "-aq").lines).code == 0)
            #expect(swocker("run", "--rm", "busybox", "echo", "hi") == Outcome(0, out: "hi\n"))
            #expect(eventually(seconds: 3) { swocker.remains().isEmpty }, "\(swocker.remains())")
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

/// Numbers that are the same in every run (xorshift64).
private struct Dice {
    var state: UInt64

    /// 0 up to `sides` - 1.
    mutating func roll(_ sides: UInt64) -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state % sides
    }

    /// One of the commands that change a container.
    mutating func command(on name: String) -> [String] {
        let sleeper = "trap 'exit 0' TERM; while :; do sleep 0.05; done"
        switch roll(12) {
        case 0, 1: return ["run", "-d", "--name", name, "busybox", "sh", "-c", sleeper]
        case 2:
            return ["run", "-d", "--name", name, "--restart", "always", "busybox", "sleep", "0.05"]
        case 3:
            return [
                "run", "-d", "--name", name, "--restart", "on-failure:3", "--health-cmd", "true",
                "--health-interval", "20ms", "busybox", "sh", "-c", sleeper,
            ]
        case 4: return ["run", "--rm", "--name", name, "busybox", "true"]
        case 5: return ["start", name]
        case 6: return ["stop", "-t", "1", name]
        case 7: return ["restart", "-t", "1", name]
        case 8: return ["kill", name]
        case 9: return ["exec", name, "true"]
        case 10: return [roll(2) == 0 ? "pause" : "unpause", name]
        default: return ["rm", "-f", name]
        }
    }
}
