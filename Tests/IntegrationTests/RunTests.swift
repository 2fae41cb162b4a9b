// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// `run`: what comes out, and what the process inside finds.
    @Suite struct RunTests {
        let swocker = Swocker()

        @Test func bundledImages() {
            let swocker = Swocker(images: [])
            let hello = swocker("run", "--rm", "hello-world")
            #expect(hello.code == 0 && hello.out.contains("Hello from swocker!"), "\(hello)")
            let echo = swocker("run", "--rm", "busybox", "echo", "hi")
            #expect(echo.code == 0 && echo.out == "hi\n", "\(echo)")
            // Present by now: not a word on stderr.
            #expect(swocker("run", "--rm", "busybox", "echo", "hi") == Outcome(0, out: "hi\n"))
        }

        @Test(arguments: [
            ("exit 0", 0), ("false", 1), ("exit 3", 3), ("exit 255", 255),
            ("sh -c 'kill -9 $$; true'; exit $?", 137),
        ])
        func exitCode(_ script: String, is code: Int32) {
            #expect(swocker.sh(script) == Outcome(code, err: code == 137 ? "Killed\n" : ""))
        }

        @Test(arguments: [
            ("nosuch", 127), ("/nosuch/program", 127), ("/etc/passwd", 126), ("/etc", 126),
        ])
        func failedStart(_ command: String, is code: Int32) {
            let outcome = swocker("run", "--rm", "busybox", command)
            #expect(outcome.code == code, "\(outcome)")
        }

        @Test func wordsOfAFailedStart() {
            let missing = swocker("run", "--rm", "busybox", "nosuch")
            #expect(
                missing.err.hasPrefix("docker: Error response from daemon: ")
                    || missing.err.hasPrefix("swocker: Error response from daemon: "), "\(missing)")
            #expect(missing.err.contains("exec: \"nosuch\": executable file not found in $PATH"))
            let denied = swocker("run", "--rm", "busybox", "/etc/passwd")
            #expect(denied.err.contains("exec: \"/etc/passwd\": permission denied"), "\(denied)")
        }

        @Test func failedStartWithoutRmLeavesACreatedContainer() {
            #expect(swocker("run", "--name", "bad", "busybox", "nosuch").code == 127)
            #expect(
                swocker.inspect("bad", "{{.State.Status}} {{.State.ExitCode}}") == "created 127")
            #expect(
                swocker.inspect("bad", "{{.State.Error}}").contains("executable file not found"))
        }

        @Test func outputsStayApart() {
            let outcome = swocker.sh("echo out; echo err >&2; printf last")
            #expect(outcome == Outcome(0, out: "out\nlast", err: "err\n"))
        }

        @Test func standardInput() {
            let with = swocker(
                "run", "--rm", "-i", "busybox", "cat", input: .text("one\ntwo\n"))
            #expect(with == Outcome(0, out: "one\ntwo\n"))
            let without = swocker("run", "--rm", "busybox", "cat", input: .text("one\n"))
            #expect(without == Outcome(0))
        }

        @Test func largeInputComesBackWhole() {
            let data = String(repeating: "0123456789abcde\n", count: 200_000)
            make(swocker.path("data"), data)
            let outcome = swocker(
                "run", "--rm", "-i", "busybox", "sha256sum", input: .file(swocker.path("data")))
            let expected = swocker.host("sha256sum", swocker.path("data"))
            #expect(outcome.out.prefix(64) == expected.out.prefix(64), "\(outcome)")
        }

        @Test func largeOutputComesBackWhole() {
            let script = "seq 1 2000000 | tee /dev/stderr | sha256sum > /sum; cat /sum >&2"
            let outcome = swocker.sh("seq 1 2000000")
            make(swocker.path("seen"), outcome.out)
            let seen = swocker.host("sha256sum", swocker.path("seen")).out.prefix(64)
            let inside = swocker.sh("seq 1 2000000 | sha256sum").out.prefix(64)
            #expect(seen == inside)
            let errors = swocker.sh(script)
            #expect(errors.code == 0 && errors.err.contains(inside), "stderr lost something")
        }

        @Test func detached() {
            let outcome = swocker("run", "-d", "--name", "sl", "busybox", "sleep", "100")
            #expect(outcome.code == 0 && outcome.err == "", "\(outcome)")
            #expect(outcome.out.utf8.count == 65 && outcome.out.hasSuffix("\n"))
            #expect(outcome.line.allSatisfy { $0.isHexDigit && !$0.isUppercase })
            #expect(swocker.inspect("sl", "{{.Id}} {{.State.Status}}") == "\(outcome.line) running")
        }

        @Test func detachedPrintsTheIDBeforeAStartThatFails() {
            let outcome = swocker("run", "-d", "busybox", "nosuch")
            #expect(outcome.code == 127 && outcome.out.utf8.count == 65, "\(outcome)")
            #expect(outcome.err.contains("executable file not found"), "\(outcome)")
        }

        @Test func rmRemovesEvenWhenTheStartFails() {
            swocker.sh("exit 1")
            swocker("run", "--rm", "busybox", "nosuch")
            #expect(swocker("ps", "-aq") == Outcome(0))
            swocker("run", "-d", "--rm", "--name", "gone", "busybox", "true")
            #expect(eventually { swocker("ps", "-aq").out == "" })
        }

        @Test func nameInUse() {
            let id = swocker.sleeper("aa")
            let again = swocker("run", "--name", "aa", "busybox", "true")
            #expect(again.code == 125, "\(again)")
            #expect(
                again.err.contains(
                    "Conflict. The container name \"/aa\" is already in use by container \"\(id)\". "
                        + "You have to remove (or rename) that container to be able to reuse that name."
                ), "\(again)")
            #expect(swocker("ps", "-aq").lines.count == 1)
        }

        @Test(arguments: ["a", "-a", "a b", "a/b", ".a", "ä1"])
        func badName(_ name: String) {
            let outcome = swocker("create", "--name=\(name)", "busybox")
            #expect(outcome.code == 1, "\(outcome)")
            #expect(
                outcome.err.contains(
                    "Invalid container name (\(name)), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"),
                "\(outcome)")
        }

        @Test func cidfile() {
            let file = swocker.path("cid")
            let outcome = swocker("run", "-d", "--cidfile", file, "busybox", "true")
            #expect(text(file) == outcome.line)
            let again = swocker("run", "--cidfile", file, "busybox", "true")
            #expect(again.code == 125 && again.err.contains("container ID file found"), "\(again)")
            let failed = swocker.path("failed")
            #expect(swocker("run", "--cidfile", failed, "nosuchimage").code == 125)
            #expect(!isThere(failed))
        }

        @Test func environment() {
            make(swocker.path("env"), "\u{feff}A=file\n# comment\n  B='quoted' \nFROM\nNOT\n")
            let outcome = swocker(
                "run", "--rm", "--env-file", swocker.path("env"), "-e", "A=option", "-e", "C=x=y",
                "-e", "FROM2", "-e", "NOT2", "--hostname", "box", "busybox", "env",
                environment: ["FROM=client", "FROM2=client2"])
            let expected: Set = [
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=box",
                "A=option", "B='quoted' ", "C=x=y", "FROM=client", "FROM2=client2", "HOME=/root",
            ]
            #expect(Set(outcome.lines) == expected, "\(outcome)")
        }

        @Test func blankInAVariableOfAnEnvironmentFile() {
            make(swocker.path("env"), "A B=1\n")
            let outcome = swocker(
                "run", "--rm", "--env-file", swocker.path("env"), "busybox", "env")
            #expect(outcome.code == 125, "\(outcome)")
            #expect(outcome.err.contains("variable 'A B' contains whitespaces"), "\(outcome)")
        }

        @Test func workingDirectoryIsMade() {
            let outcome = swocker.sh("pwd; stat -c %u:%g:%a .", "-w", "/made/deep", "-u", "nobody")
            #expect(outcome == Outcome(0, out: "/made/deep\n0:0:755\n"))
        }

        @Test(arguments: [
            ("nobody", "uid=65534(nobody) gid=65534(nobody) groups=65534(nobody)"),
            ("1234", "uid=1234 gid=0(root) groups=0(root)"),
            ("1234:56", "uid=1234 gid=56 groups=56"),
            ("www-data:mail", "uid=33(www-data) gid=8(mail) groups=8(mail)"),
            ("root", "uid=0(root) gid=0(root) groups=0(root),10(wheel)"),
            ("", "uid=0(root) gid=0(root) groups=0(root),10(wheel)"),
        ])
        func user(_ user: String, is identity: String) {
            let outcome = swocker("run", "--rm", "-u", user, "busybox", "id")
            #expect(outcome == Outcome(0, out: identity + "\n"))
        }

        @Test func addedGroups() {
            let outcome = swocker(
                "run", "--rm", "-u", "1000:1000", "--group-add", "audio", "--group-add", "777",
                "busybox", "id", "-G")
            #expect(Set(outcome.line.split(separator: " ")) == ["1000", "29", "777"], "\(outcome)")
        }

        @Test(arguments: ["nosuchuser", "4294967296", "-1", "99999999999999999999"])
        func userThatIsNone(_ user: String) {
            let outcome = swocker("run", "--rm", "--user=\(user)", "busybox", "id")
            #expect(outcome.code != 0 && outcome.out == "", "\(outcome)")
            #expect(outcome.code == 125 || outcome.code == 126, "\(outcome)")
        }

        @Test func entryPoint() {
            #expect(
                swocker("run", "--rm", "--entrypoint", "echo", "busybox", "a", "b")
                    == Outcome(0, out: "a b\n"))
            // It discards the image's command as well.
            #expect(
                swocker("run", "--rm", "--entrypoint", "echo", "busybox") == Outcome(0, out: "\n"))
            let nothing = swocker("run", "--rm", "--entrypoint", "", "busybox")
            #expect(
                nothing.code == 125 && nothing.err.contains("no command specified"), "\(nothing)")
        }

        @Test func hostname() {
            #expect(swocker.sh("hostname; cat /etc/hostname", "-h", "box").out == "box\nbox\n")
            let id = swocker("run", "-d", "--name", "hn", "busybox", "hostname").line
            #expect(swocker("wait", "hn").out == "0\n")
            #expect(swocker("logs", "hn").out == "\(id.prefix(12))\n")
            let hosts = swocker.sh("cat /etc/hosts", "--add-host", "far:10.1.2.3")
            #expect(hosts.lines.contains("10.1.2.3\tfar"), "\(hosts)")
            #expect(hosts.lines.contains { $0.hasPrefix("127.0.0.1\tlocalhost") }, "\(hosts)")
        }

        @Test func initProcess() {
            // A zombie's parent that does not wait is init's business.
            let outcome = swocker.sh("cat /proc/1/comm; echo $$", "--init")
            if outcome.err.contains("init program") || outcome.err.contains("--init") {
                #expect(outcome.code == 125, "\(outcome)")
            } else {
                #expect(outcome.code == 0 && outcome.lines.first != "sh", "\(outcome)")
                #expect(outcome.lines.last != "1", "\(outcome)")
                #expect(swocker.sh("exit 7", "--init").code == 7)
            }
        }

        @Test func labels() {
            make(swocker.path("labels"), "from=file\n")
            swocker(
                "create", "--name", "lab", "-l", "a=1", "-l", "b", "--label-file",
                swocker.path("labels"), "busybox")
            #expect(
                swocker.inspect("lab", "{{json .Config.Labels}}")
                    == #"{"a":"1","b":"","from":"file"}"#)
        }

        @Test func stopSignal() {
            swocker(
                "run", "-d", "--name", "sig", "--stop-signal", "USR1", "busybox", "sh", "-c",
                "trap 'echo got it; exit 5' USR1; while :; do sleep 0.05; done")
            #expect(swocker("stop", "sig").code == 0)
            #expect(swocker("logs", "sig").out == "got it\n")
            #expect(swocker.inspect("sig", "{{.State.ExitCode}}") == "5")
        }

        @Test func explainShowsTheStepsAndRunsTheContainer() {
            let outcome = swocker("run", "--rm", "--explain", "busybox", "echo", "hi")
            #expect(
                outcome.code == 0 && outcome.out.hasPrefix("hi\n") || outcome.out.hasSuffix("hi\n"))
            let shown = outcome.out + outcome.err
            for call in ["clone3", "pivot_root", "execve"] {
                #expect(shown.contains(call), "\(outcome)")
            }
        }
    }
}
