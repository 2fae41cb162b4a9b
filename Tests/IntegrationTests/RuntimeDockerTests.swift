// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram.TheRuntime {
    /// Debian's dockerd drives the runtime, and its Swarm mode does.
    @Suite(
        .enabled(if: isInstalled("dockerd") && isInstalled("skopeo"), "needs Debian's docker.io"))
    struct RuntimeDockerTests {
        @Test func answersAsTheProgramDid() throws {
            let docker = try Docker()
            #expect(docker.run("busybox", "echo", "hello") == Outcome(0, out: "hello\n"))
            #expect(docker.run("busybox", "sh", "-c", "echo no >&2; exit 7").code == 7)
            let missing = docker.run("busybox", "nosuch")
            #expect(missing.code == 127)
            #expect(missing.err.contains("exec: \"nosuch\": executable file not found in $PATH"))
            // The code is the client's, by these words; Debian's own does not know them yet.
            let directory = docker.run("busybox", "/etc")
            #expect(directory.code == 126 || directory.code == 125, "\(directory)")
            #expect(directory.err.contains("exec: \"/etc\": is a directory"))
            #expect(docker("ps", "-aq").out == "")
        }

        @Test func limitsAndConfines() throws {
            let docker = try Docker()
            let script = "touch /new || touch /tmp/new && cat /proc/self/status && id -u"
            let confined = docker.run(
                "--read-only", "--tmpfs", "/tmp", "--user", "5", "--cap-drop", "ALL",
                "--security-opt", "no-new-privileges", "--init", "busybox", "sh", "-c", script)
            #expect(confined.code == 0 && confined.err.contains("Read-only file system"))
            for line in ["CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2", "5"] {
                #expect(confined.lines.contains(line), "\(confined)")
            }
            let hungry = ["--memory", "16m", "--name", "hungry", "busybox", "tail", "/dev/zero"]
            #expect(docker(["run", "--network", "none"] + hungry).code == 137)
            #expect(docker("inspect", "-f", "{{.State.OOMKilled}}", "hungry").line == "true")
        }

        @Test func aLife() throws {
            let docker = try Docker()
            let options = ["run", "-d", "--network", "none", "--memory", "32m", "--name", "one"]
            #expect(docker(options + ["busybox", "sleep", "1000"]).code == 0)
            #expect(docker("inspect", "-f", "{{.HostConfig.Runtime}}", "one").line == "swocker")
            let inside = docker("exec", "-u", "5", "one", "sh", "-c", "id -u; exit 3")
            #expect(inside == Outcome(3, out: "5\n"))
            let missing = docker("exec", "one", "nosuch")
            #expect(missing.code == 126 && missing.out.contains("executable file not found"))
            #expect(docker("pause", "one").code == 0)
            #expect(docker("inspect", "-f", "{{.State.Status}}", "one").line == "paused")
            #expect(docker("unpause", "one").code == 0)
            #expect(docker("top", "one").out.contains("sleep 1000"))
            let figures = docker(
                "stats", "--no-stream", "--format", "{{.MemUsage}}, {{.PIDs}}", "one")
            #expect(figures.line.hasSuffix("/ 32MiB, 1"), "\(figures)")
            #expect(docker("update", "--memory", "64m", "--memory-swap", "64m", "one").code == 0)
            #expect(
                docker("stats", "--no-stream", "--format", "{{.MemUsage}}", "one")
                    .line.hasSuffix("/ 64MiB"))
            #expect(docker("kill", "one").code == 0)
            #expect(
                eventually { docker("inspect", "-f", "{{.State.ExitCode}}", "one").line == "137" })
            #expect(docker("start", "one").code == 0)
            #expect(docker("rm", "-f", "one").code == 0)
        }

        @Test func atATerminal() throws {
            let docker = try Docker()
            // In two words, so that their echo is not taken for them.
            let script = "until [ \"$(stty size)\" = '30 100' ]; do sleep 0.05; done; echo gr''own"
            let run = docker.terminal("run", "--rm", "-it", "--network", "none", "busybox", "sh")
            run.expect("/ # ")
            run.resize(rows: 30, columns: 100)
            run.type("\(script)\n")
            run.expect("grown")
            run.type("exit 4\n")
            #expect(run.wait().code == 4)
        }

        @Test func aService() throws {
            let docker = try Docker("--default-runtime", "swocker")
            #expect(docker("swarm", "init", "--advertise-addr", "127.0.0.1").code == 0)
            let options = [
                "--detach", "--no-resolve-image", "--network", "host", "--name", "three",
            ]
            let created = docker(
                ["service", "create"] + options
                    + [
                        "--replicas", "3", "--restart-delay", "100ms", "--stop-grace-period", "1s",
                        "busybox", "sleep", "1000",
                    ])
            #expect(created.code == 0, "\(created)")
            let replicas = ["service", "ls", "--format", "{{.Replicas}}"]
            #expect(eventually(seconds: 15) { docker(replicas).line == "3/3" })
            let tasks = docker("ps", "-q").lines
            let runtimes = docker(["inspect", "-f", "{{.HostConfig.Runtime}}"] + tasks).lines
            #expect(runtimes == ["swocker", "swocker", "swocker"])
            guard let first = tasks.first else { return }
            #expect(docker("kill", first).code == 0)
            let running = ["ps", "-q", "--filter", "status=running"]
            #expect(
                eventually(seconds: 15) {
                    let now = docker(running).lines
                    return now.count == 3 && !now.contains(first)
                })
            #expect(docker("service", "rm", "three").code == 0)
            #expect(eventually { docker(running).lines.isEmpty })
            #expect(docker("swarm", "leave", "--force").code == 0)
        }
    }
}

/// A dockerd of a test's own, which knows our runtime as `swocker`, and its client.
private final class Docker {
    private let enclosure: Enclosure
    private let daemon: ChildProcess

    init(_ options: String..., sourceLocation: SourceLocation = #_sourceLocation) throws {
        enclosure = Enclosure(sourceLocation: sourceLocation)
        let home = enclosure.directory
        make("\(home)/config", "{\"deprecated-key-path\": \"\(home)/key\"}")
        let words = [
            "dockerd", "--data-root", "\(home)/data", "--exec-root", "\(home)/exec",
            "--pidfile", "\(home)/pid", "-H", "unix://\(home)/socket",
            "--config-file", "\(home)/config",
            "--iptables=false", "--ip6tables=false", "--bridge=none",
            "--cgroup-parent", enclosure.cgroupParent, "--add-runtime",
            "swocker=\(Runtime.program)",
        ]
        daemon = enclosure.start(
            ["/bin/sh", "-c", "exec \"$@\" > \(home)/log 2>&1", "sh"] + words + options)
        _ = eventually(seconds: 20) { self("version").code == 0 || !daemon.isRunning }
        try #require(
            self("version").code == 0,
            "dockerd does not answer: \(text("\(home)/log").suffix(500))",
            sourceLocation: sourceLocation)
        let loaded = self("load", "-i", enclosure.image())
        try #require(loaded.code == 0, "\(loaded)", sourceLocation: sourceLocation)
    }

    deinit {
        let all = self("ps", "-aq").lines
        if !all.isEmpty { self(["rm", "-f"] + all) }
    }

    private func words(_ arguments: [String]) -> [String] {
        let runs = arguments.first == "run"
        return ["docker", "-H", "unix://\(enclosure.directory)/socket"] + arguments.prefix(1)
            + (runs ? ["--runtime", "swocker"] : []) + arguments.dropFirst()
    }

    @discardableResult
    func callAsFunction(_ arguments: String...) -> Outcome { self(arguments) }

    @discardableResult
    func callAsFunction(_ arguments: [String]) -> Outcome {
        enclosure.start(words(arguments)).wait()
    }

    /// `docker run --rm`.
    func run(_ arguments: String...) -> Outcome {
        self(["run", "--rm", "--network", "none"] + arguments)
    }

    func terminal(_ arguments: String...) -> TerminalSession {
        enclosure.terminal(words(arguments))
    }
}
