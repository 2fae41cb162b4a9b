// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// pause, unpause, restart.
    @Suite struct PauseTests {
        let swocker = Swocker()

        private func status(_ name: String) -> String { swocker.inspect(name, "{{.State.Status}}") }

        @Test func pauseStopsAndUnpauseContinues() {
            swocker(
                "run", "-d", "--name", "tick", "busybox", "sh", "-c",
                "while :; do echo tick; sleep 0.02; done")
            #expect(swocker("pause", "tick") == Outcome(0, out: "tick\n"))
            #expect(
                swocker.inspect("tick", "{{.State.Status}} {{.State.Paused}} {{.State.Running}}")
                    == "paused true true")
            #expect(swocker("ps", "--format", "{{.Status}}").line.hasSuffix("(Paused)"))
            let before = swocker("logs", "tick").lines.count
            rest(milliseconds: 200)
            #expect(swocker("logs", "tick").lines.count - before <= 1)
            #expect(swocker("unpause", "tick") == Outcome(0, out: "tick\n"))
            #expect(eventually { swocker("logs", "tick").lines.count > before + 3 })
        }

        @Test func whatAPausedContainerRefuses() {
            let id = swocker.sleeper("ice")
            let idle = swocker("create", "--name", "idle", "busybox").line
            swocker("pause", "ice")
            let refusals: [([String], String)] = [
                (["pause", "ice"], "ontainer \(id) is already paused"),
                (["pause", "idle"], "ontainer \(idle) is not running"),
                (["unpause", "idle"], "ontainer \(idle) is not paused"),
                (["exec", "ice", "true"], "ice is paused, unpause the container before exec"),
                (["attach", "ice"], "annot attach to a paused container, unpause it first"),
                (["rm", "ice"], "container is paused and must be unpaused first"),
                (["start", "ice"], "cannot start a paused container, try unpause instead"),
                (["pause", "nosuch"], "No such container: nosuch"),
            ]
            for (arguments, words) in refusals {
                let outcome = swocker(arguments)
                #expect(outcome.code == 1 && outcome.err.contains(words), "\(outcome)")
            }
            #expect(status("ice") == "paused")
        }

        @Test(arguments: ["stop", "kill", "restart", "rm -f"])
        func aPausedContainerCanBeEnded(_ command: String) {
            swocker.sleeper("ice")
            swocker("pause", "ice")
            let begin = now()
            #expect(swocker(words(command) + ["ice"]) == Outcome(0, out: "ice\n"))
            #expect(now() - begin < 5 * patience)
            switch command {
            case "restart": #expect(status("ice") == "running")
            case "rm -f": #expect(swocker("ps", "-aq") == Outcome(0))
            default: #expect(eventually { status("ice") == "exited" })
            }
        }

        @Test func restart() {
            swocker(
                "create", "--name", "again", "busybox", "sh", "-c",
                "trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done")
            #expect(swocker("restart", "again") == Outcome(0, out: "again\n"))
            #expect(eventually { swocker("logs", "again").lines == ["up"] })
            let first = swocker.pid("again")
            #expect(swocker("restart", "-t", "5", "again").code == 0)
            #expect(swocker.pid("again") != first && kill(first, 0) == -1)
            #expect(eventually { swocker("logs", "again").lines == ["up", "up"] })
            let several = swocker("restart", "again", "nosuch", "again")
            #expect(several.code == 1 && several.lines == ["again", "again"], "\(several)")
            #expect(several.err.contains("No such container: nosuch"))
        }

        @Test func restartWithASignalAndWithoutPatience() {
            swocker(
                "run", "-d", "--name", "deaf", "busybox", "sh", "-c",
                "trap 'echo usr1' USR1; trap '' TERM; while :; do sleep 0.05; done")
            let begin = now()
            #expect(swocker("restart", "-s", "USR1", "-t", "1", "deaf").code == 0)
            #expect(now() - begin > 0.9 && now() - begin < 5 * patience)
            #expect(swocker("logs", "deaf").lines == ["usr1"])
            #expect(swocker("restart", "-t", "0", "deaf").code == 0)
            #expect(status("deaf") == "running")
        }

        /// Docker keeps a container with --rm through a restart; it goes with its next end.
        @Test func restartKeepsWhatRemovesItself() {
            swocker.sleeper("brief", "--rm")
            #expect(swocker("restart", "brief").code == 0)
            #expect(status("brief") == "running")
            #expect(swocker("stop", "brief").code == 0)
            #expect(eventually { swocker("ps", "-aq") == Outcome(0) })
        }
    }
}
