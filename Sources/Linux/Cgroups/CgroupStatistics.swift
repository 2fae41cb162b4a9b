// SPDX-License-Identifier: Apache-2.0

/// What a cgroup has used. A figure that the kernel does not keep is 0, a limit that nobody set is
/// nil.
public struct CgroupStatistics: Equatable, Sendable {
    /// Bytes, page cache included.
    public var memoryUsage: UInt64 = 0
    /// Bytes.
    public var memoryLimit: UInt64?
    /// Bytes of page cache that nobody used lately: Docker's `stats` takes them off the usage.
    public var inactiveFile: UInt64 = 0
    /// Time on all processors together.
    public var cpuNanoseconds: UInt64 = 0
    /// Threads, as the kernel counts them.
    public var pids: UInt64 = 0
    /// Threads at most.
    public var pidsLimit: UInt64?
    /// Bytes.
    public var blockRead: UInt64 = 0
    public var blockWritten: UInt64 = 0

    /// Nothing used, nothing limited.
    public init() {}
}

extension Cgroup {
    /// Reads all figures now. What cannot be read is 0 or nil: the container may be ending.
    public func statistics() -> CgroupStatistics {
        var statistics = CgroupStatistics()
        switch hierarchies {
        case .v1: readV1(into: &statistics)
        case .v2(let mount): readV2("\(mount)/\(path)", into: &statistics)
        }
        return statistics
    }

    /// The most memory that was ever used here, in bytes; nil where the kernel does not keep that
    /// (version 2 before Linux 5.19).
    public func memoryPeak() -> UInt64? {
        guard let directory = directory(of: "memory") else { return nil }
        switch hierarchies {
        case .v1: return number("\(directory)/memory.max_usage_in_bytes")
        case .v2: return number("\(directory)/memory.peak")
        }
    }

    private func readV1(into statistics: inout CgroupStatistics) {
        if let memory = directory(of: "memory") {
            statistics.memoryUsage = number("\(memory)/memory.usage_in_bytes") ?? 0
            // Unlimited is the largest multiple of the page size in an Int64.
            statistics.memoryLimit = number("\(memory)/memory.limit_in_bytes").flatMap {
                $0 > UInt64(Int64.max) - 65_536 ? nil : $0
            }
            let stat = text("\(memory)/memory.stat")
            statistics.inactiveFile = field("total_inactive_file", of: stat) ?? 0
        }
        if let cpuacct = directory(of: "cpuacct") {
            statistics.cpuNanoseconds = number("\(cpuacct)/cpuacct.usage") ?? 0
        }
        if let pids = directory(of: "pids") { readPids(pids, into: &statistics) }
        if let blkio = directory(of: "blkio") {
            // Lines are "8:0 Read 4096"; the last is "Total 4096".
            let text = text("\(blkio)/blkio.throttle.io_service_bytes_recursive")
            for words in lines(of: text) where words.count == 3 {
                let bytes = decimal(words[2]) ?? 0
                if words[1].elementsEqual("Read".utf8) { statistics.blockRead &+= bytes }
                if words[1].elementsEqual("Write".utf8) { statistics.blockWritten &+= bytes }
            }
        }
    }

    private func readV2(_ directory: String, into statistics: inout CgroupStatistics) {
        statistics.memoryUsage = number("\(directory)/memory.current") ?? 0
        statistics.memoryLimit = number("\(directory)/memory.max")
        statistics.inactiveFile = field("inactive_file", of: text("\(directory)/memory.stat")) ?? 0
        let microseconds = field("usage_usec", of: text("\(directory)/cpu.stat")) ?? 0
        statistics.cpuNanoseconds = microseconds &* 1000
        readPids(directory, into: &statistics)
        // Lines are "8:0 rbytes=4096 wbytes=0 rios=1 …".
        for word in lines(of: text("\(directory)/io.stat")).joined() {
            if word.starts(with: "rbytes=".utf8) {
                statistics.blockRead &+= decimal(word.dropFirst(7)) ?? 0
            } else if word.starts(with: "wbytes=".utf8) {
                statistics.blockWritten &+= decimal(word.dropFirst(7)) ?? 0
            }
        }
    }

    private func readPids(_ directory: String, into statistics: inout CgroupStatistics) {
        statistics.pids = number("\(directory)/pids.current") ?? 0
        statistics.pidsLimit = number("\(directory)/pids.max")
    }

    private func text(_ path: String) -> [UInt8] { (try? readControl(path)) ?? [] }

    /// Nil for "max" and for a file that is not there.
    private func number(_ path: String) -> UInt64? { decimal(text(path)[...]) }
}
