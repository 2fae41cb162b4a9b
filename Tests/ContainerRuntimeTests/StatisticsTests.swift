// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Linux
import OCI
import Testing

/// The files of both versions as runc's document.
struct StatisticsTests {
    private func number(_ document: JSONValue, _ path: String) -> Int64? {
        var value: JSONValue? = document
        for name in path.split(separator: ".") { value = value?[String(name)] }
        return value?.integerValue
    }

    @Test func version1() throws {
        let groups = try FakeGroups([
            "cpuacct/c/cpuacct.usage": "700\n", "cpuacct/c/cpuacct.usage_percpu": "300 400 \n",
            "cpuacct/c/cpuacct.usage_all": "cpu user system\n0 100 200\n1 150 250\n",
            "cpuacct/c/cpuacct.stat": "user 3\nsystem 2\n",
            "cpu/c/cpu.stat": "nr_periods 5\nnr_throttled 2\nthrottled_time 99\n",
            "memory/c/memory.stat": "cache 10\nrss 20\n",
            "memory/c/memory.usage_in_bytes": "4096\n", "memory/c/memory.failcnt": "7\n",
            "memory/c/memory.limit_in_bytes": "9223372036854771712\n",
            "memory/c/memory.max_usage_in_bytes": "8192\n",
            "memory/c/memory.kmem.tcp.usage_in_bytes": "3\n",
            "pids/c/pids.current": "2\n", "pids/c/pids.max": "max\n",
            "hugetlb/c/hugetlb.2MB.usage_in_bytes": "2097152\n",
            "hugetlb/c/hugetlb.2MB.failcnt": "1\n",
            "blkio/c/blkio.throttle.io_service_bytes_recursive": "8:0 Read 100\nTotal 100\n",
            "cpuset/c/cpuset.cpus": "0-1,3\n", "cpuset/c/cpuset.mems": "0\n",
            "cpuset/c/cpuset.sched_load_balance": "1\n",
        ])
        let document = Cgroup("c", on: groups.v1).containerStatistics().document
        for (path, expected) in [
            ("cpu.usage.total", 700), ("cpu.usage.user", 30_000_000),
            ("cpu.usage.kernel", 20_000_000), ("cpu.throttling.throttledPeriods", 2),
            ("cpu.throttling.throttledTime", 99), ("memory.cache", 10), ("memory.raw.rss", 20),
            ("memory.usage.usage", 4096), ("memory.usage.max", 8192), ("memory.usage.failcnt", 7),
            ("memory.usage.limit", 9_223_372_036_854_771_712), ("memory.kernelTCP.usage", 3),
            ("memory.swap.failcnt", 0), ("pids.current", 2), ("pids.limit", nil),
            ("hugetlb.2MB.usage", 2_097_152), ("hugetlb.2MB.failcnt", 1),
            ("cpuset.sched_load_balance", 1), ("cpu.psi", nil),
        ] as [(String, Int64?)] {
            #expect(number(document, path) == expected, "\(path)")
        }
        #expect(
            document["cpu"]?["usage"]?["percpu_user"] == .array([.integer(100), .integer(150)]))
        #expect(document["cpuset"]?["cpus"] == .array([.integer(0), .integer(1), .integer(3)]))
        let bytes = document["blkio"]?["ioServiceBytesRecursive"]?.arrayValue
        #expect(bytes?.count == 1 && bytes?[0]["op"] == .string("Read"))
        #expect(bytes?[0]["major"] == .integer(8) && bytes?[0]["minor"] == nil)
    }

    @Test func version2() throws {
        let pressure = "some avg10=1.50 avg60=0.00 avg300=0.00 total=12\n"
        let groups = try FakeGroups([
            "c/cpu.stat": "usage_usec 7\nuser_usec 4\nsystem_usec 3\nthrottled_usec 9\n",
            "c/cpu.pressure": pressure, "c/memory.pressure": pressure + pressure.replacingSome(),
            "c/memory.stat": "anon 1\nfile 10\n", "c/memory.current": "4096\n",
            "c/memory.max": "max\n", "c/memory.peak": "9000\n", "c/memory.swap.current": "4\n",
            "c/memory.swap.max": "max\n", "c/pids.current": "2\n", "c/pids.max": "64\n",
            "c/io.stat": "8:0 rbytes=100 wbytes=20 rios=3 wios=4 dbytes=0 dios=0\n8:16 \n",
            "c/hugetlb.2MB.current": "2097152\n", "c/hugetlb.2MB.events": "max 5\n",
        ])
        let document = Cgroup("c", on: groups.v2).containerStatistics().document
        for (path, expected) in [
            ("cpu.usage.total", 7000), ("cpu.usage.user", 4000),
            ("cpu.throttling.throttledTime", 9000),
            ("memory.cache", 10), ("memory.usage.usage", 4096), ("memory.usage.max", 9000),
            ("memory.swap.usage", 4100), ("pids.limit", 64), ("hugetlb.2MB.failcnt", 5),
            ("cpu.psi.some.total", 12), ("memory.psi.full.total", 12),
        ] as [(String, Int64?)] {
            #expect(number(document, path) == expected, "\(path)")
        }
        #expect(document["memory"]?["usage"]?["limit"] == .unsigned(.max))
        #expect(document["cpu"]?["psi"]?["some"]?["avg10"] == .double(1.5))
        let operations = document["blkio"]?["ioServicedRecursive"]?.arrayValue
        #expect(operations?.compactMap { $0["value"]?.integerValue } == [3, 4])
    }

    /// A container that has ended, and files with nonsense in them.
    @Test func nothingAndNonsense() throws {
        let groups = try FakeGroups([
            "c/cpu.stat": "usage_usec\nusage_usec -1 5\n\n", "c/memory.current": "many",
            "c/io.stat": "x rbytes=1\n8:0:1 rbytes=1\n8:0 rbytes\n", "c/cpu.pressure": "some\n",
            "c/cpuset.cpus.effective": "5-1,x",
        ])
        for name in ["c", "gone"] {
            let statistics = Cgroup(name, on: groups.v2).containerStatistics()
            #expect(statistics.cpu.total == 0 && statistics.memory.usage.usage == 0)
            #expect(statistics.blockIO.isEmpty && statistics.allowed.processors.isEmpty)
            #expect(statistics.document["memory"]?["usage"]?["failcnt"] == .integer(0))
        }
    }
}

extension String {
    fileprivate func replacingSome() -> String { "full" + dropFirst(4) }
}
