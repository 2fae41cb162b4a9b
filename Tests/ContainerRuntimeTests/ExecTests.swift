// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Glibc
import Linux
import OCI
import Testing

@Suite(.serialized, .enabled(if: launchObstacle == nil, "needs root and a static busybox"))
struct ExecTests {
    @Test(arguments: [true, false])
    func joinsTheContainer(userNamespace: Bool) throws {
        let container = try BusyboxContainer(userNamespace: userNamespace)
        container.cgroup = Cgroup(
            "swocker/test-exec\(getpid())", on: try CgroupHierarchies.discover())
        let script = """
            hostname; for n in cgroup ipc mnt net pid uts user; do
              [ $(readlink /proc/self/ns/$n) = $(readlink /proc/1/ns/$n) ] || echo $n differs
            done
            [ $(cat /proc/self/cgroup | grep -c .) -gt 0 ] || echo no cgroups
            grep -v ':/$' /proc/self/cgroup; grep CapEff /proc/self/status
            ls /proc/self/fd | grep -c .
            cat /proc/self/environ | grep -c HOST; grep -c sleep /proc/1/cmdline
            echo again > /dev/stdout
            """
        setenv("HOST_SECRET", "1", 1)
        let outcome = try container.whileRunning { started in
            try container.exec(BusyboxContainer.process(["sh", "-c", script]), in: started)
        }
        #expect(
            outcome
                == Outcome(
                    output: "inside\nCapEff:\t00000000000000e3\n4\n0\n1\nagain\n", code: 0))
    }

    /// On version 2 processes are born in their group; a hybrid machine has a tree of it to try on.
    @Test(.enabled(if: version2Mount != nil, "needs cgroup version 2"))
    func isBornInAGroupOfVersion2() throws {
        let container = try BusyboxContainer()
        let name = "swocker/test-v2-\(getpid())"
        container.cgroup = Cgroup(name, on: .v2(mount: try #require(version2Mount)))
        let outcome = try container.whileRunning { started in
            let groups = try contents(of: "/proc/\(started.pid)/cgroup")
            #expect(String(decoding: groups, as: UTF8.self).contains("0::/\(name)\n"))
            let script = "grep ^0: /proc/self/cgroup; grep ^0: /proc/1/cgroup"
            return try container.exec(BusyboxContainer.process(["sh", "-c", script]), in: started)
        }
        #expect(outcome == Outcome(output: "0::/\n0::/\n", code: 0))
    }

    @Test(arguments: [
        (["nosuch"], "/", "exec: \"nosuch\": executable file not found in $PATH"),
        (["/etc/text"], "/", "exec: \"/etc/text\": permission denied"),
        (
            ["pwd"], "/nosuch",
            "chdir to cwd (\"/nosuch\") set in config.json failed: no such file or directory"
        ),
        (["pwd"], "tmp", "Cwd must be an absolute path"),
    ])
    func saysWhyItFailed(_ arguments: [String], _ directory: String, _ text: String) throws {
        let container = try BusyboxContainer()
        let outcome = try container.whileRunning { started in
            var process = BusyboxContainer.process(arguments)
            process.cwd = directory
            let outcome: Outcome
            do { outcome = try container.exec(process, in: started) } catch {
                // The sibling that failed is reaped: only the container itself is left.
                #expect(waitpid(-1, nil, WNOHANG) == 0)
                return Outcome(output: "\(error)", code: errorCode)
            }
            return outcome
        }
        #expect(outcome == Outcome(output: text, code: errorCode))
    }

    /// Nothing that the engine has open leads out of the container.
    @Test func bringsNoDescriptorAlong() throws {
        let container = try BusyboxContainer()
        let outcome = try container.whileRunning { started in
            let host = try OwnedFD.open(container.base, O_RDONLY | O_DIRECTORY)
            for number in Array(3..<12) + Array(host.raw..<host.raw + 12) {
                var process = BusyboxContainer.process(["ls", "-a", "."])
                process.cwd = "/proc/self/fd/\(number)"
                do {
                    let outcome = try container.exec(process, in: started)
                    if outcome.output.contains("lower") { return outcome }
                } catch {}
            }
            return Outcome(output: "", code: exists("/proc/self/fd/\(host.raw)/lower") ? 0 : 1)
        }
        #expect(outcome == Outcome(output: "", code: 0))
    }

    @Test func takesUserLimitsAndDirectory() throws {
        let container = try BusyboxContainer()
        container.user = .named("user", groups: [])
        let outcome = try container.whileRunning { started in
            var process = BusyboxContainer.process(
                ["sh", "-c", "id -u; pwd; ulimit -n; cat /proc/self/oom_score_adj; echo $HOME"])
            process.cwd = "/tmp"
            process.rlimits = [Spec.Rlimit(type: "RLIMIT_NOFILE", soft: 77, hard: 99)]
            process.oomScoreAdj = 123
            process.noNewPrivileges = true
            return try container.exec(process, in: started)
        }
        #expect(outcome == Outcome(output: "1000\n/tmp\n77\n123\n/home/user\n", code: 0))
    }

    @Test func opensATerminal() throws {
        let container = try BusyboxContainer()
        let outcome = try container.whileRunning { started in
            let process = BusyboxContainer.process(["sh", "-c", "tty; exit 7"])
            var request = try container.execRequest(process, in: started)
            request.terminal = true
            let sockets = try DescriptorPair.sockets()
            let second = try Launch(
                try Plan(request),
                lending: [.container: started.pidfd.raw, .console: sockets.second.raw]
            ).run()
            let main = try DescriptorPassing.receive(from: sockets.first.raw)
            return try terminalOutcome(main, second)
        }
        #expect(outcome == Outcome(output: "/dev/pts/0\r\n", code: 7))
    }

    /// A container that puts something else where its terminals should be gets no terminal.
    @Test func refusesATerminalOfTheContainersMaking() throws {
        let container = try BusyboxContainer()
        container.spec.mounts.removeAll { $0.destination == "/dev/pts" }
        let prepare = "mkdir -p /dev/pts; ln -s /etc/passwd /dev/pts/ptmx; sleep 60"
        let outcome = try container.whileRunning(["sh", "-c", prepare]) { started in
            let process = BusyboxContainer.process(["true"])
            var request = try container.execRequest(process, in: started)
            request.terminal = true
            let sockets = try DescriptorPair.sockets()
            usleep(100_000)
            let second = try Launch(
                try Plan(request),
                lending: [.container: started.pidfd.raw, .console: sockets.second.raw]
            ).run()
            return Outcome(output: "started", code: second.pid)
        }
        #expect(outcome == Outcome(output: "open a terminal: no such device", code: errorCode))
    }

    @Test func saysThatTheContainerIsGone() throws {
        let container = try BusyboxContainer()
        let outcome = try container.whileRunning { started in
            let request = try container.execRequest(
                BusyboxContainer.process(["true"]), in: started)
            try started.pidfd.send(signal: SIGKILL)
            _ = try started.pidfd.isReadable(within: -1)
            return try BusyboxContainer.outcome(
                of: try Plan(request), lending: [.container: started.pidfd.raw])
        }
        #expect(outcome.code == errorCode)
        #expect(outcome.output.hasSuffix("no such process"), "\(outcome.output)")
    }

    @Test func leavesNothingBehind() throws {
        let container = try BusyboxContainer()
        let outcome = try container.whileRunning { started in
            let before = try names(in: "/proc/self/fd").count
            for _ in 0..<30 {
                _ = try container.exec(BusyboxContainer.process(["true"]), in: started)
            }
            let after = try names(in: "/proc/self/fd").count
            return Outcome(output: "\(after - before) \(waitpid(-1, nil, WNOHANG))", code: 0)
        }
        #expect(outcome == Outcome(output: "0 0", code: 0))
    }
}
