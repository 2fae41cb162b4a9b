// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    @Suite struct LogTests {
        let swocker = Swocker()

        /// A container that has written and ended.
        private func written(_ script: String) {
            #expect(swocker("run", "-d", "--name", "log", "busybox", "sh", "-c", script).code == 0)
            #expect(swocker("wait", "log").code == 0)
        }

        @Test func bothStreams() {
            written("echo one; echo two >&2; printf three")
            #expect(swocker("logs", "log") == Outcome(0, out: "one\nthree", err: "two\n"))
        }

        @Test(arguments: [
            ("0", ""), ("1", "5\n"), ("3", "3\n4\n5\n"), ("9", "1\n2\n3\n4\n5\n"),
            ("all", "1\n2\n3\n4\n5\n"),
        ])
        func tail(_ count: String, shows lines: String) {
            written("seq 1 5")
            #expect(swocker("logs", "-n", count, "log") == Outcome(0, out: lines))
        }

        @Test func timestamps() {
            written("echo stamped")
            let line = swocker("logs", "-t", "log").line
            let parts = line.split(separator: " ")
            #expect(parts.count == 2 && parts.last == "stamped", "\(line)")
            let stamp = parts.first.map(String.init) ?? ""
            #expect(stamp.hasSuffix("Z") && stamp.contains("T") && stamp.contains("."), "\(line)")
        }

        @Test func sinceAndUntil() {
            written("echo early; sleep 1.2; echo late")
            #expect(swocker("logs", "--since", "1h", "log").out == "early\nlate\n")
            #expect(swocker("logs", "--until", "1h", "log").out == "")
            let late = swocker("logs", "-t", "-n", "1", "log").out.split(separator: " ")[0]
            #expect(swocker("logs", "--since", String(late), "log").out == "late\n")
            #expect(
                swocker("logs", "--until", String(late.prefix(19)) + "Z", "log").out == "early\n")
        }

        @Test func followEndsWithTheContainer() {
            swocker(
                "run", "-d", "--name", "log", "busybox", "sh", "-c",
                "for i in 1 2 3 4 5; do echo $i; sleep 0.1; done")
            #expect(swocker("logs", "-f", "log") == Outcome(0, out: "1\n2\n3\n4\n5\n"))
        }

        @Test func followEndsWithInterrupt() {
            swocker(
                "run", "-d", "--name", "log", "busybox", "sh", "-c",
                "echo begin; while :; do sleep 0.1; done")
            let follower = swocker.start("logs", "-f", "log")
            #expect(follower.collect(seconds: 10) { $0.out == "begin\n" })
            follower.send(signal: SIGINT)
            let code = follower.wait().code
            #expect(code == 130 || code == -SIGINT)
            #expect(swocker.inspect("log", "{{.State.Status}}") == "running")
        }

        @Test func aHundredThousandLines() {
            written("seq 1 100000")
            let all = swocker("logs", "log")
            #expect(
                all.code == 0 && all.out.utf8.count == 588895 && all.out.hasSuffix("\n100000\n"))
            #expect(swocker("logs", "-n", "2", "log").out == "99999\n100000\n")
        }

        @Test func longLinesAndOddBytes() {
            written(
                "head -c 300000 /dev/zero | tr '\\0' a; echo; printf 'a\\tb\\033[1m\\r\\n'; printf '\\303\\244\\n'"
            )
            let outcome = swocker("logs", "log")
            #expect(outcome.out.hasPrefix(String(repeating: "a", count: 300_000) + "\n"))
            #expect(outcome.out.hasSuffix("a\tb\u{1b}[1m\r\nä\n"))
        }

        @Test func noneCannotBeRead() {
            let quiet = swocker(
                "run", "--name", "log", "--log-driver", "none", "busybox", "echo", "hi")
            #expect(quiet == Outcome(0, out: "hi\n"))
            let outcome = swocker("logs", "log")
            #expect(outcome.code == 1, "\(outcome)")
            #expect(
                outcome.err.contains("configured logging driver does not support reading"),
                "\(outcome)")
        }

        @Test func missing() {
            let outcome = swocker("logs", "nosuch")
            #expect(outcome.code == 1 && outcome.err.contains("No such container: nosuch"))
        }
    }
}
