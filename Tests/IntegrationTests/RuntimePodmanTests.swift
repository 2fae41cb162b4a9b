// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram.TheRuntime {
    /// Debian's podman drives the runtime through conmon.
    @Suite(.enabled(if: isInstalled("podman") && isInstalled("skopeo"), "needs Debian's podman"))
    struct RuntimePodmanTests {
        @Test func answersAsTheProgramDid() {
            let podman = Podman()
            #expect(podman.run("--rm", "busybox", "echo", "hello") == Outcome(0, out: "hello\n"))
            #expect(podman.run("--rm", "busybox", "sh", "-c", "exit 7").code == 7)
            let missing = podman.run("--rm", "busybox", "nosuch")
            #expect(missing.code == 127)
            #expect(missing.err.contains("exec: \"nosuch\": executable file not found in $PATH"))
            #expect(podman("ps", "-aq").out == "")
        }

        @Test func aLife() {
            let podman = Podman()
            let script = "echo logged; trap 'exit 6' TERM; while :; do sleep 0.05; done"
            #expect(podman.run("-d", "--name", "one", "busybox", "sh", "-c", script).code == 0)
            #expect(podman("inspect", "-f", "{{.OCIRuntime}}", "one").line == Runtime.program)
            let inside = podman("exec", "-u", "5", "one", "sh", "-c", "id -u; exit 3")
            #expect(inside.code == 3 && inside.out == "5\n", "\(inside)")
            #expect(eventually { podman("logs", "one").out == "logged\n" })
            #expect(podman("pause", "one").code == 0)
            #expect(podman("inspect", "-f", "{{.State.Status}}", "one").line == "paused")
            #expect(podman("unpause", "one").code == 0)
            #expect(podman("top", "one", "args").out.contains("echo logged"))
            #expect(podman("stop", "one").code == 0)
            #expect(podman("inspect", "-f", "{{.State.ExitCode}}", "one").line == "6")
            #expect(podman("rm", "one").code == 0)
            #expect(podman("ps", "-aq").out == "")
        }

        @Test func atATerminal() {
            let podman = Podman()
            let run = podman.terminal("--rm", "-it", "busybox", "sh")
            run.expect("/ # ")
            run.type("tty; exit 4\n")
            run.expect("/dev/pts/0")
            #expect(run.wait().code == 4)
        }
    }
}

/// podman with directories of a test's own, and our runtime.
private final class Podman {
    private let enclosure: Enclosure

    init(sourceLocation: SourceLocation = #_sourceLocation) {
        enclosure = Enclosure(sourceLocation: sourceLocation)
        let loaded = self("load", "-i", enclosure.image())
        #expect(loaded.code == 0, "\(loaded)", sourceLocation: sourceLocation)
    }

    deinit { self("rm", "--all", "--force", "--time", "0") }

    private func words(_ arguments: [String]) -> [String] {
        let home = enclosure.directory
        return [
            "podman", "--root", "\(home)/root", "--runroot", "\(home)/run",
            "--tmpdir", "\(home)/tmp", "--storage-driver", "overlay", "--cgroup-manager",
            "cgroupfs",
            "--events-backend", "file", "--runtime", Runtime.program,
        ] + arguments
    }

    /// `run` with what every container here has. podman would raise the limits, and may not everywhere.
    private func running(_ arguments: [String]) -> [String] {
        let limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]
        return words(
            ["run", "--network", "none", "--cgroup-parent", enclosure.cgroupParent] + limits
                + arguments)
    }

    @discardableResult
    func callAsFunction(_ arguments: String...) -> Outcome {
        enclosure.start(words(arguments)).wait()
    }

    func run(_ arguments: String...) -> Outcome { enclosure.start(running(arguments)).wait() }

    func terminal(_ arguments: String...) -> TerminalSession {
        enclosure.terminal(running(arguments))
    }
}
