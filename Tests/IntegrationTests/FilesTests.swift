// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// What containers leave in their files: diff, export.
    @Suite struct FilesTests {
        let swocker = Swocker()

        private func changed(_ name: String) {
            let outcome = swocker(
                "run", "--name", name, "-v", "/data", "busybox", "sh", "-c",
                "echo x > /etc/new; rm /etc/shadow; mkdir -p /a/b; echo y > /a/b/c; ln -s /etc /l; "
                    + "chown 1000:1001 /a/b/c; touch /data/v; echo z > /dev/shm/z; chmod 711 /root")
            #expect(outcome.code == 0, "\(outcome)")
        }

        @Test func diff() {
            changed("one")
            let outcome = swocker("diff", "one")
            #expect(
                outcome.lines == [
                    "A /a", "A /a/b", "A /a/b/c", "A /data", "C /etc", "A /etc/new",
                    "D /etc/shadow", "A /l", "C /root",
                ], "\(outcome)")
            #expect(swocker("container", "diff", "one") == outcome)
            swocker("create", "--name", "fresh", "busybox")
            #expect(swocker("diff", "fresh") == Outcome(0))
        }

        @Test func exportWhileItRunsAndAfter() {
            changed("one")
            #expect(swocker("export", "-o", swocker.path("one.tar"), "one").code == 0)
            let list = swocker.host("tar", "--numeric-owner", "-tvf", swocker.path("one.tar"))
            #expect(list.code == 0, "\(list)")
            let lines = list.lines
            #expect(
                lines.contains { $0.contains("1000/1001") && $0.hasSuffix(" a/b/c") }, "\(list)")
            #expect(lines.contains { $0.contains(" 0/0 ") && $0.hasSuffix(" etc/passwd") })
            #expect(!lines.contains { $0.hasSuffix(" etc/shadow") || $0.hasSuffix("data/v") })
            var status = stat()
            #expect(stat(swocker.path("one.tar"), &status) == 0 && status.st_mode & 0o777 == 0o600)
            swocker.sleeper("two")
            swocker("exec", "two", "sh", "-c", "echo hi > /hi; ln /hi /hi2")
            let script = "'\(Swocker.program)' export two | tar -x --to-stdout hi"
            #expect(swocker.host("sh", "-c", script).out == "hi\n")
        }

        @Test func exportRefusals() {
            swocker("create", "--name", "one", "busybox")
            let session = swocker.terminal("export", "one")
            #expect(
                session.wait().out.contains(
                    "cowardly refusing to save to a terminal. Use the -o flag or redirect"))
            #expect(
                swocker("export", "none")
                    == Outcome(1, err: "Error response from daemon: No such container: none\n"))
            let nowhere = swocker("export", "-o", "/nonexistent/x", "one")
            #expect(nowhere.code == 1 && nowhere.err.contains("does not exist"), "\(nowhere)")
            let full = swocker("export", "-o", "/dev/full", "one")
            #expect(full.code == 1 && full.err.contains("got a device"), "\(full)")
        }
    }
}
