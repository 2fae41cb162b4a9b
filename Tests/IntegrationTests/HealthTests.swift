// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// Health checks: what they say, and what they cannot do.
    @Suite struct HealthTests {
        let swocker = Swocker()

        private func health(_ name: String) -> String {
            swocker.inspect(name, "{{.State.Health.Status}}")
        }

        private func sleeper(_ probe: String, _ options: String...) {
            let started = swocker(
                ["run", "-d", "--name", "it", "--health-cmd", probe, "--health-interval", "100ms"]
                    + options + [
                        "busybox", "sh", "-c", "trap 'exit 5' TERM; while :; do sleep 0.05; done",
                    ])
            #expect(started.code == 0, "\(started)")
        }

        @Test func fromStartingToHealthyToUnhealthy() {
            sleeper("echo probed; test ! -f /ill", "--health-retries", "2")
            #expect(swocker("ps", "--format", "{{.Status}}").line.contains("(h"))
            #expect(eventually { health("it") == "healthy" })
            #expect(swocker("ps", "-q", "--filter", "health=healthy").lines.count == 1)
            let said = swocker.inspect("it", "{{(index .State.Health.Log 0).Output}}")
            #expect(said.hasPrefix("probed"), "\(said)")
            swocker("exec", "it", "touch", "/ill")
            #expect(eventually { health("it") == "unhealthy" })
            #expect(swocker("ps", "--format", "{{.Status}}").line.hasSuffix("(unhealthy)"))
            #expect(eventually { swocker.inspect("it", "{{len .State.Health.Log}}") == "5" })
            #expect(swocker("why", "it").out.contains("unhealthy"))
            let events = swocker("events", "--since", "1m", "--until", "0s").out
            #expect(events.contains("health_status: healthy"), "\(events)")
            #expect(events.contains("health_status: unhealthy"), "\(events)")
        }

        /// Endless output, a daemon that keeps the pipe, a probe that does not end, a fork bomb.
        @Test(arguments: [
            ("yes", "exceeded timeout (400ms): y", "unhealthy"),
            ("sleep 100 & echo left", "left", "healthy"),
            ("echo here; sleep 100", "exceeded timeout (400ms): here", "unhealthy"),
            ("nosuch", "nosuch", "unhealthy"),
            ("f() { f | f & }; f; sleep 100", "", "unhealthy"),
        ])
        func hostileProbes(_ probe: String, _ output: String, _ status: String) {
            sleeper(
                probe, "--health-timeout", "400ms", "--health-retries", "1", "--pids-limit", "60")
            #expect(eventually(seconds: 10) { health("it") == status })
            let said = swocker.inspect("it", "{{(index .State.Health.Log 0).Output}}")
            #expect(said.contains(output) || said == output, "\(said)")
            #expect(said.utf8.count <= 4096)
            let begin = now()
            #expect(swocker("kill", "it").code == 0)
            #expect(swocker("wait", "it").line == "137")
            #expect(now() - begin < 5)
        }

        @Test(arguments: [
            ("restart", "running"), ("stop", "exited"), ("kill", "exited"), ("none", "running"),
        ])
        func onUnhealthy(_ action: String, _ status: String) {
            sleeper(
                "test -f /once || { touch /once; false; }", "--health-retries", "1",
                "--on-unhealthy", action)
            #expect(
                eventually {
                    swocker.inspect("it", "{{.RestartCount}}") == (action == "restart" ? "1" : "0")
                        && swocker.inspect("it", "{{.State.Status}}") == status
                })
            switch action {
            case "stop": #expect(swocker.inspect("it", "{{.State.ExitCode}}") == "5")
            case "kill": #expect(swocker.inspect("it", "{{.State.ExitCode}}") == "137")
            default: #expect(eventually { health("it") == "healthy" })
            }
            if status == "exited" {
                #expect(swocker("why", "it").out.contains("it was unhealthy"))
            }
        }

        @Test func noneIsAsked() {
            swocker.sleeper("plain")
            #expect(swocker("inspect", "plain").out.contains("\"Health\"") == false)
            let refused = swocker("run", "-d", "--on-unhealthy", "stop", "busybox", "true")
            #expect(refused.code == 125 && refused.err.contains("needs a health check"))
            let wrong = swocker(
                "run", "--health-cmd", "true", "--on-unhealthy", "dance", "busybox", "true")
            #expect(wrong.code == 125 && wrong.err.contains("invalid action 'dance'"), "\(wrong)")
        }
    }

    /// `system restore`, `system shutdown`.
    @Suite struct RestoreTests {
        let swocker = Swocker()

        private func running() -> [String] {
            swocker("ps", "--format", "{{.Names}}").lines.sorted()
        }

        @Test func whatShouldRunRunsAgain() {
            for policy in ["no", "always", "unless-stopped", "on-failure"] {
                swocker.sleeper(policy, "--restart", policy)
            }
            swocker.sleeper("by-hand", "--restart", "unless-stopped")
            swocker.sleeper("always-by-hand", "--restart", "always")
            swocker("stop", "by-hand", "always-by-hand")
            swocker("create", "--name", "idle", "--restart", "always", "busybox", "true")
            #expect(swocker("system", "shutdown") == Outcome(0))
            #expect(running() == [])
            let restored = swocker("system", "restore")
            #expect(restored.code == 0, "\(restored)")
            #expect(restored.lines.sorted() == ["always", "always-by-hand", "unless-stopped"])
            #expect(running() == ["always", "always-by-hand", "unless-stopped"])
            #expect(swocker("system", "restore") == Outcome(0))
        }

        /// After a power cut: rows that say "running" by numbers of another boot, which now mean
        /// strangers, and nothing in the state directory.
        @Test func recordsOfAnEarlierBootAreNotBelieved() {
            swocker.sleeper("web", "--restart", "on-failure")
            let stranger = swocker.start("wait", "web")
            let pid = swocker.pid("web")
            for monitor in swocker.monitors { kill(monitor, SIGKILL) }
            kill(pid, SIGKILL)
            _ = stranger.wait()
            let ticks = text("/proc/\(getpid())/stat").split(separator: " ")[21]
            swocker.host(
                "sqlite3", "\(swocker.root)/state.db",
                "UPDATE containers SET boot = 1, status = 'running', pid = \(getpid()), "
                    + "pid_started = \(ticks), monitor = \(getpid()), monitor_started = \(ticks)")
            swocker.host("rm", "-rf", swocker.state)
            #expect(swocker("system", "restore").lines == ["web"])
            #expect(swocker.inspect("web", "{{.State.Status}}") == "running")
            #expect(swocker.pid("web") != getpid())
        }

        @Test func oneLinePerFailure() {
            make(swocker.path("file"), "")
            swocker(
                "run", "-d", "--restart", "always", "--name", "bad", "-v",
                "\(swocker.path("file")):/f", "busybox", "sleep", "100")
            swocker("system", "shutdown")
            swocker.host("rm", swocker.path("file"))
            let restored = swocker("system", "restore")
            #expect(restored.code == 1 && restored.out == "", "\(restored)")
            #expect(
                restored.err.hasPrefix("bad: ") && restored.err.split(separator: "\n").count == 1)
        }
    }
}
