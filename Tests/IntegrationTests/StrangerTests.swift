// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// A pid on record may mean another process by now. No command may touch a stranger.
    @Suite struct StrangerTests {
        let swocker = Swocker()

        /// The record names processes that are not the container's, by pid: what it says after they have
        /// ended and their numbers were given to others.
        @Test(.enabled(if: isInstalled("sqlite3"), "sqlite3 is not installed"))
        func aReusedNumber() {
            swocker.sleeper("it", "--restart", "on-failure")
            let former = swocker.pid("it")
            for monitor in swocker.monitors { kill(monitor, SIGKILL) }
            kill(former, SIGKILL)
            #expect(eventually { kill(former, 0) != 0 })
            let record = "'\(swocker.root)/state.db'"
            let facts = swocker.host(
                "sh", "-c",
                "sqlite3 \(record) 'SELECT pid_started, monitor_started FROM containers'"
            ).line.split(separator: "|")
            guard facts.count == 2 else { return #expect(Bool(false), "\(facts)") }
            let stranger = ChildProcess(["sleep", "1000"], Surroundings())
            for command in [
                "kill it", "stop -t 1 it", "pause it", "exec it true", "top it", "wait it",
                "update --cpus 1 it", "system shutdown", "ps -a", "attach it", "restart -t 1 it",
                "system restore", "rm -f it",
            ] {
                for monitor in swocker.monitors { kill(monitor, SIGKILL) }
                kill(swocker.pid("it"), SIGKILL)
                swocker.host(
                    "sqlite3", "\(swocker.root)/state.db",
                    "UPDATE containers SET status = 'running', pid = \(stranger.pid), "
                        + "pid_started = \(facts[0]), monitor = \(stranger.pid), "
                        + "monitor_started = \(facts[1])")
                _ = swocker(words(command), seconds: 20)
                #expect(stranger.isRunning, "\(command)")
                #expect(!text("/proc/\(stranger.pid)/stat").contains(") T "), "\(command)")
                #expect(!text("/proc/\(stranger.pid)/cgroup").contains("swocker"), "\(command)")
            }
            #expect(swocker("ps", "-aq") == Outcome(0))
        }

        /// The kernel itself gives the number again, to a process of the same name.
        @Test(
            .enabled(
                if: access("/proc/sys/kernel/ns_last_pid", W_OK) == 0,
                "this kernel does not let us choose a pid"))
        func theNumberItself() {
            swocker.sleeper("it")
            let former = swocker.pid("it")
            for monitor in swocker.monitors { kill(monitor, SIGKILL) }
            kill(former, SIGKILL)
            #expect(eventually { kill(former, 0) != 0 })
            var stranger: ChildProcess?
            for _ in 0..<50 where stranger?.pid != former {
                stranger = nil
                write("\(former - 1)", to: "/proc/sys/kernel/ns_last_pid")
                stranger = ChildProcess(["sleep", "100"], Surroundings())
            }
            guard let stranger, stranger.pid == former else { return }  // the machine is too busy
            for command in ["kill it", "stop -t 1 it", "pause it", "exec it true", "rm -f it"] {
                _ = swocker(words(command), seconds: 20)
                #expect(stranger.isRunning, "\(command)")
            }
        }

        private func write(_ text: String, to path: String) {
            let file = open(path, O_WRONLY | O_CLOEXEC)
            defer { close(file) }
            _ = Array(text.utf8).withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        }
    }
}
