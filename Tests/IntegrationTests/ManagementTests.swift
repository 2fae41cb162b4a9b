// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// rename, port, top, stats, update, container prune, and what completion offers.
    @Suite struct ManagementTests {
        let swocker = Swocker()

        @Test func rename() {
            let id = swocker("create", "--name", "first", "busybox").line
            swocker("create", "--name", "other", "busybox")
            #expect(swocker("rename", "first", "second") == Outcome(0))
            #expect(swocker.inspect(id, "{{.Name}}") == "/second")
            for (name, words) in [
                ("second", "Renaming a container with the same name as its current name"),
                ("other", "Conflict. The container name \"/other\" is already in use"),
                ("a b", "Invalid container name (/a b)"), ("", "may be empty"),
            ] {
                let answer = swocker("rename", "second", name)
                #expect(answer.code == 1 && answer.err.contains(words), "\(answer)")
                #expect(answer.err.hasSuffix("\nError: failed to rename container named second\n"))
            }
            #expect(swocker.inspect(id, "{{.Name}}") == "/second")
        }

        @Test func portsOfWhatPublishesNone() {
            swocker.sleeper("closed")
            #expect(swocker("port", "closed") == Outcome(0))
            let answer = swocker("port", "closed", "80")
            #expect(answer.code == 1, "\(answer)")
            #expect(answer.err == "Error: No public port '80' published for closed\n")
        }

        @Test func top() {
            let busy = ["run", "-d", "--name", "busy", "-u", "1000", "busybox", "sleep", "987"]
            #expect(swocker(busy).code == 0)
            let lines = swocker("top", "busy").lines
            #expect(lines.count == 2)
            #expect(words(lines[0]) == words("UID PID PPID C STIME TTY TIME CMD"))
            #expect(words(lines[1])[1] == "\(swocker.pid("busy"))")
            #expect(words(lines[1]).suffix(2) == ["sleep", "987"])
            #expect(
                swocker("top", "busy", "-o", "uid,pid,comm").lines.last?.hasPrefix("1000 ") == true)
            let missing = swocker("top", "busy", "-o", "comm")
            #expect(missing.code == 1)
            #expect(missing.err.contains("Couldn't find PID field in ps output"), "\(missing)")
            swocker("kill", "busy")
            #expect(eventually { swocker.inspect("busy", "{{.State.Running}}") == "false" })
            #expect(swocker("top", "busy").err.contains("is not running"))
        }

        @Test(.enabled(if: isInstalled("ps")))
        func topAsTheHostsPsHasIt() {
            swocker.sleeper("web")
            let lines = swocker("top", "web", "aux").lines
            #expect(lines.first.map { words($0).first } == "USER")
            #expect(lines.dropFirst().contains { words($0)[1] == "\(swocker.pid("web"))" })
            let wrong = swocker("top", "web", "--nosuch")
            #expect(wrong.code == 1 && wrong.err.contains("ps: "), "\(wrong)")
        }

        @Test func stats() {
            let script = "while :; do :; done"
            swocker("run", "-d", "--name", "hot", "-m", "64m", "busybox", "sh", "-c", script)
            let line = swocker(
                "stats", "--no-stream", "--format", "{{.Name}} {{.CPUPerc}} {{.MemUsage}} {{.PIDs}}"
            )
            let found = words(line.line)
            #expect(found.first == "hot" && found.suffix(2) == ["64MiB", "1"], "\(line)")
            #expect((Double(found[1].dropLast()) ?? 0) > 5, "\(line)")
            swocker("create", "--name", "cold", "busybox")
            #expect(swocker("stats", "--no-stream").lines.count == 2)
            #expect(swocker("stats", "-a", "--no-stream").lines.count == 3)
            let missing = swocker("stats", "--no-stream", "nosuch")
            #expect(missing.code == 1 && missing.err.contains("No such container: nosuch"))
        }

        @Test func liveStatsFollowWhatComesAndGoes() {
            swocker.sleeper("one")
            let live = swocker.start("stats", "--format", "{{.Name}}")
            #expect(live.collect(seconds: 5) { $0.out.contains("one") })
            swocker.sleeper("two")
            #expect(live.collect(seconds: 5) { $0.out.contains("two") })
            swocker("rm", "-f", "one", "two")
            live.send(signal: SIGINT)
            #expect(live.wait().code == -SIGINT)
        }

        @Test func updateOfARunningContainer() {
            swocker.sleeper("web", "-m", "64m")
            #expect(swocker("update", "-m", "100m", "--pids-limit", "50", "web").out == "web\n")
            let limits = "{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}}"
            #expect(swocker.inspect("web", limits) == "104857600 50")
            let shown = swocker("stats", "--no-stream", "--format", "{{.MemUsage}}", "web").line
            #expect(shown.hasSuffix("100MiB"), "\(shown)")
            #expect(swocker("update", "--cpus", "0.5", "--restart", "always", "web").code == 0)
            #expect(swocker.inspect("web", "{{.HostConfig.RestartPolicy.Name}}") == "always")
            swocker("update", "--restart", "no", "web")
            for (words, reason) in [
                (words("-m 1m"), "Minimum memory limit allowed is 6MB"),
                (words("--cpu-period 1000"), "CPU Period cannot be updated as NanoCPUs"),
                (words("-m 1g"), "already set memoryswap limit"),
                (words("--cpuset-cpus 4000"), "4000"),
            ] {
                let answer = swocker(["update"] + words + ["web"])
                #expect(answer.code == 1 && answer.err.contains(reason), "\(answer)")
            }
            #expect(swocker.inspect("web", limits) == "104857600 50")
            let none = swocker("update", "web")
            #expect(none.err == "you must provide one or more flags when using this command\n")
        }

        @Test func updateOfOneThatDoesNotRunHoldsAtTheNextStart() {
            swocker("create", "--name", "later", "busybox", "sleep", "100")
            #expect(swocker("update", "-m", "64m", "later") == Outcome(0, out: "later\n"))
            swocker("start", "later")
            let shown = swocker("stats", "--no-stream", "--format", "{{.MemUsage}}", "later").line
            #expect(shown.hasSuffix("64MiB"), "\(shown)")
        }

        @Test func prune() {
            swocker.sleeper("up")
            let old = swocker("create", "--label", "go=1", "busybox").line
            swocker("create", "--name", "stay", "busybox")
            let asked = swocker("container", "prune", input: .text("n\n"))
            #expect(asked.code == 0 && asked.out.contains("remove all stopped containers"))
            #expect(swocker("ps", "-aq").lines.count == 3)
            #expect(
                swocker("container", "prune", "-f", "--filter", "label=go")
                    == Outcome(0, out: "Deleted Containers:\n\(old)\n\nTotal reclaimed space: 0B\n")
            )
            #expect(swocker("container", "prune", "-f").out.contains("Deleted Containers:\n"))
            #expect(
                swocker("container", "prune", "-f")
                    == Outcome(0, out: "Total reclaimed space: 0B\n"))
            #expect(swocker("ps", "-a", "--format", "{{.Names}}").out == "up\n")
            #expect(swocker("container", "prune", "-f", "--filter", "x=y").code == 1)
        }

        @Test func completionOffersWhatFits() {
            swocker.sleeper("up", "-v", "data:/data")
            swocker("create", "--name", "down", "busybox")
            for (subjects, names) in [
                ("containers", "down up"), ("running", "up"), ("startable", "down"),
                ("images", "busybox:latest"), ("volumes", "data"),
                ("networks", "bridge host none"),
                ("running volumes", "up data"), ("nonsense", ""),
            ] {
                let offered = swocker(["__complete"] + words(subjects))
                #expect(
                    offered.code == 0 && offered.lines == words(names), "\(subjects): \(offered)")
            }
        }
    }
}
