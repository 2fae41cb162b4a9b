// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// Many containers, many commands at a time, much output.
    @Suite struct ScaleTests {
        let swocker = Swocker()

        /// Runs one command and gives its outcome and how long it took, in seconds.
        private func timed(_ line: String) -> (outcome: Outcome, seconds: Double) {
            let begin = now()
            return (swocker(words(line)), now() - begin)
        }

        /// Many containers, a fifth of which run: what a user types stays interactive. A thousand are a
        /// matter of minutes: SWOCKER_TEST_CONTAINERS=1000.
        @Test func manyContainers() {
            let wanted = getenv("SWOCKER_TEST_CONTAINERS").flatMap { Int(String(cString: $0)) }
            let created = wanted ?? 200
            let running = created / 5
            let made = swocker.host(
                "sh", "-c",
                "seq \(created) | xargs -P 4 -I N \(Swocker.program) create --name cN "
                    + "--network none busybox sleep 1000 >/dev/null", seconds: 300)
            #expect(made == Outcome(0), "\(made)")
            let started = swocker.host(
                "sh", "-c", "seq -f c%g \(running) | xargs -P 4 -n 20 \(Swocker.program) start",
                seconds: 300)
            #expect(started.code == 0 && started.lines.count == running, "\(started)")
            #expect(swocker("ps", "-aq").lines.count == created)
            #expect(swocker("ps", "-q").lines.count == running)
            for command in [
                "ps", "ps -a", "inspect c7", "inspect c\(created)", "exec c7 true", "logs c7",
                "top c7", "stats --no-stream", "run --rm --network none busybox true",
                "restart -t 0 c9",
                "rm -f c8", "rm c\(created - 1)",
            ] {
                let (outcome, seconds) = timed(command)
                #expect(outcome.code == 0, "\(command): \(outcome)")
                #expect(seconds < 2 * patience, "\(command) took \(seconds) s")
            }
            let all = swocker("ps", "-aq").lines
            #expect(all.count == created - 2)
            let removed = swocker(["rm", "-f"] + all, seconds: 300)
            #expect(removed.code == 0 && removed.lines.count == all.count, "\(removed.err)")
        }

        /// Eight loops create and remove; whoever looks is answered.
        @Test func whoLooksIsAnswered() {
            let loop =
                "while [ ! -e \(swocker.path("enough")) ]; do "
                + "id=$(\(Swocker.program) create busybox) && \(Swocker.program) rm $id || exit 1; done"
            let loops = (0..<8).map { _ in
                ChildProcess(["sh", "-c", loop], swocker.surroundings())
            }
            for _ in 0..<20 {
                for command in ["ps -a", "ps -q", "volume ls"] {
                    let (outcome, seconds) = timed(command)
                    #expect(outcome.code == 0 && outcome.err == "", "\(command): \(outcome)")
                    #expect(seconds < 5 * patience, "\(command) took \(seconds) s")
                }
            }
            swocker.host("touch", swocker.path("enough"))
            for child in loops {
                let outcome = child.wait()
                #expect(outcome.code == 0 && outcome.err == "", "\(outcome.err)")
            }
            #expect(swocker("ps", "-aq") == Outcome(0))
        }

        /// Who waits for a process keeps nobody else waiting.
        @Test func noLockIsHeldForAProcess() {
            swocker(
                "run", "-d", "--name", "deaf", "busybox", "sh", "-c", "trap '' TERM; yes >/tmp/x")
            swocker("exec", "deaf", "true")
            let waiting = ["stop -t 600 deaf", "wait deaf", "attach deaf", "logs -f deaf"]
                .map { swocker.start(words($0)) }
            #expect(
                eventually {
                    swocker("events", "--since", "1h", "--until", "0s").out.contains(" kill ")
                })
            for command in [
                "ps -a", "inspect deaf", "exec deaf true", "rename deaf still", "top still",
                "pause still", "unpause still", "update --cpus 1 still", "logs still",
                "cp still:/etc/passwd -", "diff still", "create --name other busybox", "rm other",
                "run --rm busybox true", "stats --no-stream still", "kill still",
            ] {
                let (outcome, seconds) = timed(command)
                #expect(outcome.code == 0, "\(command): \(outcome)")
                #expect(seconds < 10 * patience, "\(command) took \(seconds) s")
            }
            for client in waiting { _ = client.wait() }
        }

        /// A container that prints as fast as it can, to readers that do not read.
        @Test(arguments: ["local", "json-file", "none"])
        func theMonitorStaysSmall(_ driver: String) {
            let limit = driver == "none" ? [] : ["--log-opt", "max-size=1m"]
            let first = swocker.start(
                ["run", "--name", "flood", "--log-driver", driver] + limit
                    + ["busybox", "yes", "a line of output that is neither long nor short"])
            #expect(first.collect(seconds: 10) { !$0.out.isEmpty })
            var stuck = (0..<20).map { _ in swocker.start("attach", "flood") }
            if driver != "none" { stuck.append(swocker.start("logs", "-f", "flood")) }
            let monitor = swocker.monitors.first ?? .max
            var most = memory(of: monitor)
            for _ in 0..<25 {
                first.collect(seconds: 0.02)  // it reads a little, and so the container goes on
                most = max(most, memory(of: monitor))
            }
            #expect((1...2048).contains(most), "\(most) KiB")
            #expect(swocker("kill", "flood").code == 0)
            for client in stuck + [first] { client.send(signal: SIGKILL) }
            #expect(eventually { swocker.inspect("flood", "{{.State.ExitCode}}") == "137" })
        }

        /// KiB of memory that a process has for itself.
        private func memory(of pid: pid_t) -> Int {
            let rollup = text("/proc/\(pid)/smaps_rollup")
            let line = rollup.split(separator: "\n").first { $0.hasPrefix("Private_Dirty:") }
            return Int(line?.split(separator: " ").dropFirst().first ?? "") ?? -1
        }
    }
}
