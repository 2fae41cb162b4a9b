// SPDX-License-Identifier: Apache-2.0

/// Refuses limits that cannot be, in Docker's words, before a container is created.
public struct ConfigurationCheck: Sendable {
    private let host: HostConfiguration
    private let processors: Int
    private let cgroupVersion: Int

    private static let leastMemory: Int64 = 6 << 20

    /// - Parameters:
    ///   - processors: how many the machine has.
    ///   - cgroupVersion: 1 or 2.
    public init(_ host: HostConfiguration, processors: Int, cgroupVersion: Int) {
        self.host = host
        self.processors = processors
        self.cgroupVersion = cgroupVersion
    }

    /// Checks everything that needs no look at the host; returns what the user should know, one
    /// line each.
    public func warnings() throws(ConfigurationError) -> [String] {
        _ = try NamespaceModes(host, cgroupVersion: cgroupVersion)
        _ = try SecurityOptions(host.securityOpt, privileged: host.privileged)
        try checkMemory()
        try checkSwap()
        try checkProcessors()
        try checkRealTime()
        try checkSets()
        try checkOthers()
        return discarded
    }

    private func require(_ holds: Bool, _ message: @autoclosure () -> String)
        throws(ConfigurationError)
    {
        if !holds { throw ConfigurationError(message()) }
    }

    private func checkMemory() throws(ConfigurationError) {
        try require(
            host.memory == 0 || host.memory >= Self.leastMemory,
            "Minimum memory limit allowed is 6MB")
        let reservation = host.memoryReservation
        try require(
            reservation == 0 || reservation >= Self.leastMemory,
            "Minimum memory reservation allowed is 6MB")
        try require(
            host.memory == 0 || host.memory >= reservation,
            "Minimum memory limit can not be less than memory reservation limit, see usage")
        try require(host.shmSize >= 0, "SHM size can not be less than 0")
    }

    private func checkSwap() throws(ConfigurationError) {
        let swap = host.memorySwap
        try require(
            host.memory > 0 || swap <= 0,
            "You should always set the Memory limit when using Memoryswap limit, see usage")
        try require(
            swap == 0 || swap == -1 || swap >= host.memory,
            "Minimum memoryswap limit should be larger than memory limit, see usage")
        if let swappiness = host.memorySwappiness {
            try require(
                (-1...100).contains(swappiness),
                "Invalid value: \(swappiness), valid memory swappiness range is 0-100")
        }
    }

    private func checkProcessors() throws(ConfigurationError) {
        try require(
            host.nanoCPUs == 0 || host.cpuPeriod == 0,
            "Conflicting options: Nano CPUs and CPU Period cannot both be set")
        try require(
            host.nanoCPUs == 0 || host.cpuQuota == 0,
            "Conflicting options: Nano CPUs and CPU Quota cannot both be set")
        try require(
            host.nanoCPUs >= 0 && host.nanoCPUs / 1_000_000_000 < processors
                || host.nanoCPUs == Int64(processors) * 1_000_000_000,
            "Range of CPUs is from 0.01 to \(processors).00, as there are only \(processors) "
                + "CPUs available")
        // The kernel's least quota is a millisecond of its default period.
        try require(
            host.nanoCPUs == 0 || host.nanoCPUs >= 10_000_000,
            "Range of CPUs is from 0.01 to \(processors).00, as there are only \(processors) "
                + "CPUs available")
        try require(
            host.cpuPeriod == 0 || (1000...1_000_000).contains(host.cpuPeriod),
            "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)")
        try require(
            host.cpuQuota <= 0 || host.cpuQuota >= 1000,
            "CPU cfs quota can not be less than 1ms (i.e. 1000)")
        try require(
            host.cpuShares >= 0,
            "invalid CPU shares (\(host.cpuShares)): value must be a positive integer")
    }

    private func checkRealTime() throws(ConfigurationError) {
        let isAsked = host.cpuRealtimePeriod != 0 || host.cpuRealtimeRuntime != 0
        try require(
            !isAsked || cgroupVersion == 1, "Your kernel does not support CPU real-time scheduler")
        try require(
            host.cpuRealtimePeriod == 0 || host.cpuRealtimeRuntime <= host.cpuRealtimePeriod,
            "CPU real-time runtime cannot be higher than CPU real-time period")
    }

    private func checkSets() throws(ConfigurationError) {
        for (text, what) in [(host.cpusetCpus, "cpus"), (host.cpusetMems, "mems")] {
            guard !text.isEmpty else { continue }
            guard let highest = NumberList.highest(in: text) else {
                throw ConfigurationError("Invalid value \(text) for cpuset \(what)")
            }
            try require(
                what == "mems" || highest < processors,
                "Requested CPUs are not available - requested \(text), "
                    + "available: \(processors == 1 ? "0" : "0-\(processors - 1)")")
        }
    }

    private func checkOthers() throws(ConfigurationError) {
        try require(
            host.blkioWeight == 0 || (10...1000).contains(host.blkioWeight),
            "Range of blkio weight is from 10 to 1000")
        for device in host.blkioWeightDevice {
            try require(
                device.weight == 0 || (10...1000).contains(device.weight),
                "Range of blkio weight is from 10 to 1000")
        }
        try require(
            (-1000...1000).contains(host.oomScoreAdj),
            "Invalid value \(host.oomScoreAdj), range for oom score adj is [-1000, 1000]")
    }

    /// What this machine's control groups have no place for.
    private var discarded: [String] {
        var warnings: [String] = []
        if cgroupVersion == 2, let swappiness = host.memorySwappiness, swappiness != -1 {
            warnings.append(
                "Your kernel does not support memory swappiness capabilities or the cgroup is not "
                    + "mounted. Memory swappiness discarded.")
        }
        guard host.oomKillDisable == true else { return warnings }
        if cgroupVersion == 2 {
            warnings.append(
                "Your kernel does not support OomKillDisable. OomKillDisable discarded.")
        } else if host.memory == 0 {
            warnings.append(
                "OOM killer is disabled for the container, but no memory limit is set, this can "
                    + "result in the system running out of resources.")
        }
        return warnings
    }
}

/// The kernel's lists of numbers, such as `0-2,7`.
enum NumberList {
    /// The highest number; nil for what is no list.
    static func highest(in text: String) -> Int? {
        var highest = -1
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false)
            guard let first = ends.first.flatMap({ UInt16($0) }),
                let last = ends.last.flatMap({ UInt16($0) }), ends.count <= 2, first <= last
            else { return nil }
            highest = max(highest, Int(last))
        }
        return highest
    }
}
