// SPDX-License-Identifier: Apache-2.0

internal import Linux

/// Figures of control groups of version 1.
struct V1Statistics {
    let cgroup: Cgroup

    func read() -> ContainerStatistics {
        var statistics = ContainerStatistics()
        readProcessors(&statistics.cpu)
        readMemory(&statistics.memory)
        let pids = files("pids")
        statistics.pids = (pids.number("pids.current"), pids.number("pids.max"))
        if statistics.pids.limit == .max { statistics.pids.limit = 0 }
        readBlocks(&statistics)
        let huge = files("hugetlb")
        for size in huge.hugePageSizes {
            let prefix = "hugetlb.\(size)"
            statistics.hugePages[size] = .init(
                usage: huge.number("\(prefix).usage_in_bytes"),
                most: huge.number("\(prefix).max_usage_in_bytes"),
                failures: huge.number("\(prefix).failcnt"))
        }
        readSets(&statistics)
        return statistics
    }

    private func files(_ controller: String) -> StatisticsFiles {
        StatisticsFiles(directory: cgroup.directory(of: controller))
    }

    private func readProcessors(_ cpu: inout ContainerStatistics.Processors) {
        let accounts = files("cpuacct")
        cpu.total = accounts.number("cpuacct.usage")
        cpu.each = accounts.text("cpuacct.usage_percpu").split(whereSeparator: \.isWhitespace)
            .compactMap { UInt64($0) }
        // "cpu user system", then a line for each processor.
        for words in accounts.lines("cpuacct.usage_all").dropFirst() where words.count == 3 {
            cpu.eachUser.append(UInt64(words[1]) ?? 0)
            cpu.eachKernel.append(UInt64(words[2]) ?? 0)
        }
        for (name, ticks) in accounts.fields("cpuacct.stat") {
            // USER_HZ is 100 on every architecture that counts.
            let time = ticks &* 10_000_000
            if name == "user" { cpu.user = time } else if name == "system" { cpu.kernel = time }
        }
        for (name, value) in files("cpu").fields("cpu.stat") {
            switch name {
            case "nr_periods": cpu.periods = value
            case "nr_throttled": cpu.throttledPeriods = value
            case "throttled_time": cpu.throttledTime = value
            default: break
            }
        }
    }

    private func readMemory(_ memory: inout ContainerStatistics.Memory) {
        let files = files("memory")
        memory.raw = files.fields("memory.stat")
        memory.cache = memory.raw.first { $0.name == "cache" }?.value ?? 0
        func counter(_ prefix: String) -> ContainerStatistics.Counter {
            .init(
                limit: files.number("\(prefix).limit_in_bytes"),
                usage: files.number("\(prefix).usage_in_bytes"),
                most: files.number("\(prefix).max_usage_in_bytes"),
                failures: files.number("\(prefix).failcnt"))
        }
        memory.usage = counter("memory")
        memory.swap = counter("memory.memsw")
        memory.kernel = counter("memory.kmem")
        memory.kernelTCP = counter("memory.kmem.tcp")
    }

    /// BFQ's own counters where it is the scheduler, those of the throttling layer else.
    private func readBlocks(_ statistics: inout ContainerStatistics) {
        let files = files("blkio")
        for (name, sources) in [
            (
                "ioServiceBytesRecursive",
                ["bfq.io_service_bytes_recursive", "throttle.io_service_bytes_recursive"]
            ),
            (
                "ioServicedRecursive",
                ["bfq.io_serviced_recursive", "throttle.io_serviced_recursive"]
            ),
            ("ioQueueRecursive", ["bfq.io_queued_recursive"]),
            ("ioServiceTimeRecursive", ["bfq.io_service_time_recursive"]),
            ("ioWaitTimeRecursive", ["bfq.io_wait_time_recursive"]),
            ("ioMergedRecursive", ["bfq.io_merged_recursive"]),
            ("ioTimeRecursive", ["bfq.time_recursive"]),
            ("sectorsRecursive", ["bfq.sectors_recursive"]),
        ] {
            for source in sources {
                let entries = files.lines("blkio.\(source)").compactMap(Self.entry)
                if entries.isEmpty { continue }
                statistics.blockIO[name] = entries
                break
            }
        }
    }

    /// "8:0 Read 4096", or "8:0 4096"; the last line is a total without a device.
    private static func entry(_ words: [Substring]) -> ContainerStatistics.BlockEntry? {
        let number = words.first?.split(separator: ":").compactMap { UInt64($0) } ?? []
        guard number.count == 2, words.count > 1, let value = UInt64(words[words.count - 1])
        else { return nil }
        return .init(
            major: number[0], minor: number[1], operation: words.count == 3 ? String(words[1]) : "",
            value: value)
    }

    private func readSets(_ statistics: inout ContainerStatistics) {
        let files = files("cpuset")
        statistics.allowed = (files.list("cpuset.cpus"), files.list("cpuset.mems"))
        for (name, file) in [
            ("cpu_exclusive", "cpu_exclusive"), ("mem_hardwall", "mem_hardwall"),
            ("mem_exclusive", "mem_exclusive"), ("memory_migrate", "memory_migrate"),
            ("memory_spread_page", "memory_spread_page"),
            ("memory_spread_slab", "memory_spread_slab"), ("memory_pressure", "memory_pressure"),
            ("sched_load_balance", "sched_load_balance"),
        ] {
            statistics.cpuset[name] = files.number("cpuset.\(file)")
        }
    }
}
