// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// What `--log-driver` and `--log-opt` say, and logs that others write, rotate and clear.
    @Suite struct LogDriverTests {
        let swocker = Swocker()

        /// Starts a container called `log` that runs `script`.
        private func start(_ script: String, _ options: [String]) {
            let words = ["run", "-d", "--name", "log"] + options
            let outcome = swocker(words + ["busybox", "sh", "-c", script])
            #expect(outcome.code == 0, "\(outcome)")
        }

        @Test func dockersFormat() {
            start(
                "echo one; sleep 0.2; printf 't\\303o <&> \\t' >&2",
                [
                    "--log-driver", "json-file", "--label", "a=1", "-e", "B=2", "--log-opt",
                    "labels=a,none", "--log-opt", "env=B", "--log-opt", "tag={{.Name}}",
                ])
            #expect(swocker("wait", "log").line == "0")
            let path = swocker.inspect("log", "{{.LogPath}}")
            let id = swocker.inspect("log", "{{.Id}}")
            #expect(path.hasSuffix("/containers/\(id)/\(id)-json.log"))
            let lines = text(path).split(separator: "\n")
            let attributes = #""attrs":{"B":"2","a":"1","tag":"log"},"time":""#
            #expect(lines.count == 2)
            #expect(lines[0].hasPrefix(#"{"log":"one\n","stream":"stdout","# + attributes))
            #expect(
                lines[1].hasPrefix(
                    #"{"log":"t\ufffdo \u003c\u0026\u003e \u0009","stream":"stderr","#
                        + attributes))
            #expect(
                swocker("logs", "log") == Outcome(0, out: "one\n", err: "t\u{FFFD}o <&> \t"))
            #expect(swocker("logs", "--details", "-n", "2", "log").out == "B=2,a=1,tag=log one\n")
        }

        @Test(arguments: ["local", "json-file"])
        func followingThroughRotation(_ driver: String) {
            start(
                "i=0; while [ $i -lt 4000 ]; do echo $i; i=$((i+1)); done; sleep 0.3; echo end",
                [
                    "--log-driver", driver, "--log-opt", "max-size=8k", "--log-opt",
                    "max-file=1000",
                ])
            let expected = (0..<4000).map { "\($0)\n" }.joined() + "end\n"
            #expect(swocker("logs", "-f", "log").out == expected)
            #expect(swocker("logs", "log").out == expected)
            #expect(swocker("logs", "-n", "2", "log").out == "3999\nend\n")
        }

        @Test(arguments: ["local", "json-file"])
        func clearingWhileFollowing(_ driver: String) {
            start(
                "echo before; while [ ! -e /go ]; do sleep 0.05; done; echo after",
                ["--log-driver", driver])
            let follower = swocker.start("logs", "-f", "log")
            #expect(follower.collect(seconds: 10) { $0.out == "before\n" })
            #expect(swocker("logs", "--clear", "log") == Outcome(0))
            #expect(swocker("logs", "log") == Outcome(0))
            #expect(swocker("exec", "log", "touch", "/go").code == 0)
            #expect(follower.wait().out == "before\nafter\n")
            #expect(swocker("logs", "log").out == "after\n")
        }

        /// A monitor that is killed in the middle of a write leaves a log that can be read and
        /// that the next one continues. Only the line that it was killed in may be cut.
        @Test(arguments: ["local", "json-file"])
        func killedMonitor(_ driver: String) {
            start(
                "yes 0123456789",
                ["--log-driver", driver, "--log-opt", "max-size=8m", "--log-opt", "max-file=9"])
            var former = 0
            for round in 1...5 {
                rest(milliseconds: 40)
                for monitor in swocker.monitors { kill(monitor, SIGKILL) }
                // Its output has no reader any more: it may end before it is killed.
                let killed = swocker("kill", "log")
                #expect(killed.code == 0 || killed.err.contains("is not running"), "\(killed)")
                #expect(eventually { swocker.inspect("log", "{{.State.Running}}") == "false" })
                let count = lines("")
                #expect(count > former || count > 100_000, "round \(round): \(count) lines")
                former = count
                #expect(lines("-vx 0123456789") <= round + 1)
                #expect(swocker("start", "log").code == 0)
            }
            swocker("rm", "-f", "log")
        }

        /// How many lines of the log grep(1) finds; the whole of it is too long to be held here.
        private func lines(_ options: String) -> Int {
            let pattern = options.isEmpty ? "''" : options
            let answer = swocker.host(
                "sh", "-c", "\(Swocker.program) logs log | grep -a -c \(pattern)")
            return Int(answer.line) ?? -1
        }

        @Test func nonBlocking() {
            start(
                "seq 1 2000; echo error >&2",
                ["--log-opt", "mode=non-blocking", "--log-opt", "max-buffer-size=4m"])
            #expect(swocker("wait", "log").line == "0")
            let expected = (1...2000).map { "\($0)\n" }.joined()
            #expect(swocker("logs", "log") == Outcome(0, out: expected, err: "error\n"))
        }

        @Test func conflictingClear() {
            #expect(swocker("logs", "--clear", "-f", "log").code == 1)
            let none = swocker("logs", "--clear", "log")
            #expect(none.code == 1 && none.err.contains("No such container: log"))
        }

        @Test func unknownOptions() {
            let outcome = swocker("run", "--log-opt", "nope=1", "busybox", "true")
            #expect(outcome.code == 125, "\(outcome)")
            #expect(outcome.err.contains("unknown log opt 'nope' for log driver local"))
            #expect(swocker("ps", "-aq") == Outcome(0))
        }
    }
}
