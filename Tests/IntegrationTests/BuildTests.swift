// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux
import Testing

extension TheProgram {
    /// `build`: what Dockerfiles make, what is taken from the cache, and what must not get in or out.
    @Suite struct BuildTests {
        let swocker = Swocker()

        /// Writes a context: files by their paths.
        private func context(_ name: String, _ files: [(String, String)]) -> String {
            let top = swocker.path(name)
            for (path, text) in files {
                let parent = "\(top)/\(path)".split(separator: "/").dropLast()
                try? makeDirectories("/" + parent.joined(separator: "/"))
                try? replaceFile("\(top)/\(path)", with: Array(text.utf8))
            }
            return top
        }

        private func build(_ context: String, _ options: String...) -> Outcome {
            swocker(["build", "--progress", "plain", "-t", "made"] + options + [context])
        }

        @Test func instructions() {
            let top = context(
                "c",
                [
                    (
                        "Dockerfile",
                        """
                        ARG BASE=nowhere
                        FROM $BASE AS tools
                        RUN mkdir /out && echo made > /out/file && chown 5:6 /out/file
                        FROM unused-image AS never
                        RUN exit 1
                        FROM busybox
                        ARG V=1 W
                        ENV A=x$V
                        LABEL one=1
                        WORKDIR /app/deep
                        COPY --chmod=755 --chown=7:8 a.txt dir/ ./
                        COPY --from=tools /out/file copied
                        ADD archive.tar /unpacked/
                        COPY <<EOF /doc
                        $A "quoted"
                        EOF
                        SHELL ["/bin/sh", "-ec"]
                        RUN echo "$V-$W-$A" > args; rm /etc/shadow
                        USER 1000:1000
                        RUN id -u > /tmp/user
                        ONBUILD RUN echo never
                        STOPSIGNAL INT
                        EXPOSE 80
                        VOLUME /data
                        ENTRYPOINT ["/bin/sh", "-c"]
                        CMD ["cat args"]
                        """
                    ), ("a.txt", "a\n"), ("dir/b", "b\n"), ("dir/sub/c", "c\n"), ("tar/t", "t\n"),
                ])
            #expect(
                swocker.host("tar", "-C", "\(top)/tar", "-cf", "\(top)/archive.tar", "t").code == 0)
            let made = build(
                top, "--build-arg", "BASE=busybox", "--build-arg", "W=w", "--label", "two=2")
            #expect(made.code == 0 && made.out == "", "\(made)")
            #expect(!made.err.contains("unused-image"))
            #expect(swocker("run", "--rm", "made") == Outcome(0, out: "1-w-x1\n"))
            let seen = swocker(
                "run", "--rm", "made",
                "stat -c '%n %a %u:%g' a.txt b sub sub/c copied; cat /doc /unpacked/t /tmp/user;"
                    + " ls /etc/shadow; pwd")
            #expect(
                seen.out == """
                    a.txt 755 7:8
                    b 755 7:8
                    sub 755 7:8
                    sub/c 755 7:8
                    copied 644 5:6
                    x1 "quoted"
                    t
                    1000
                    /app/deep

                    """, "\(seen)")
            #expect(
                swocker.inspect(
                    "made",
                    "{{.Config.Labels.one}}{{.Config.Labels.two}} {{.Config.StopSignal}} "
                        + "{{.Config.User}} {{.Config.OnBuild}}")
                    == "12 INT 1000:1000 [RUN echo never]")
        }

        @Test func theCache() {
            let top = context(
                "c",
                [
                    ("Dockerfile", "FROM busybox\nCOPY . /c\nRUN cat /c/a > /r\nLABEL l=1\n"),
                    ("a", "1\n"), ("ignored/big", "x"), (".dockerignore", "ignored\nDockerfile\n"),
                ])
            let first = build(top, "--iidfile", swocker.path("one"))
            #expect(first.code == 0, "\(first)")
            // Neither times nor what nothing copies make a difference.
            #expect(swocker.host("touch", "-d", "2001-01-01", "\(top)/a").code == 0)
            _ = context("c", [("ignored/big", "y")])
            let second = build(top, "--iidfile", swocker.path("two"))
            #expect(second.err.contains("CACHED") && !second.err.contains("DONE 0.0s\n\n#3"))
            #expect(text(swocker.path("one")) == text(swocker.path("two")))
            #expect(text(swocker.path("one")).count == 71)
            // The same size and the same time, and other bytes.
            _ = context("c", [("a", "2\n")])
            #expect(swocker.host("touch", "-d", "2001-01-01", "\(top)/a").code == 0)
            let third = build(top)
            #expect(third.err.contains("not cached: file \"c/a\" has changed"), "\(third)")
            #expect(swocker("run", "--rm", "made", "cat", "/r") == Outcome(0, out: "2\n"))
            // A label changes no layer.
            _ = context(
                "c", [("Dockerfile", "FROM busybox\nCOPY . /c\nRUN cat /c/a > /r\nLABEL l=2\n")])
            let fourth = build(top)
            #expect(!fourth.err.contains("not cached"), "\(fourth)")
            let anew = build(top, "--no-cache")
            #expect(anew.err.components("CACHED") == 1, "\(anew)")
        }

        @Test func equalBuildsAreEqual() {
            let file = "FROM busybox\nWORKDIR /w\nCOPY a .\nRUN echo b > b; mkdir d; echo > d/c\n"
            let top = context("c", [("Dockerfile", file), ("a", "1\n")])
            var ids: Set<String> = []
            for _ in 1...2 {
                let made = swocker(
                    "build", "-q", "--no-cache", top, environment: ["SOURCE_DATE_EPOCH=1700000000"])
                #expect(made.code == 0, "\(made)")
                ids.insert(made.line)
            }
            #expect(ids.count == 1, "\(ids)")
        }

        @Test func mountsLeaveNothingBehind() {
            let file = """
                FROM busybox
                RUN --mount=type=secret,id=key cat /run/secrets/key && ls -l /run/secrets/key > /seen
                RUN --mount=type=secret,id=key,env=KEY test ${#KEY} = 11
                RUN --mount=type=cache,target=/cache echo more >> /cache/f; cp /cache/f /copy
                RUN --mount=type=bind,source=d,target=/bound ls /bound > /list; ! touch /bound/x
                RUN --mount=type=bind,target=/all,rw touch /all/new
                RUN --mount=type=tmpfs,target=/memory touch /memory/x
                RUN --network=none ! grep -q eth0 /proc/net/dev
                RUN <<END
                #!/bin/cat
                a script
                END
                """
            let top = context("c", [("Dockerfile", file), ("d/inside", "")])
            try? replaceFile(swocker.path("key"), with: Array("tell nobody".utf8))
            for round in 1...2 {
                let made = build(
                    top, "--no-cache", "--secret", "id=key,src=\(swocker.path("key"))")
                #expect(made.code == 0, "\(made)")
                let seen = swocker(
                    "run", "--rm", "made", "sh", "-c",
                    "cat /copy /list; ls -A /run; ls -d /cache /bound /all /memory 2>/dev/null")
                let lines = String(repeating: "more\n", count: round)
                #expect(seen.out == lines + "inside\n", "\(seen)")
            }
            #expect(access("\(top)/new", F_OK) != 0)
            // In no layer, no blob, and not in the database.
            let found = swocker.host("grep", "-rl", "tell nobody", swocker.root)
            #expect(found.out == "", "\(found)")
            #expect(swocker("builder", "prune", "-af").code == 0)
            #expect(build(top, "--secret", "id=key,src=\(swocker.path("key"))").code == 0)
            #expect(
                swocker("run", "--rm", "made", "cat", "/copy") == Outcome(0, out: "more\n"))
        }

        @Test func nothingLeadsOutOfItsRoot() {
            try? replaceFile(swocker.path("outside"), with: Array("outside\n".utf8))
            let top = context("c", [("inside", "inside\n"), ("Dockerfile", "FROM busybox\n")])
            for (link, target) in [
                ("up", "../outside"), ("absolute", swocker.path("outside")),
                ("deep", "../../../.."),
            ] {
                symlink(target, "\(top)/\(link)")
            }
            for source in [
                "up", "absolute", "../outside", "deep/etc/hostname", swocker.path("outside"),
            ] {
                _ = context("c", [("Dockerfile", "FROM busybox\nCOPY \(source) /x\n")])
                let made = build(top)
                #expect(made.code == 1 && made.err.contains("not found"), "\(source): \(made)")
            }
            // What links of an image say is said inside of it.
            _ = context(
                "c",
                [
                    (
                        "Dockerfile",
                        """
                        FROM busybox AS one
                        RUN ln -s ../../../../../../../../\(swocker.path("outside")) /evil; ln -s / /top
                        FROM busybox
                        RUN mkdir /real && ln -s /real /link && ln -s ../../../../tmp /out
                        COPY inside /link/
                        COPY inside /out/swocker-escaped
                        COPY --from=one /top/etc/hostname /name
                        """
                    )
                ])
            #expect(build(top).code == 0)
            #expect(access("/tmp/swocker-escaped", F_OK) != 0)
            let seen = swocker("run", "--rm", "made", "cat", "/real/inside", "/tmp/swocker-escaped")
            #expect(seen == Outcome(0, out: "inside\ninside\n"))
            _ = context(
                "c",
                [
                    (
                        "Dockerfile",
                        "FROM busybox AS one\nRUN ln -s \(swocker.path("outside")) /evil\n"
                            + "FROM busybox\nCOPY --from=one /evil /x\n"
                    )
                ])
            #expect(build(top).err.contains("\"/evil\": not found"))
        }

        @Test(arguments: [
            ("tmp/ link>/tmp link/swocker-escaped", nil), ("/swocker-escaped", nil),
            ("../swocker-escaped", "leaves the archive's root"),
            ("a/../../swocker-escaped", "leaves the archive's root"),
        ])
        func hostileArchives(_ names: String, _ reason: String?) {
            guard isInstalled("python3") else { return }
            let top = context("c", [("Dockerfile", "FROM busybox\nADD evil.tar /d/\n")])
            let script = """
                import tarfile, io
                t = tarfile.open('\(top)/evil.tar', 'w')
                for name in '\(names)'.split():
                    i = tarfile.TarInfo(name.split('>')[0])
                    if name.endswith('/'): i.type, i.mode = tarfile.DIRTYPE, 0o755
                    elif '>' in name: i.type, i.linkname = tarfile.SYMTYPE, name.split('>')[1]
                    else: i.size = 2
                    t.addfile(i, io.BytesIO(b'x\\n') if i.isreg() else None)
                t.close()
                """
            #expect(swocker.host("python3", "-c", script).code == 0)
            let made = build(top)
            for path in ["/tmp", "/", swocker.directory] {
                #expect(access("\(path)/swocker-escaped", F_OK) != 0)
            }
            guard let reason else {
                #expect(made.code == 0, "\(made)")
                let found = swocker("run", "--rm", "made", "find", "/d", "-name", "swocker-escaped")
                return #expect(found.lines.count == 1, "\(found)")
            }
            #expect(made.code == 1 && made.err.contains(reason), "\(made)")
        }

        @Test(arguments: [
            (
                "FROM busybox\nFOO x\n", 2,
                "dockerfile parse error on line 2: unknown instruction: FOO"
            ),
            ("FROM busybox\nCOPY nowhere /x\n", 2, "\"/nowhere\": not found"),
            (
                "FROM busybox\n\nRUN exit 3\n", 3,
                "process \"/bin/sh -c exit 3\" did not complete successfully: exit code: 3"
            ),
            (
                "FROM busybox\nRUN [\"/nowhere\"]\n", 2,
                "did not complete successfully: exit code: 127"
            ),
            ("FROM nowhere:1\n", 1, "nowhere:1: failed to resolve source metadata"),
            ("FROM busybox\nADD https://example.org/x /x\n", 2, "there is no network client yet"),
            (
                "FROM busybox\nRUN --mount=type=ssh true\n", 2,
                "RUN --mount=type=ssh is not supported yet"
            ),
            ("FROM busybox\nRUN --security=insecure true\n", 2, "security.insecure is not allowed"),
            (
                "FROM busybox\nRUN --mount=type=secret,id=no,required true\n", 2,
                "secret no: not found"
            ),
            (
                "FROM busybox\nCOPY --chown=nobody-here Dockerfile /\n", 2,
                "unable to find user nobody-here"
            ),
            ("FROM busybox\nUSER ${X:?is needed}\n", 2, "X: is needed"),
        ])
        func failures(_ file: String, _ line: Int, _ reason: String) {
            let made = build(context("c", [("Dockerfile", file)]))
            #expect(made.code == 1 && made.out == "", "\(made)")
            #expect(made.err.contains("Dockerfile:\(line)\n"), "\(made)")
            #expect(
                made.lines(of: made.err).last?.hasPrefix(
                    "ERROR: failed to build: failed to solve: ")
                    == true)
            #expect(made.lines(of: made.err).last?.contains(reason) == true, "\(made)")
            #expect(swocker("images", "-q", "made").out == "")
            #expect(swocker("ps", "-aq").out == "")
        }

        @Test func contexts() {
            let top = context(
                "c",
                [
                    ("Dockerfile", "FROM busybox\nCOPY f /f\n"), ("f", "file\n"),
                    ("other", "FROM busybox\nRUN echo other > /f\n"),
                ])
            let script = "tar -C '\(top)' -cz . | '\(Swocker.program)' build -q -t made -"
            #expect(swocker.host("sh", "-c", script).code == 0)
            #expect(swocker("run", "--rm", "made", "cat", "/f").out == "file\n")
            #expect(swocker("build", "-q", "-t", "made", "-f", "\(top)/other", top).code == 0)
            #expect(swocker("run", "--rm", "made", "cat", "/f").out == "other\n")
            let file = "FROM busybox\nRUN echo alone > /f\n"
            #expect(swocker("build", "-q", "-t", "made", "-", input: .text(file)).code == 0)
            #expect(swocker("run", "--rm", "made", "cat", "/f").out == "alone\n")
            let piped = swocker(
                "build", "-q", "-t", "made", "-f", "-", top,
                input: .text("FROM busybox\nCOPY f /g\n"))
            #expect(piped.code == 0, "\(piped)")
            #expect(swocker("run", "--rm", "made", "cat", "/g").out == "file\n")
            #expect(
                swocker("build", swocker.path("nowhere")).err
                    == "ERROR: unable to prepare context: path \"\(swocker.path("nowhere"))\" not found\n"
            )
            let none = swocker("build", swocker.path("root"))
            #expect(none.err.contains("failed to read dockerfile: open Dockerfile: no such file"))
        }

        @Test func outputs() {
            let top = context(
                "c", [("Dockerfile", "FROM scratch\nCOPY f /d/f\nCMD [\"/d/f\"]\n"), ("f", "x\n")])
            #expect(swocker("build", "-q", "-o", swocker.path("out"), top).code == 0)
            #expect(text(swocker.path("out/d/f")) == "x\n")
            #expect(
                swocker("build", "-q", "-o", "type=tar,dest=\(swocker.path("o.tar"))", top).code
                    == 0)
            #expect(swocker.host("tar", "-tf", swocker.path("o.tar")).out == "d/\nd/f\n")
            #expect(
                swocker(
                    "build", "-q", "-t", "saved:1", "-o",
                    "type=docker,dest=\(swocker.path("i.tar"))",
                    top
                ).code == 0)
            #expect(swocker("images", "-q", "saved").out == "")
            #expect(swocker("load", "-i", swocker.path("i.tar")).out.contains("saved:1"))
            let several = swocker("build", "-q", "-t", "a:1", "-t", "b", top)
            #expect(several.line == swocker("images", "-q", "--no-trunc", "a:1").line)
            #expect(several.line == swocker("images", "-q", "--no-trunc", "b").line)
        }

        /// SIGKILL in the middle leaves no process, and what was made before is still there.
        @Test func aKilledBuildLeavesNothing() {
            let top = context(
                "c",
                [("Dockerfile", "FROM busybox\nRUN echo one > /one\nRUN echo ready; sleep 1000\n")])
            let running = swocker.start("build", "--progress", "plain", top)
            #expect(running.collect(seconds: 20) { $0.err.contains(" ready") })
            running.send(signal: SIGKILL)
            _ = running.wait()
            #expect(eventually(seconds: 10) { swocker("ps", "-aq").out == "" })
            #expect(eventually(seconds: 10) { swocker.remains().isEmpty }, "\(swocker.remains())")
            _ = context(
                "c", [("Dockerfile", "FROM busybox\nRUN echo one > /one\nRUN cat /one\n")])
            let again = build(top)
            #expect(again.code == 0, "\(again)")
            #expect(again.err.contains("#2 CACHED"), "\(again)")
        }

        @Test func checks() {
            let top = context(
                "c", [("Dockerfile", "from busybox\nMAINTAINER me\nENV a b\nCMD x\n")])
            let found = swocker("build", "--check", top)
            #expect(found.code == 1)
            for rule in ["MaintainerDeprecated", "LegacyKeyValueFormat", "JSONArgsRecommended"] {
                #expect(found.out.contains("WARNING: \(rule)\n"), "\(found)")
            }
            _ = context("c", [("Dockerfile", "FROM busybox\nCMD [\"x\"]\n")])
            #expect(
                swocker("build", "--check", top)
                    == Outcome(0, out: "Check complete, no warnings found.\n"))
        }

        /// The way of the course, with busybox in the place of Python: docs/building.md.
        @Test func theWalkThrough() {
            let file = """
                FROM busybox
                WORKDIR /app
                ADD . /app
                RUN test -f index.cgi && chmod 755 index.cgi && mkdir cgi-bin && mv index.cgi cgi-bin
                ENV NAME World
                CMD ["httpd", "-f", "-p", "8080", "-h", "/app"]
                """
            let script = """
                #!/bin/sh
                echo
                echo "<h3>Hello $NAME!</h3><b>Hostname:</b> $(hostname)"

                """
            let top = context("demo", [("Dockerfile", file), ("index.cgi", script)])
            let made = swocker("build", "-t", "demo", ".", in: top)
            #expect(made.code == 0, "\(made)")
            #expect(swocker("run", "-d", "--name", "mycontainer", "demo").code == 0)
            let ask = "wget -qO- http://127.0.0.1:8080/cgi-bin/index.cgi"
            let name = swocker.inspect("mycontainer", "{{.Config.Hostname}}")
            #expect(
                eventually {
                    swocker("exec", "mycontainer", "sh", "-c", ask).out.contains(
                        "<h3>Hello World!</h3><b>Hostname:</b> \(name)")
                })
        }
    }
}

extension Outcome {
    fileprivate func lines(of text: String) -> [String] {
        text.split(separator: "\n").map(String.init)
    }
}

extension String {
    /// How often a text is in it.
    fileprivate func components(_ text: String) -> Int {
        split(separator: "\n").count { $0.hasSuffix(text) }
    }
}
