// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// cp, both ways.
    @Suite struct CopyTests {
        let swocker = Swocker()

        init() {
            mkdir(path("src"), 0o755)
            mkdir(path("src/sub"), 0o755)
            make(path("src/a"), "one\n")
            make(path("src/sub/b"), "two\n")
            chown(path("src/a"), 1000, 1001)
            chmod(path("src/a"), 0o4755)
            mkdir(path("out"), 0o755)
        }

        private func path(_ name: String) -> String { swocker.path(name) }

        /// A container that runs, or one that only was created.
        private func container(_ isRunning: Bool, _ options: String...) {
            if isRunning {
                let script = "trap 'exit 0' TERM; while :; do sleep 0.05; done"
                let started = swocker(
                    ["run", "-d", "--name", "one"] + options + ["busybox", "sh", "-c", script])
                #expect(started.code == 0, "\(started)")
            } else {
                let made = swocker(["create", "--name", "one"] + options + ["busybox", "true"])
                #expect(made.code == 0, "\(made)")
            }
        }

        private func copy(_ words: String...) -> Outcome { swocker(["cp"] + words) }

        @Test(arguments: [true, false])
        func placesAsDocker(_ isRunning: Bool) {
            container(isRunning, "-v", "vol:/vol")
            #expect(copy(path("src"), "one:/absent") == Outcome(0))
            #expect(copy(path("src"), "one:/tmp") == Outcome(0))
            #expect(copy(path("src/."), "one:/tmp/src/sub") == Outcome(0))
            #expect(copy(path("src/a"), "one:/tmp/src/sub/b") == Outcome(0))
            #expect(copy(path("src/a"), "one:/vol/v") == Outcome(0))
            #expect(copy("-a", path("src/a"), "one:/tmp/own") == Outcome(0))
            let script = "'\(Swocker.program)' cp one:/tmp - | tar --numeric-owner -tv"
            let listing = swocker.host("sh", "-c", script).lines.map {
                let words = $0.split(separator: " ")
                return "\(words[0]) \(words[1]) \(words.last ?? "")"
            }
            #expect(
                listing == [
                    "drwxrwxrwt 0/0 tmp/", "-rwsr-xr-x 0/0 tmp/own", "drwxr-xr-x 0/0 tmp/src/",
                    "-rwsr-xr-x 1000/1001 tmp/src/a", "drwxr-xr-x 0/0 tmp/src/sub/",
                    "-rwsr-xr-x 1000/1001 tmp/src/sub/a", "-rwsr-xr-x 1000/1001 tmp/src/sub/b",
                    "drwxr-xr-x 0/0 tmp/src/sub/sub/", "-rw-r--r-- 0/0 tmp/src/sub/sub/b",
                ])
            #expect(copy("one:/absent", path("new")) == Outcome(0))
            #expect(copy("one:/absent", path("out")) == Outcome(0))
            #expect(copy("one:/vol/v", path("out")) == Outcome(0))
            #expect(copy("one:/absent/.", path("out/sub")) == Outcome(0))
            for file in ["new/a", "out/absent/sub/b", "out/v", "out/sub/a"] {
                #expect(isThere(path(file)), "\(file)")
            }
            let stream = "tar -C '\(path("src"))' -c a | '\(Swocker.program)' cp - one:/vol"
            #expect(swocker.host("sh", "-c", stream).code == 0)
            #expect(copy("one:/vol/a", path("out/again")) == Outcome(0))
            #expect(text(path("out/again")) == "one\n")
        }

        @Test(arguments: [true, false])
        func refusals(_ isRunning: Bool) {
            container(isRunning, "-v", "\(path("src")):/ro:ro")
            let daemon = "Error response from daemon: "
            for (from, to, message) in [
                (
                    path("src/a"), "one:/no/x",
                    daemon + "Could not find the file /no in container one"
                ),
                ("one:/no", path("out"), daemon + "Could not find the file /no in container one"),
                (path("src/a"), "one:/no/", "no such directory"),
                (path("src"), "one:/etc/passwd", "cannot copy directory"),
                ("one:/etc", path("src/a"), "cannot copy directory"),
                (path("src/a"), "one:/ro/x", daemon + "mounted volume is marked read-only"),
                ("one:/a", "two:/b", "copying between containers is not supported"),
                (path("src/a"), path("out"), "must specify at least one container source"),
                (path("src/a"), "none:/x", daemon + "No such container: none"),
                (path("none"), "one:/x", "lstat \(path("none")): no such file or directory"),
                ("-", "one:/etc/passwd", "destination \"one:/etc/passwd\" must be a directory"),
            ] {
                #expect(copy(from, to) == Outcome(1, err: message + "\n"), "\(from) \(to)")
            }
            #expect(text(path("src/a")) == "one\n")
        }

        @Test(arguments: [true, false])
        func readOnlyRoot(_ isRunning: Bool) {
            container(isRunning, "--read-only", "-v", "/vol")
            #expect(
                copy(path("src/a"), "one:/x").err
                    == "Error response from daemon: container rootfs is marked read-only\n")
            #expect(copy(path("src/a"), "one:/vol/x") == Outcome(0))
        }

        @Test func copiesOutLoseTheirRights() {
            container(true)
            swocker("exec", "one", "sh", "-c", "cp /bin/busybox /su; chmod 6755 /su; chown 7:8 /su")
            #expect(copy("one:/su", path("out")) == Outcome(0))
            var status = stat()
            #expect(stat(path("out/su"), &status) == 0)
            #expect(status.st_mode & 0o7777 == 0o755 && status.st_uid == 0 && status.st_gid == 0)
        }

        @Test func followsLinksWhenAsked() {
            container(true)
            swocker("exec", "one", "sh", "-c", "echo t > /t; ln -s /t /l; ln -s /../../../t /up")
            #expect(copy("-L", "one:/l", path("out/file")) == Outcome(0))
            #expect(text(path("out/file")) == "t\n")
            #expect(copy("one:/l", path("out/link")) == Outcome(0))
            var status = stat()
            #expect(lstat(path("out/link"), &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
            #expect(copy(path("src/a"), "one:/up") == Outcome(0))
            #expect(swocker("exec", "one", "cat", "/t").out == "one\n")
        }

        /// CVE-2018-15664: a name that is a directory and a link to the host's by turns.
        @Test func linksThatChangeLeadNowhere() {
            let secret = path("secret")
            mkdir(secret, 0o755)
            make("\(secret)/file", "host\n")
            let script = """
                mkdir -p /w/dir /w/stash; echo inside > /w/dir/file
                ln -s \(secret) /w/link
                while :; do mv /w/dir /w/stash/dir; mv /w/link /w/dir
                mv /w/dir /w/link; mv /w/stash/dir /w/dir; done
                """
            swocker("run", "-d", "--name", "one", "busybox", "sh", "-c", script)
            for _ in 0..<40 {
                _ = copy(path("src/a"), "one:/w/dir/file")
                _ = copy(path("src/a"), "one:/w/dir/new")
                unlink(path("out/file"))
                let out = copy("one:/w/dir/file", path("out/file"))
                if out.code == 0 { #expect(text(path("out/file")) != "host\n") }
            }
            #expect(text("\(secret)/file") == "host\n")
            #expect(!isThere("\(secret)/new"))
            swocker("kill", "one")
        }

        @Test func saysWhatWasCopiedAtATerminal() {
            container(true)
            let session = swocker.terminal("cp", path("src/a"), "one:/x")
            let screen = session.wait().out
            #expect(screen.contains("Successfully copied"), "\(screen)")
            #expect(screen.contains(" to one:/x"))
        }
    }
}
