// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    @Suite struct ExecTests {
        let swocker = Swocker()

        @Test(arguments: [
            ("true", 0), ("false", 1), ("nosuch", 127), ("/etc/passwd", 126),
        ])
        func exitCode(_ command: String, is code: Int32) {
            swocker.sleeper("target")
            #expect(swocker("exec", "target", command).code == code)
        }

        @Test func streams() {
            swocker.sleeper("target")
            let outcome = swocker("exec", "target", "sh", "-c", "echo out; echo err >&2; exit 3")
            #expect(outcome == Outcome(3, out: "out\n", err: "err\n"))
            let input = swocker("exec", "-i", "target", "cat", input: .text("typed"))
            #expect(input == Outcome(0, out: "typed"))
            #expect(swocker("exec", "target", "cat", input: .text("typed")) == Outcome(0))
        }

        @Test func environmentUserAndDirectory() {
            swocker.sleeper("target", "-e", "A=1", "-w", "/tmp", "-u", "nobody")
            let plain = swocker("exec", "target", "sh", "-c", "pwd; id -un; echo $A$B")
            #expect(plain == Outcome(0, out: "/tmp\nnobody\n1\n"))
            let other = swocker(
                "exec", "-e", "B=2", "-u", "www-data:mail", "-w", "/etc", "target", "sh", "-c",
                "pwd; id -un; id -gn; echo $A$B")
            #expect(other == Outcome(0, out: "/etc\nwww-data\nmail\n12\n"))
        }

        @Test func sharesTheContainer() {
            swocker.sleeper("target")
            #expect(swocker("exec", "target", "sh", "-c", "echo x > /made").code == 0)
            #expect(swocker("exec", "target", "cat", "/made").out == "x\n")
            for kind in ["pid", "net", "mnt", "uts", "ipc", "cgroup", "user"] {
                let both = swocker(
                    "exec", "target", "sh", "-c",
                    "readlink /proc/1/ns/\(kind); readlink /proc/self/ns/\(kind)")
                #expect(Set(both.lines).count == 1 && both.lines.count == 2, "\(kind): \(both)")
            }
            let cgroup = swocker(
                "exec", "target", "sh", "-c", "cmp /proc/1/cgroup /proc/self/cgroup && echo same")
            #expect(cgroup.out == "same\n", "\(cgroup)")
        }

        @Test func asConfinedAsTheContainer() {
            swocker.sleeper("target", "--cap-drop", "CHOWN")
            let fields = "grep -E 'Cap|NoNewPrivs|Seccomp:' /proc/self/status"
            let inside = swocker("exec", "target", "sh", "-c", fields)
            let first = swocker("exec", "target", "sh", "-c", fields.replacing("self", with: "1"))
            #expect(inside.code == 0 && inside.lines.count == 7, "\(inside)")
            #expect(inside.out == first.out)
            let wide = swocker(
                "exec", "--privileged", "target", "sh", "-c", "grep CapEff /proc/self/status")
            #expect(wide.out.contains("ffffffff"), "\(wide)")
        }

        @Test func whatDoesNotRun() {
            let id = swocker("create", "--name", "idle", "busybox").line
            let stopped = swocker("exec", "idle", "true")
            #expect(stopped.code == 1, "\(stopped)")
            #expect(stopped.err.contains("ontainer \(id) is not running"), "\(stopped)")
            let missing = swocker("exec", "nosuch", "true")
            #expect(missing.code == 1 && missing.err.contains("No such container: nosuch"))
        }

        @Test func detached() {
            swocker.sleeper("target")
            let outcome = swocker("exec", "-d", "target", "sh", "-c", "sleep 0.2; echo x > /done")
            #expect(outcome == Outcome(0))
            #expect(eventually { swocker("exec", "target", "cat", "/done").out == "x\n" })
        }

        @Test func missingDirectoryAndUser() {
            swocker.sleeper("target")
            #expect(swocker("exec", "-w", "/nosuch", "target", "true").code == 127)
            #expect(swocker("exec", "-u", "nosuch", "target", "true").code == 126)
        }

        @Test func largeOutput() {
            swocker.sleeper("target")
            let outcome = swocker("exec", "target", "seq", "1", "300000")
            #expect(outcome.code == 0 && outcome.out.hasSuffix("299999\n300000\n"))
            #expect(outcome.out.utf8.count == 1988895)
        }

        @Test func endsWithTheContainer() {
            swocker.sleeper("target")
            let client = swocker.start("exec", "target", "sleep", "100")
            rest(milliseconds: 200)
            swocker("kill", "target")
            #expect(client.wait(seconds: 10).code == 137)
        }
    }
}

extension String {
    /// The text with every `old` made `new`.
    func replacing(_ old: String, with new: String) -> String {
        split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
    }
}
