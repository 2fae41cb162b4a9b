// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// create, start, stop, kill, wait, rm.
    @Suite struct LifecycleTests {
        let swocker = Swocker()

        private func status(_ name: String) -> String { swocker.inspect(name, "{{.State.Status}}") }

        @Test func fromCreateToRemoval() {
            let created = swocker(
                "create", "--name", "life", "busybox", "sh", "-c", "echo ran; exit 4")
            #expect(created.code == 0 && created.out.utf8.count == 65, "\(created)")
            #expect(status("life") == "created")
            #expect(swocker("start", "-a", "life") == Outcome(4, out: "ran\n"))
            #expect(swocker.inspect("life", "{{.State.Status}} {{.State.ExitCode}}") == "exited 4")
            #expect(swocker("start", "-a", "life") == Outcome(4, out: "ran\n"))
            #expect(swocker("logs", "life") == Outcome(0, out: "ran\nran\n"))
            #expect(swocker("wait", "life") == Outcome(0, out: "4\n"))
            #expect(swocker("rm", "life") == Outcome(0, out: "life\n"))
            let gone = swocker("start", "life")
            #expect(gone.code == 1 && gone.err.contains("No such container: life"), "\(gone)")
        }

        @Test func writesSurviveARestart() {
            swocker("create", "--name", "keep", "busybox", "sh", "-c", "cat /f; echo x >> /f")
            #expect(swocker("start", "-a", "keep").err.contains("No such file"))
            #expect(swocker("start", "-a", "keep") == Outcome(0, out: "x\n"))
        }

        @Test func startEchoesWhatWasTyped() {
            swocker("create", "--name", "one", "busybox", "sleep", "100")
            let id = swocker("create", "--name", "two", "busybox", "sleep", "100").line
            let prefix = String(id.prefix(12))
            #expect(swocker("start", "one", prefix) == Outcome(0, out: "one\n\(prefix)\n"))
            #expect(swocker("start", "one") == Outcome(0, out: "one\n"))
            let mixed = swocker("start", "one", "nosuch")
            #expect(mixed.code == 1 && mixed.out == "one\n", "\(mixed)")
            #expect(mixed.err.contains("No such container: nosuch"), "\(mixed)")
            #expect(mixed.err.contains("failed to start containers: nosuch"), "\(mixed)")
        }

        @Test func stop() {
            swocker.sleeper("nice")
            #expect(swocker("stop", "nice") == Outcome(0, out: "nice\n"))
            #expect(swocker.inspect("nice", "{{.State.Status}} {{.State.ExitCode}}") == "exited 0")
            #expect(swocker("stop", "nice") == Outcome(0, out: "nice\n"))
            swocker("run", "-d", "--name", "deaf", "busybox", "sleep", "100")
            let begin = now()
            #expect(swocker("stop", "-t", "1", "deaf") == Outcome(0, out: "deaf\n"))
            #expect(now() - begin > 0.9 && now() - begin < 5 * patience)
            #expect(swocker.inspect("deaf", "{{.State.ExitCode}}") == "137")
        }

        @Test func severalAreStoppedTogether() {
            for name in ["d1", "d2", "d3"] {
                swocker("run", "-d", "--name", name, "busybox", "sleep", "100")
            }
            let begin = now()
            #expect(swocker("stop", "-t", "1", "d1", "d2", "d3") == Outcome(0, out: "d1\nd2\nd3\n"))
            #expect(now() - begin < 2.5 * patience)
        }

        @Test(arguments: [("KILL", "137"), ("9", "137"), ("SIGTERM", "0"), ("term", "0")])
        func kill(_ signal: String, endsWith code: String) {
            swocker.sleeper("victim")
            rest(milliseconds: 100)
            #expect(swocker("kill", "-s", signal, "victim") == Outcome(0, out: "victim\n"))
            #expect(swocker("wait", "victim").line == code)
        }

        @Test func killOfWhatDoesNotRun() {
            let id = swocker("create", "--name", "idle", "busybox").line
            let outcome = swocker("kill", "idle")
            #expect(outcome.code == 1, "\(outcome)")
            #expect(
                outcome.err.contains("annot kill container: idle: ")
                    && outcome.err.contains("ontainer \(id) is not running"), "\(outcome)")
            let signal = swocker("kill", "-s", "FOO", "idle")
            #expect(signal.code == 1 && signal.err.contains("nvalid signal: FOO"), "\(signal)")
        }

        @Test func removal() {
            swocker.sleeper("busy")
            let refused = swocker("rm", "busy")
            #expect(refused.code == 1 && refused.out == "", "\(refused)")
            #expect(
                refused.err.contains(
                    "cannot remove container \"busy\": container is running: stop the container "
                        + "before removing or force remove"), "\(refused)")
            #expect(swocker("rm", "-f", "busy") == Outcome(0, out: "busy\n"))
            let missing = swocker("rm", "busy")
            #expect(missing.code == 1 && missing.err.contains("No such container: busy"))
            #expect(swocker("rm", "-f", "busy").code == 0)
        }

        @Test func waitReturnsWhenTheContainerEnds() {
            swocker("run", "-d", "--name", "brief", "busybox", "sh", "-c", "sleep 0.3; exit 9")
            swocker("run", "-d", "--name", "other", "busybox", "false")
            #expect(swocker("wait", "brief", "other") == Outcome(0, out: "9\n1\n"))
            #expect(swocker("wait", "nosuch").code == 1)
        }

        @Test func anExecutableThatVanishesMakesStartFail() {
            swocker("create", "--name", "bad", "busybox", "nosuch")
            let outcome = swocker("start", "bad")
            #expect(outcome.code == 1 && outcome.err.contains("executable file not found"))
        }

        @Test func attachSeesOutputAndTheExitCode() {
            swocker(
                "run", "-d", "--name", "talk", "busybox", "sh", "-c",
                "trap 'echo bye; exit 6' USR1; while :; do sleep 0.05; done")
            let attached = swocker.start("attach", "talk")
            rest(milliseconds: 200)
            swocker("kill", "-s", "USR1", "talk")
            #expect(attached.wait() == Outcome(6, out: "bye\n"))
            let stopped = swocker("attach", "talk")
            #expect(stopped.code == 1, "\(stopped)")
            #expect(stopped.err.contains("annot attach to a stopped container"), "\(stopped)")
        }

        @Test func inputReachesAnAttachedContainer() {
            swocker("create", "-i", "--name", "in", "busybox", "cat")
            let outcome = swocker("start", "-a", "-i", "in", input: .text("typed\n"))
            #expect(outcome == Outcome(0, out: "typed\n"))
        }

        @Test(arguments: [SIGTERM, SIGINT, SIGHUP, SIGUSR1])
        func signalsReachTheContainer(_ signal: CInt) {
            let script =
                "for s in TERM INT HUP USR1; do trap \"echo $s; exit 3\" $s; done; echo ready; "
                + "while :; do sleep 0.05; done"
            let client = swocker.start("run", "--rm", "busybox", "sh", "-c", script)
            #expect(client.collect(seconds: 10) { $0.out.contains("ready") })
            client.send(signal: signal)
            let outcome = client.wait()
            #expect(outcome.code == 3 && outcome.lines.count == 2, "\(outcome)")
        }

        @Test func aReaderThatLeavesEarlyEndsTheClient() {
            let client = swocker.start("run", "--rm", "--name", "yes", "busybox", "yes")
            #expect(client.collect(seconds: 10) { $0.out.contains("y") })
            client.closeOutput()
            #expect(eventually(seconds: 10) { !client.isRunning }, "the client kept running")
        }

        @Test func aPipeToHead() {
            let outcome = swocker.host(
                "timeout", "20", "sh", "-c",
                "\(Swocker.program) run --rm busybox seq 1 100000 | head -n 1")
            #expect(outcome.out == "1\n", "\(outcome)")
        }
    }
}
