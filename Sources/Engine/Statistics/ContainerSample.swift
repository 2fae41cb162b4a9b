// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import SQLite

/// What one container uses, as `stats` shows it.
public struct ContainerSample: Equatable, Sendable {
    public let id: String
    public let name: String
    /// What the user called it; the short ID when nobody named it.
    public let called: String
    /// The share of one processor, 1.5 for one and a half, since the sample before.
    public var processorShare = 0.0
    /// Bytes, without the page cache that nobody used lately.
    public var memory: Int64 = 0
    /// Bytes: its own limit, or what the machine has; 0 for one that does not run.
    public var memoryLimit: Int64 = 0
    public var received: Int64 = 0
    public var sent: Int64 = 0
    public var blockRead: Int64 = 0
    public var blockWritten: Int64 = 0
    public var processes: Int64 = 0
    /// On all processors together, since the container started, in nanoseconds.
    var processorTime: UInt64 = 0
    /// When it was taken, on the monotonic clock.
    var taken: UInt64 = 0
    /// The run that was looked at: a start in between begins anew.
    var process = ProcessIdentity.none

    /// What the processors did between an earlier sample and this one.
    mutating func compare(with earlier: ContainerSample) {
        guard earlier.process == process, taken > earlier.taken,
            processorTime >= earlier.processorTime
        else { return }
        processorShare =
            Double(processorTime - earlier.processorTime) / Double(taken - earlier.taken)
    }
}

/// Takes samples of containers again and again. Containers may come and go meanwhile.
public struct Sampling {
    private let engine: Engine
    private let names: [String]
    private let all: Bool
    private let hierarchies: CgroupHierarchies?
    private let machineMemory: Int64
    private var earlier: [String: ContainerSample] = [:]

    /// - Parameters:
    ///   - names: none for all that run.
    ///   - all: whether, without names, those that do not run are listed too.
    public init(of names: [String], all: Bool, on engine: Engine) {
        self.engine = engine
        self.names = names
        self.all = all
        hierarchies = try? CgroupHierarchies.discover()
        machineMemory = Int64(sysconf(Int32(_SC_PHYS_PAGES))) * Int64(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// A sample of each container now, compared with the one taken before.
    /// - Throws: for a name that means no container.
    public mutating func next() throws -> [ContainerSample] {
        var samples: [ContainerSample] = []
        for (container, called) in try containers() {
            var sample = self.sample(of: container, called: called)
            if let before = earlier[sample.id] { sample.compare(with: before) }
            samples.append(sample)
        }
        earlier = Dictionary(samples.map { ($0.id, $0) }) { $1 }
        return samples
    }

    private func containers() throws -> [(Container, called: String)] {
        let database = try engine.open()
        guard names.isEmpty else {
            return try names.map { (try engine.container($0, in: database), $0) }
        }
        let found =
            all
            ? try ContainerTable.all(in: database) : try ContainerTable.running(in: database)
        return found.map { ($0, $0.shortID) }
    }

    private func sample(of container: Container, called: String) -> ContainerSample {
        var sample = ContainerSample(id: container.id, name: container.name, called: called)
        guard container.status == .running, let hierarchies, container.process.isAlive else {
            return sample
        }
        let cgroup = engine.cgroup(of: container, on: hierarchies)
        let statistics = cgroup.statistics()
        sample.taken = Clock.monotonic
        sample.process = container.process
        sample.processorTime = statistics.cpuNanoseconds
        let cache = min(statistics.inactiveFile, statistics.memoryUsage)
        sample.memory = Int64(clamping: statistics.memoryUsage - cache)
        sample.memoryLimit = min(
            machineMemory, statistics.memoryLimit.map { Int64(clamping: $0) } ?? .max)
        sample.blockRead = Int64(clamping: statistics.blockRead)
        sample.blockWritten = Int64(clamping: statistics.blockWritten)
        sample.processes = Int64(clamping: statistics.pids)
        let traffic = NetworkTraffic(of: container.process.pid)
        (sample.received, sample.sent) = (traffic.received, traffic.sent)
        return sample
    }
}

/// What the interfaces of a process's network have carried, the loopback aside (proc(5), net/dev).
struct NetworkTraffic: Equatable {
    var received: Int64 = 0
    var sent: Int64 = 0

    init(of pid: Int32) { self.init(text: (try? contents(of: "/proc/\(pid)/net/dev")) ?? []) }

    init(text: [UInt8]) {
        for line in text.split(separator: UInt8(ascii: "\n")) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let name = line[..<colon].drop { $0 == UInt8(ascii: " ") }
            let numbers = line[(colon + 1)...].split(separator: UInt8(ascii: " "))
            guard !name.elementsEqual("lo".utf8), numbers.count > 8 else { continue }
            received &+= Int64(String(decoding: numbers[0], as: UTF8.self)) ?? 0
            sent &+= Int64(String(decoding: numbers[8], as: UTF8.self)) ?? 0
        }
    }
}
