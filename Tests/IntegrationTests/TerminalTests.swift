// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// `-it`, as fingers and eyes have it.
    @Suite struct TerminalTests {
        let swocker = Swocker()

        @Test func aShell() {
            let session = swocker.terminal("run", "-it", "--rm", "busybox", "sh")
            session.expect("# ")
            session.type("echo 4$((1+1)); tty; exit 5\n")
            let outcome = session.wait()
            #expect(outcome.code == 5, "\(outcome)")
            #expect(outcome.out.contains("42\r\n") && outcome.out.contains("/dev/"), "\(outcome)")
            #expect(session.echoes, "the terminal was left raw")
        }

        @Test func endOfInput() {
            let session = swocker.terminal("run", "-it", "--rm", "busybox", "sh")
            session.expect("# ")
            session.type("\u{4}")
            #expect(session.wait().code == 0)
        }

        @Test func size() {
            let session = swocker.terminal("run", "-it", "--rm", "busybox", "sh")
            session.expect("# ")
            session.type("stty size\n")
            session.expect("24 80")
            session.resize(rows: 40, columns: 100)
            rest(milliseconds: 200)
            session.type("stty size; exit\n")
            session.expect("40 100")
            #expect(session.wait().code == 0)
        }

        @Test func interruptGoesToTheForegroundProcess() {
            let session = swocker.terminal("run", "-it", "--rm", "busybox", "sh")
            session.expect("# ")
            session.type("sleep 100\n")
            rest(milliseconds: 300)
            session.type("\u{3}")
            rest(milliseconds: 100)
            session.type("echo code $?; exit\n")
            session.expect("code 130")
            #expect(session.wait().code == 0)
        }

        @Test func processOneIgnoresAnInterrupt() {
            let session = swocker.terminal(
                "run", "-it", "--name", "deaf", "busybox", "sleep", "100")
            #expect(eventually { swocker("ps", "-q").out != "" })
            rest(milliseconds: 300)
            session.type("\u{3}")
            rest(milliseconds: 300)
            #expect(session.isRunning)
            #expect(swocker("kill", "deaf").code == 0)
            #expect(session.wait().code == 137)
        }

        @Test func leavingAndComingBack() {
            let session = swocker.terminal("run", "-it", "--name", "back", "busybox", "sh")
            session.expect("# ")
            session.type("mark=here\n")
            rest(milliseconds: 100)
            session.type("\u{10}\u{11}")
            #expect(session.wait().code == 0)
            #expect(session.echoes, "the terminal was left raw")
            #expect(swocker.inspect("back", "{{.State.Status}}") == "running")

            let again = swocker.terminal("attach", "back")
            rest(milliseconds: 200)
            again.type("echo still $mark\n")
            again.expect("still here")
            again.type("\u{10}\u{11}")
            let left = again.wait()
            #expect(left.code == 1 && left.out.contains("read escape sequence"), "\(left)")

            let last = swocker.terminal("attach", "back")
            rest(milliseconds: 200)
            last.type("exit 8\n")
            #expect(last.wait().code == 8)
        }

        @Test func otherDetachKeys() {
            let session = swocker.terminal(
                "run", "-it", "--detach-keys", "ctrl-a,x", "--name", "keys", "busybox", "sh")
            session.expect("# ")
            session.type("\u{1}x")
            #expect(session.wait().code == 0)
            #expect(swocker.inspect("keys", "{{.State.Status}}") == "running")
            let bad = swocker("run", "-it", "--detach-keys", "ctrl-ä", "busybox")
            #expect(bad.code == 1, "\(bad)")
        }

        @Test func noTerminalToOffer() {
            let outcome = swocker("run", "--rm", "-it", "busybox", "true")
            #expect(outcome.code == 1, "\(outcome)")
            #expect(
                outcome.err.contains("the input device is not a TTY")
                    || outcome.err.contains("stdin is not a terminal"), "\(outcome)")
        }

        @Test func aTerminalWithoutInput() {
            let outcome = swocker("run", "--rm", "-t", "busybox", "sh", "-c", "echo a; echo b >&2")
            #expect(outcome == Outcome(0, out: "a\r\nb\r\n"))
        }

        @Test func theContainersTerminalIsItsOwn() {
            let session = swocker.terminal(
                "run", "-it", "--rm", "busybox", "sh", "-c",
                "readlink /proc/self/fd/0; ls /dev/pts; test -c /dev/console && echo console")
            let outcome = session.wait()
            #expect(outcome.code == 0 && outcome.out.contains("/dev/pts/0"), "\(outcome)")
            #expect(outcome.out.contains("console"), "\(outcome)")
        }

        @Test func execAtATerminal() {
            swocker.sleeper("host")
            let session = swocker.terminal("exec", "-it", "host", "sh")
            session.expect("# ")
            session.type("stty size; tty; exit 3\n")
            session.expect("24 80")
            #expect(session.wait().code == 3)
        }

        @Test func logsOfATerminal() {
            let session = swocker.terminal("run", "-it", "--name", "tl", "busybox", "echo", "seen")
            #expect(session.wait().code == 0)
            #expect(swocker("logs", "tl") == Outcome(0, out: "seen\r\n"))
        }
    }
}
