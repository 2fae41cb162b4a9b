// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// What starts again by itself, and what stops that.
    @Suite struct RestartPolicyTests {
        let swocker = Swocker()

        private func status(_ name: String) -> String { swocker.inspect(name, "{{.State.Status}}") }
        private func restarts(_ name: String) -> Int {
            Int(swocker.inspect(name, "{{.RestartCount}}")) ?? -1
        }

        /// Which policy starts again after which end.
        @Test(arguments: [
            ("always", 0, true), ("always", 3, true), ("unless-stopped", 3, true),
            ("on-failure", 3, true), ("on-failure", 0, false), ("no", 3, false),
        ])
        func startsAgain(_ policy: String, _ code: Int, _ again: Bool) {
            swocker(
                "run", "-d", "--restart", policy, "--name", "it", "busybox", "sh", "-c",
                "echo run; exit \(code)")
            if again {
                #expect(eventually { restarts("it") >= 1 })
                #expect(eventually { swocker("logs", "it").lines.count >= 2 })
            } else {
                #expect(eventually { status("it") == "exited" })
                usleep(300_000)
                #expect(swocker("logs", "it").lines == ["run"] && restarts("it") == 0)
            }
        }

        @Test func failuresAreCounted() {
            let run = swocker(
                "run", "--restart", "on-failure:2", "--name", "it", "busybox", "sh", "-c",
                "echo run; exit 3")
            #expect(run.code == 3 && run.lines.first == "run", "\(run)")
            #expect(eventually { status("it") == "exited" && restarts("it") == 2 })
            #expect(swocker("logs", "it").lines == ["run", "run", "run"])
            #expect(swocker("start", "it").code == 0)
            #expect(eventually { swocker("logs", "it").lines.count == 6 })
        }

        @Test(arguments: ["stop", "kill", "rm -f"])
        func aUserEndsTheLoop(_ command: String) {
            swocker(
                "run", "-d", "--restart", "always", "--name", "loop", "busybox", "false")
            #expect(eventually { status("loop") == "restarting" && restarts("loop") >= 2 })
            #expect(
                eventually {
                    swocker("ps", "--format", "{{.Status}}").line.hasPrefix("Restarting (1) ")
                })
            let begin = now()
            #expect(swocker(words(command) + ["loop"]).code == 0)
            #expect(now() - begin < 1)
            if command == "rm -f" { return #expect(swocker("ps", "-aq") == Outcome(0)) }
            usleep(500_000)
            #expect(status("loop") == "exited")
            #expect(eventually { swocker.monitors.isEmpty })
        }

        @Test(arguments: ["always", "unless-stopped"])
        func aKilledOneComesBackAndAStoppedOneDoesNot(_ policy: String) {
            swocker.sleeper("it", "--restart", policy)
            kill(swocker.pid("it"), SIGKILL)
            #expect(eventually { status("it") == "running" && restarts("it") == 1 })
            #expect(swocker("exec", "it", "echo", "hi") == Outcome(0, out: "hi\n"))
            #expect(swocker("stop", "it").code == 0)
            usleep(300_000)
            #expect(status("it") == "exited")
            #expect(swocker("restart", "it").code == 0)
            #expect(status("it") == "running" && restarts("it") == 0)
        }

        @Test func whoIsAttachedIsToldOfTheEnd() {
            let client = swocker.start(
                "run", "--restart", "always", "--name", "it", "busybox", "sh", "-c",
                "echo hi; exit 7")
            #expect(client.wait() == Outcome(7, out: "hi\n"))
            #expect(swocker("wait", "it").code == 0)
        }

        @Test func aLoopingContainerRefuses() {
            swocker("run", "-d", "--restart", "always", "--name", "loop", "busybox", "false")
            #expect(eventually { restarts("loop") >= 3 && status("loop") == "restarting" })
            for command in ["exec loop true", "pause loop", "attach loop", "rm loop"] {
                let outcome = swocker(words(command))
                #expect(outcome.code == 1 && outcome.err.contains("restarting"), "\(outcome)")
            }
            #expect(swocker("start", "loop").code == 0)
            let both = swocker("run", "--rm", "--restart", "always", "busybox")
            #expect(both.code == 125, "\(both)")
            #expect(
                both.err.contains("conflicting options: cannot specify both --restart and --rm"))
        }

        @Test func aStartThatFailsEndsTheLoop() {
            swocker(
                "run", "-d", "--restart", "always", "--name", "it", "-v",
                "\(swocker.directory)/gone:/m", "busybox", "sh", "-c", "sleep 0.3; false")
            #expect(swocker.host("rmdir", "\(swocker.directory)/gone").code == 0)
            #expect(eventually { status("it") == "exited" })
            #expect(swocker.inspect("it", "{{.State.Error}}").contains("gone"))
        }

        @Test func theMonitorStaysSmall() {
            swocker.sleeper("it", "--restart", "always")
            let fresh = memory()
            for round in 1...4 {
                kill(swocker.pid("it"), SIGKILL)
                #expect(eventually { restarts("it") == round && status("it") == "running" })
            }
            #expect(fresh > 0 && memory() < fresh + 512, "\(memory()) after \(fresh) KiB")
        }

        /// KiB of memory that the only monitor has for itself.
        private func memory() -> Int {
            let rollup = text("/proc/\(swocker.monitors.first ?? 0)/smaps_rollup")
            let line = rollup.split(separator: "\n").first { $0.hasPrefix("Private_Dirty:") }
            return Int(line?.split(separator: " ").dropFirst().first ?? "") ?? -1
        }
    }

    /// `why`.
    @Suite struct WhyTests {
        let swocker = Swocker()

        @Test(arguments: [
            ("exit 0", "ended with exit code 0"), ("exit 3", "ended with exit code 3"),
            ("kill -9 $$", "by signal SIGKILL (9)"), ("nosuch", "127"),
            ("tail /dev/zero", "its limit is 16 MiB, the most it used was 1"),
        ])
        func howItEnded(_ script: String, _ expected: String) {
            swocker(
                "run", "--rm", "--init", "-m", "16m", "--name", "it", "busybox", "sh", "-c", script)
            let why = swocker("why", "it")
            #expect(why.code == 0 && why.out.contains(expected), "\(why)")
            #expect(why.out.hasPrefix("it, which is gone, ") && why.lines.count == 1, "\(why)")
        }

        @Test func aSignalFromElsewhere() {
            swocker.sleeper("it")
            kill(swocker.pid("it"), SIGKILL)
            #expect(swocker("wait", "it").line == "137")
            let why = swocker("why", "it").out
            #expect(why.contains("ended by signal SIGKILL (9)"), "\(why)")
            #expect(why.contains("swocker did not send it"), "\(why)")
        }

        @Test func whoAskedForIt() {
            swocker.sleeper("it")
            #expect(swocker("why", "it").out.contains("it runs since "))
            swocker("stop", "it")
            let why = swocker("why", "it").out
            #expect(why.contains("swocker stop had sent SIGTERM (15)"), "\(why)")
            swocker("run", "-d", "--name", "deaf", "busybox", "sleep", "100")
            swocker("stop", "-t", "0", "deaf")
            let deaf = swocker("why", "deaf").out
            #expect(deaf.contains("and SIGKILL when it had not ended in time"), "\(deaf)")
        }

        @Test func whatNeverRan() {
            swocker("create", "--name", "idle", "busybox")
            #expect(swocker("why", "idle").out.contains("never started"))
            swocker("run", "--rm", "--name", "bad", "busybox", "nosuch")
            let bad = swocker("why", "bad").out
            #expect(bad.contains("did not start") && bad.contains("no program nosuch"), "\(bad)")
            #expect(swocker("why", "nosuch").code == 1)
        }
    }
}
