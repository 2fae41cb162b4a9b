// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// Limits, as the kernel's files have them.
    @Suite struct LimitTests {
        let swocker = Swocker()

        /// The value of a controller's file for a container, on either version of cgroups.
        private func value(_ id: String, _ controller: String, v1: String, v2: String) -> String {
            let base = "/sys/fs/cgroup"
            let paths = [
                "\(base)/\(controller)/swocker/\(id)/\(v1)", "\(base)/swocker/\(id)/\(v2)",
                "\(base)/unified/swocker/\(id)/\(v2)",
            ]
            let path = paths.first { isThere($0) } ?? ""
            return text(path).split(separator: "\n").first.map(String.init) ?? "no \(controller)"
        }

        @Test func memory() {
            let id = swocker.sleeper("lim", "--memory", "64m")
            #expect(
                value(id, "memory", v1: "memory.limit_in_bytes", v2: "memory.max") == "67108864")
            #expect(swocker.inspect("lim", "{{.HostConfig.Memory}}") == "67108864")
        }

        @Test func processes() {
            let id = swocker.sleeper("lim", "--pids-limit", "20")
            #expect(value(id, "pids", v1: "pids.max", v2: "pids.max") == "20")
            let bomb = swocker(
                "exec", "lim", "sh", "-c", "for i in $(seq 40); do sleep 1 & done; wait")
            #expect(bomb.code != 0 && bomb.err.contains("fork"), "\(bomb)")
        }

        @Test func processesHaveALimitByDefault() {
            let id = swocker.sleeper("lim")
            #expect(value(id, "pids", v1: "pids.max", v2: "pids.max") != "max")
        }

        @Test func cpus() {
            let id = swocker.sleeper("lim", "--cpus", "0.5", "--cpu-shares", "512")
            let quota = value(id, "cpu", v1: "cpu.cfs_quota_us", v2: "cpu.max")
            #expect(quota == "50000" || quota == "50000 100000")
            let shares = value(id, "cpu", v1: "cpu.shares", v2: "cpu.weight")
            #expect(shares == "512" || shares == "20" || shares == "59")
        }

        @Test func cpuset() {
            let id = swocker.sleeper("lim", "--cpuset-cpus", "0")
            #expect(value(id, "cpuset", v1: "cpuset.cpus", v2: "cpuset.cpus") == "0")
            #expect(swocker("exec", "lim", "nproc").out == "1\n")
        }

        @Test(arguments: [
            ("--memory 1m", "Minimum memory limit allowed is 6MB"),
            ("--cpus 10000", "Range of CPUs is from 0.01 to"),
            ("--memory 64m --memory-swap 32m", "wap"),
            (
                "--memory abc",
                "invalid argument \"abc\" for \"-m, --memory\" flag: invalid size: 'abc'"
            ),
        ])
        func limitsThatCannotBe(_ options: String, say text: String) {
            let outcome = swocker(["run", "--rm"] + words(options) + ["busybox", "true"])
            #expect(outcome.code == 125 && outcome.err.contains(text), "\(outcome)")
        }

        @Test func outOfMemory() {
            let outcome = swocker(
                "run", "--name", "oom", "--memory", "16m", "--memory-swap", "16m", "busybox", "sh",
                "-c", "x=a; while :; do x=$x$x; done")
            #expect(outcome.code == 137, "\(outcome)")
            #expect(
                swocker.inspect("oom", "{{.State.OOMKilled}} {{.State.ExitCode}}") == "true 137")
        }

        @Test func aCgroupInsideShowsNothingOfTheHost() {
            let outcome = swocker.sh("cat /proc/self/cgroup")
            #expect(outcome.code == 0, "\(outcome)")
            for line in outcome.lines { #expect(line.hasSuffix(":/"), "\(line)") }
        }
    }
}
