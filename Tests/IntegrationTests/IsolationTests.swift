// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// `run`'s options on namespaces, limits, capabilities and mounts.
    @Suite struct IsolationTests {
        let swocker = Swocker()

        @Test func networkNone() {
            let outcome = swocker.sh("ls /sys/class/net", "--network", "none")
            #expect(outcome == Outcome(0, out: "lo\n"))
        }

        @Test func networkHost() {
            let outcome = swocker.sh("readlink /proc/self/ns/net; hostname", "--network", "host")
            var name = [CChar](repeating: 0, count: 256)
            gethostname(&name, name.count)
            #expect(outcome.lines.first == linkTarget("/proc/self/ns/net"), "\(outcome)")
            #expect(
                outcome.lines.last.map { Array($0.utf8CString) } == Array(name.prefix { $0 != 0 })
                    + [0])
        }

        @Test func pidHost() {
            let outcome = swocker.sh("readlink /proc/self/ns/pid", "--pid", "host")
            #expect(outcome.line == linkTarget("/proc/self/ns/pid"), "\(outcome)")
        }

        @Test(arguments: ["pid", "net", "mnt", "uts", "ipc", "cgroup", "user"])
        func namespacesAreItsOwn(_ kind: String) {
            let outcome = swocker.sh("readlink /proc/self/ns/\(kind)")
            #expect(outcome.code == 0 && outcome.out.hasPrefix("\(kind):["), "\(outcome)")
            #expect(outcome.line != linkTarget("/proc/self/ns/\(kind)"))
        }

        @Test func namespacesOfAnotherContainer() {
            swocker.sleeper("first")
            let theirs = swocker("exec", "first", "readlink", "/proc/self/ns/net").line
            let joined = swocker.sh("readlink /proc/self/ns/net", "--network", "container:first")
            #expect(joined == Outcome(0, out: theirs + "\n"))
            let pids = swocker.sh("ps", "--pid", "container:first")
            #expect(pids.out.contains("trap"), "\(pids)")
        }

        @Test func readOnlyRoot() {
            let outcome = swocker.sh(
                "touch /no; touch /tmp/yes && echo yes", "--read-only", "--tmpfs", "/tmp")
            #expect(outcome.out == "yes\n", "\(outcome)")
            #expect(outcome.err.contains("Read-only file system"))
        }

        @Test func temporaryFileSystems() {
            let plain = swocker.sh("grep ' /x ' /proc/mounts", "--tmpfs", "/x")
            for option in ["nosuid", "nodev", "noexec", "tmpfs"] {
                #expect(plain.out.contains(option), "\(plain)")
            }
            let sized = swocker.sh(
                "df -k /x | tail -n 1; stat -c %a /x", "--tmpfs", "/x:size=1m,mode=700,exec")
            #expect(sized.out.contains(" 1024 ") && sized.lines.last == "700", "\(sized)")
            let mount = swocker.sh(
                "df -k /y | tail -n 1; stat -c %a /y", "--mount",
                "type=tmpfs,dst=/y,tmpfs-size=2m,tmpfs-mode=1770")
            #expect(mount.out.contains(" 2048 ") && mount.lines.last == "1770", "\(mount)")
        }

        @Test func sharedMemory() {
            #expect(swocker.sh("df -k /dev/shm | tail -n 1").out.contains(" 65536 "))
            #expect(
                swocker.sh("df -k /dev/shm | tail -n 1", "--shm-size", "8m").out.contains(" 8192 "))
        }

        @Test func rlimits() {
            let outcome = swocker.sh(
                "ulimit -Sn; ulimit -Hn; ulimit -c", "--ulimit", "nofile=100:200", "--ulimit",
                "core=0")
            #expect(outcome == Outcome(0, out: "100\n200\n0\n"))
        }

        @Test func sysctls() {
            let outcome = swocker.sh(
                "cat /proc/sys/kernel/msgmax", "--sysctl", "kernel.msgmax=4321")
            #expect(outcome == Outcome(0, out: "4321\n"))
            let host = swocker.sh("true", "--sysctl", "kernel.panic=1")
            #expect(host.code == 125 || host.code == 126, "\(host)")
            #expect(host.err.contains("kernel.panic"), "\(host)")
        }

        /// The bits of a set in /proc/self/status.
        private func capabilities(_ set: String, _ options: [String]) -> String {
            swocker(
                ["run", "--rm"] + options + ["busybox", "grep", set, "/proc/self/status"]
            ).line.split(separator: "\t").last.map(String.init) ?? ""
        }

        @Test(arguments: [
            ("", "00000000a80425fb"), ("--cap-drop ALL", "0000000000000000"),
            ("--cap-drop ALL --cap-add CHOWN", "0000000000000001"),
            ("--cap-drop CAP_KILL", "00000000a80425db"),
            ("--cap-add SYS_ADMIN", "00000000a82425fb"),
        ])
        func capabilitySets(_ line: String, are bits: String) {
            let options = words(line)
            for set in ["CapPrm", "CapEff", "CapBnd"] {
                #expect(capabilities(set, options) == bits, "\(set)")
            }
            #expect(capabilities("CapInh", options) == "0000000000000000")
            #expect(capabilities("CapEff", options + ["-u", "nobody"]) == "0000000000000000")
        }

        @Test func unknownCapability() {
            let outcome = swocker.sh("true", "--cap-add", "FOO")
            #expect(outcome.code == 125, "\(outcome)")
            #expect(outcome.err.contains("unknown capability: \"CAP_FOO\""), "\(outcome)")
        }

        @Test func privileged() {
            let outcome = swocker.sh(
                "grep CapEff /proc/self/status; grep Seccomp: /proc/self/status; "
                    + "cat /proc/self/uid_map; mount -t tmpfs x /tmp; "
                    + "echo $?; test -w /proc/sys/kernel/panic && echo writable", "--privileged")
            #expect(outcome.out.contains("Seccomp:\t0"), "\(outcome)")
            #expect(outcome.out.contains("4294967295"), "\(outcome)")
            #expect(outcome.lines.suffix(2) == ["0", "writable"], "\(outcome)")
            let full =
                text("/proc/self/status").split(separator: "\n")
                .first { $0.hasPrefix("CapBnd") }?.split(separator: "\t").last ?? "?"
            #expect(outcome.out.contains("CapEff:\t\(full)"), "\(outcome)")
        }

        @Test func usernsHost() {
            let outcome = swocker.sh(
                "cat /proc/self/uid_map; touch /f; stat -c %u /f", "--userns=host")
            #expect(outcome.code == 0 && outcome.out.contains("4294967295"), "\(outcome)")
        }

        @Test func noNewPrivileges() {
            let option = swocker.sh(
                "grep NoNewPrivs /proc/self/status", "--security-opt", "no-new-privileges")
            #expect(option == Outcome(0, out: "NoNewPrivs:\t1\n"))
        }

        @Test func devices() {
            let listed = swocker.sh("ls /dev").lines
            for name in [
                "null", "zero", "full", "random", "urandom", "tty", "fd", "stdin", "pts", "shm",
            ] {
                #expect(listed.contains(name), "\(name)")
            }
            #expect(!listed.contains("sda") && !listed.contains("kmsg") && !listed.contains("mem"))
            #expect(swocker.sh("echo x > /dev/null; head -c 4 /dev/zero | wc -c").out == "4\n")
        }
    }
}
