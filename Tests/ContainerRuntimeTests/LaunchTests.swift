// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Glibc
import Linux
import OCI
import Testing

@Suite(.serialized, .enabled(if: launchObstacle == nil, "needs root and a static busybox"))
struct LaunchTests {
    @Test func runsWithNamespacesMountsAndHidesFiles() throws {
        let script = """
            id; hostname; cat /proc/self/uid_map; echo pid $$
            grep -c . /proc/keys; ls /sys/firmware | grep -c .
            echo 1 > /proc/sys/kernel/panic || echo refused
            ls /proc/self/fd | grep -c .; grep Cap /proc/self/status
            """
        let outcome = try BusyboxContainer().run(["sh", "-c", script])
        let lines = outcome.output.split(separator: "\n").map(String.init)
        #expect(lines.first == "uid=0(root) gid=0(root) groups=0(root)")
        #expect(lines.contains("inside"))
        #expect(lines.contains("         0     200000      65536"))
        #expect(lines.contains("pid 1"))
        #expect(outcome.output.lowercased().contains("read-only file system"))
        #expect(lines.contains("refused"))
        // 0, 1, 2 and the directory that ls reads.
        #expect(lines.filter { $0 == "0" }.count == 2 && lines.contains("4"), "\(lines)")
        #expect(lines.contains("CapInh:\t0000000000000000"))
        #expect(lines.contains("CapEff:\t00000000000000e3"))
        #expect(lines.contains("CapBnd:\t00000000000000e3"))
    }

    @Test(
        arguments: [.attached(directory: "lowers")]
            + (overlayTakesDescriptors ? [Overlay.Strategy.descriptors] : []))
    func writesThroughTheOverlay(_ strategy: Overlay.Strategy) throws {
        let container = try BusyboxContainer()
        container.overlayStrategy =
            switch strategy {
            case .descriptors: .descriptors
            case .attached(let name): .attached(directory: "\(container.base)/\(name)")
            }
        let script = "stat -c %u /etc/passwd; echo new > /etc/passwd; cat /etc/passwd; pwd"
        let outcome = try container.run(["sh", "-c", script])
        #expect(outcome == Outcome(output: "0\nnew\n/\n", code: 0))
        let upper = "\(container.base)/upper/etc/passwd"
        #expect(try contents(of: upper) == Array("new\n".utf8))
        var status = stat()
        #expect(stat(upper, &status) == 0 && status.st_uid == 200_000)
        #expect(!exists("\(container.base)/lowers"))
    }

    @Test(arguments: [
        (["nosuch"], "exec: \"nosuch\": executable file not found in $PATH"),
        (["/bin/nosuch"], "exec: \"/bin/nosuch\": stat /bin/nosuch: no such file or directory"),
        (["/etc/text"], "exec: \"/etc/text\": permission denied"),
        (["/etc"], "exec: \"/etc\": is a directory"),
        (["/bin/garbage"], "exec /bin/garbage: exec format error"),
    ])
    func saysWhyAProgramCannotRun(_ arguments: [String], _ text: String) throws {
        #expect(try BusyboxContainer().run(arguments) == Outcome(output: text, code: errorCode))
    }

    @Test(arguments: [
        ("nosuch", "unable to find user nosuch: no matching entries in passwd file"),
        ("root:nosuch", "unable to find group nosuch: no matching entries in group file"),
    ])
    func saysThatAUserIsUnknown(_ user: String, _ text: String) throws {
        let container = try BusyboxContainer()
        container.user = .named(user, groups: [])
        #expect(try container.run(["true"]) == Outcome(output: text, code: errorCode))
    }

    @Test func passesTheExitCodeOn() throws {
        #expect(try BusyboxContainer().run(["sh", "-c", "exit 42"]).code == 42)
        #expect(try BusyboxContainer().run(["sh", "-c", "kill -9 $$; exit 3"]).code == 3)
    }

    /// "/dev/stdout" leads to a pipe of the host's, which must then be its own.
    @Test(arguments: ["", "user"])
    func opensItsOutputAgain(_ user: String) throws {
        let container = try BusyboxContainer()
        container.user = .named(user, groups: [])
        let outcome = try container.run(["sh", "-c", "echo again > /dev/stdout"])
        #expect(outcome == Outcome(output: "again\n", code: 0))
    }

    /// Root goes where the user may not (`-u user -w /private`).
    @Test func entersADirectoryThatItsUserMayNot() throws {
        let container = try BusyboxContainer()
        container.user = .named("user", groups: [])
        var process = BusyboxContainer.process(["id"])
        process.cwd = "/private"
        let outcome = try container.run(process)
        #expect(
            outcome.output == "uid=1000(user) gid=1000(user) groups=44(extra),1000(user)\n"
                || outcome.output == "uid=1000(user) gid=1000(user) groups=1000(user),44(extra)\n")
        process.cwd = "/made/for/it"
        process.args = ["pwd"]
        #expect(try container.run(process) == Outcome(output: "/made/for/it\n", code: 0))
    }

    /// The system's own numbers when no user namespace stands between.
    @Test func runsWithoutAUserNamespace() throws {
        let container = try BusyboxContainer(userNamespace: false)
        let outcome = try container.run(["sh", "-c", "cat /proc/self/uid_map; ls -l /dev/null"])
        #expect(outcome.output.contains("         0          0 4294967295"))
        #expect(outcome.output.contains("crw-rw-rw-"))
    }

    @Test func opensATerminal() throws {
        let container = try BusyboxContainer()
        container.terminal = true
        let script = "tty; stat -c %u:%g /dev/pts/0; ls -l /dev/console"
        var process = BusyboxContainer.process(["sh", "-c", script])
        process.consoleSize = Spec.ConsoleSize(height: 5, width: 7)
        container.user = .named("user", groups: [])
        let plan = try Plan(container.request(process))
        let outcome = try alone {
            let sockets = try DescriptorPair.sockets()
            let started = try Launch(plan, lending: [.console: sockets.second.raw]).run()
            let main = try DescriptorPassing.receive(from: sockets.first.raw)
            return try terminalOutcome(main, started)
        }
        #expect(outcome.output.hasPrefix("/dev/pts/0\r\n1000:5\r\ncrw"), "\(outcome)")
        #expect(outcome.code == 0)
    }

    /// A directory that the engine has open is no way out (CVE-2024-21626).
    @Test(arguments: ["/proc/self/fd/", "/proc/1/fd/", "/proc/self/fd/../fd/"])
    func doesNotLeaveThroughADescriptor(_ prefix: String) throws {
        let container = try BusyboxContainer()
        var request = container.request(BusyboxContainer.process(["ls", "-a", "."]))
        let outcome = try alone {
            let host = try OwnedFD.open(container.base, O_RDONLY | O_DIRECTORY)
            for number in Array(3..<12) + Array(host.raw..<host.raw + 12) {
                request.spec.process?.cwd = "\(prefix)\(number)"
                let plan = try Plan(request)
                do {
                    let outcome = try BusyboxContainer.outcome(of: plan, lending: [:])
                    return Outcome(output: "\(number) let in: \(outcome)", code: 1)
                } catch {}
            }
            return Outcome(output: "", code: exists("/proc/self/fd/\(host.raw)/lower") ? 0 : 1)
        }
        #expect(outcome == Outcome(output: "", code: 0))
    }

    /// Only pipes are given to the container's user: what a file's owner is on the host stays.
    @Test func leavesTheOwnerOfAFileAlone() throws {
        let container = try BusyboxContainer(userNamespace: false)
        container.user = .named("user", groups: [])
        let plan = try Plan(container.request(BusyboxContainer.process(["echo", "text"])))
        let path = "\(container.base)/output"
        let outcome = try alone {
            let file = try OwnedFD.open(path, O_WRONLY | O_CREAT, mode: 0o600)
            let started = try Launch(plan, lending: [.output: file.raw]).run()
            return Outcome(output: "", code: try started.pidfd.reap()?.exitCode ?? -1)
        }
        #expect(outcome.code == 0)
        #expect(try contents(of: path) == Array("text\n".utf8))
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_uid == 0)
    }

    @Test func leavesNothingBehind() throws {
        let container = try BusyboxContainer()
        container.cgroup = Cgroup(
            "swocker/test-launch\(getpid())", on: try CgroupHierarchies.discover())
        let plan = try Plan(container.request(BusyboxContainer.process(["true"])))
        let failing = try Plan(container.request(BusyboxContainer.process(["nosuch"])))
        let group = try #require(container.cgroup)
        let outcome = try alone(seconds: 60) {
            let before = try names(in: "/proc/self/fd").count
            for _ in 0..<50 {
                _ = try BusyboxContainer.outcome(of: plan, lending: [:])
                try group.remove()
            }
            for _ in 0..<5 {
                do { _ = try BusyboxContainer.outcome(of: failing, lending: [:]) } catch {}
                try group.remove()
            }
            let after = try names(in: "/proc/self/fd").count
            // No child is left, dead or alive.
            let children = waitpid(-1, nil, WNOHANG)
            return Outcome(output: "\(after - before) \(children)", code: 0)
        }
        #expect(outcome == Outcome(output: "0 -1", code: 0))
        let mounts = String(decoding: try contents(of: "/proc/self/mountinfo"), as: UTF8.self)
        #expect(!mounts.contains(container.base))
        #expect(group.directories.allSatisfy { !exists($0) })
    }
}

/// What a program prints on a terminal, until it has hung up (EIO), and its end.
func terminalOutcome(
    _ main: consuming OwnedFD?, _ process: borrowing StartedProcess
) throws -> Outcome {
    guard let main else { return Outcome(output: "no terminal came", code: -1) }
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 512)
    while true {
        let count = read(main.raw, &buffer, buffer.count)
        guard count > 0 else { break }
        text += buffer[..<count]
    }
    let end = try process.pidfd.reap()
    return Outcome(output: String(decoding: text, as: UTF8.self), code: end?.exitCode ?? -1)
}
