// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux
import Testing

extension TheProgram {
    /// Images out of containers and of tars: commit, import.
    @Suite struct CommitTests {
        let swocker = Swocker()

        @Test(arguments: ["true", "false"])
        func commits(_ pause: String) {
            swocker.sleeper("one", "-e", "A=1", "-v", "/data")
            swocker(
                "exec", "one", "sh", "-c",
                "echo new > /new; chown 5:6 /new; rm /etc/shadow; touch /data/v; rm -r /root; "
                    + "mkdir /root; touch /root/r; ln /new /new2")
            let made = swocker(
                "commit", "--pause=\(pause)", "-a", "me", "-m", "why", "-c", "ENV P=$A:x Q=\"a b\"",
                "-c", "CMD [\"cat\", \"/new\"]", "one", "mine:2")
            #expect(made.code == 0 && made.line.hasPrefix("sha256:"), "\(made)")
            #expect(swocker("ps", "--format", "{{.State}}").line == "running")
            #expect(swocker("run", "--rm", "mine:2") == Outcome(0, out: "new\n"))
            let script =
                "stat -c %u:%g:%h /new; ls /etc/shadow; ls -A /root /data; echo $P,$Q"
            let seen = swocker("run", "--rm", "mine:2", "sh", "-c", script)
            #expect(seen.out == "5:6:2\n/data:\n\n/root:\nr\n1:x,a b\n", "\(seen)")
            #expect(
                swocker.inspect("mine:2", "{{.Author}} {{.Comment}} {{.Config.Cmd}}")
                    == "me why [cat /new]")
            #expect(swocker("history", "-q", "mine:2").lines.count == 2)
            let again = swocker("commit", "-c", "RUN x", "one")
            #expect(
                again
                    == Outcome(
                        1, err: "Error response from daemon: run is not a valid change command\n"))
        }

        @Test func otherProgramsReadIt() {
            swocker("run", "--name", "one", "busybox", "sh", "-c", "echo x > /etc/new")
            swocker("commit", "one", "mine")
            swocker("save", "-o", swocker.path("mine.tar"), "mine")
            guard isInstalled("skopeo") else { return }
            let inspected = swocker.host(
                "skopeo", "inspect", "--config", "oci-archive:\(swocker.path("mine.tar"))")
            #expect(inspected.code == 0 && inspected.out.contains("diff_ids"), "\(inspected)")
        }

        @Test func importsWhatWasExported() {
            swocker("run", "--name", "one", "busybox", "sh", "-c", "echo x > /new")
            swocker("export", "-o", swocker.path("one.tar"), "one")
            for (program, name) in [
                ("gzip", "gz"), ("xz", "xz"), ("zstd", "zst"), ("bzip2", "bz2"),
            ]
            where isInstalled(program) {
                let script =
                    "\(program) -c '\(swocker.path("one.tar"))' > '\(swocker.path(name))'"
                #expect(swocker.host("sh", "-c", script).code == 0)
                let made = swocker(
                    "import", "-c", "CMD cat /new", "-m", "flat", swocker.path(name), "flat:\(name)"
                )
                #expect(made.code == 0 && made.line.hasPrefix("sha256:"), "\(made)")
                #expect(swocker("run", "--rm", "flat:\(name)") == Outcome(0, out: "x\n"))
            }
            let piped = "'\(Swocker.program)' export one | '\(Swocker.program)' import -"
            #expect(swocker.host("sh", "-c", piped).out.hasPrefix("sha256:"))
        }

        /// SIGKILL in the middle leaves the container running and no image behind.
        @Test func aKilledCommitLetsGo() {
            swocker.sleeper("one")
            swocker(
                "exec", "one", "dd", "if=/dev/zero", "of=/big", "bs=1M", "count=64")
            for delay in [0.01, 0.05, 0.15] {
                let commit = swocker.start("commit", "one", "mine")
                usleep(UInt32(delay * 1_000_000))
                kill(commit.pid, SIGKILL)
                _ = commit.wait()
                #expect(
                    eventually(seconds: 5) {
                        swocker("ps", "--format", "{{.State}}").line == "running"
                    })
            }
            #expect(swocker("commit", "one", "mine").code == 0)
            #expect(swocker("run", "--rm", "mine", "stat", "-c", "%s", "/big").line == "67108864")
            #expect((try? names(in: "\(swocker.root)/content/ingest")) == [])
        }

        @Test func importRefusals() {
            make(swocker.path("junk"), "no tar at all\n")
            make(swocker.path("empty"), "")
            for (source, words) in [
                ("junk", "unknown archive format"), ("empty", "unexpected EOF"),
                ("missing", "no such file or directory"),
            ] {
                let outcome = swocker("import", swocker.path(source), "bad")
                #expect(outcome.code == 1 && outcome.err.contains(words), "\(outcome)")
            }
            #expect(swocker("import", "https://example.org/x.tar").err.contains("not supported"))
            #expect(swocker("images", "-q").lines.count == 1)
        }
    }
}
