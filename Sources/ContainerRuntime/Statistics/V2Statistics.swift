// SPDX-License-Identifier: Apache-2.0

/// Figures of a control group of version 2, in version 1's terms where those differ.
struct V2Statistics {
    let files: StatisticsFiles

    func read() -> ContainerStatistics {
        var statistics = ContainerStatistics()
        readProcessors(&statistics.cpu)
        readMemory(&statistics.memory)
        statistics.pids = (files.number("pids.current"), files.number("pids.max"))
        if statistics.pids.limit == .max { statistics.pids.limit = 0 }
        readBlocks(&statistics)
        for size in files.hugePageSizes {
            let failures = files.fields("hugetlb.\(size).events").first { $0.name == "max" }
            statistics.hugePages[size] = .init(
                usage: files.number("hugetlb.\(size).current"), failures: failures?.value ?? 0)
        }
        statistics.allowed = (
            files.list("cpuset.cpus.effective"), files.list("cpuset.mems.effective")
        )
        return statistics
    }

    /// Microseconds in the files.
    private func readProcessors(_ cpu: inout ContainerStatistics.Processors) {
        for (name, value) in files.fields("cpu.stat") {
            switch name {
            case "usage_usec": cpu.total = value &* 1000
            case "user_usec": cpu.user = value &* 1000
            case "system_usec": cpu.kernel = value &* 1000
            case "nr_periods": cpu.periods = value
            case "nr_throttled": cpu.throttledPeriods = value
            case "throttled_usec": cpu.throttledTime = value &* 1000
            default: break
            }
        }
        cpu.pressure = files.pressure("cpu.pressure")
    }

    private func readMemory(_ memory: inout ContainerStatistics.Memory) {
        memory.raw = files.fields("memory.stat")
        memory.cache = memory.raw.first { $0.name == "file" }?.value ?? 0
        memory.usage = .init(
            limit: files.number("memory.max"), usage: files.number("memory.current"),
            most: files.number("memory.peak"))
        // Version 1 counts swap together with memory.
        let (swap, limit) = (files.number("memory.swap.current"), files.number("memory.swap.max"))
        memory.swap.usage = swap &+ memory.usage.usage
        let isUnlimited = limit == .max || memory.usage.limit == .max
        memory.swap.limit = isUnlimited ? .max : limit &+ memory.usage.limit
        memory.pressure = files.pressure("memory.pressure")
    }

    /// Lines are "8:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0".
    private func readBlocks(_ statistics: inout ContainerStatistics) {
        let names = [
            "rbytes": ("ioServiceBytesRecursive", "Read"),
            "wbytes": ("ioServiceBytesRecursive", "Write"),
            "dbytes": ("ioServiceBytesRecursive", "Discard"),
            "rios": ("ioServicedRecursive", "Read"), "wios": ("ioServicedRecursive", "Write"),
            "dios": ("ioServicedRecursive", "Discard"),
        ]
        for words in files.lines("io.stat") {
            let number = words.first?.split(separator: ":").compactMap { UInt64($0) } ?? []
            guard number.count == 2 else { continue }
            for word in words.dropFirst() {
                let parts = word.split(separator: "=")
                guard parts.count == 2, let (list, operation) = names[String(parts[0])],
                    let value = UInt64(parts[1])
                else { continue }
                statistics.blockIO[list, default: []].append(
                    .init(major: number[0], minor: number[1], operation: operation, value: value))
            }
        }
        statistics.blockPressure = files.pressure("io.pressure")
    }
}
