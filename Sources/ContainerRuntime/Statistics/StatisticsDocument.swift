// SPDX-License-Identifier: Apache-2.0

public import Linux
public import OCI

extension Cgroup {
    /// Reads all figures now.
    public func containerStatistics() -> ContainerStatistics {
        switch hierarchies {
        case .v1: V1Statistics(cgroup: self).read()
        case .v2(let mount): V2Statistics(files: .init(directory: "\(mount)/\(path)")).read()
        }
    }
}

extension ContainerStatistics {
    /// The `data` of runc's event "stats", member by member: what is 0 is left out where runc leaves
    /// it out.
    public var document: JSONValue {
        .object(
            Self.object([
                ("cpu", processors), ("cpuset", sets), ("memory", memoryDocument),
                ("pids", Self.counts([("current", pids.current), ("limit", pids.limit)])),
                ("blkio", blocks), ("hugetlb", hugePagesDocument),
                ("intel_rdt", .object(JSONObject())), ("network_interfaces", .null),
            ]))
    }

    private static func object(_ members: [(String, JSONValue?)]) -> JSONObject {
        var object = JSONObject()
        for (name, value) in members { if let value { object[name] = value } }
        return object
    }

    private static func json(_ number: UInt64) -> JSONValue {
        Int64(exactly: number).map(JSONValue.integer) ?? .unsigned(number)
    }

    /// Nil, which is no null, for 0.
    private static func positive(_ number: UInt64) -> JSONValue? {
        number == 0 ? .none : .some(json(number))
    }

    /// Numbers, those that are 0 left out.
    private static func counts(_ members: [(String, UInt64)]) -> JSONValue {
        .object(object(members.map { ($0.0, positive($0.1)) }))
    }

    private static func list(_ numbers: [UInt64]) -> JSONValue? {
        numbers.isEmpty ? .none : .some(.array(numbers.map(json)))
    }

    private var processors: JSONValue {
        let usage = Self.object([
            ("total", Self.positive(cpu.total)), ("percpu", Self.list(cpu.each)),
            ("percpu_kernel", Self.list(cpu.eachKernel)),
            ("percpu_user", Self.list(cpu.eachUser)), ("kernel", Self.json(cpu.kernel)),
            ("user", Self.json(cpu.user)),
        ])
        let throttling = Self.counts([
            ("periods", cpu.periods), ("throttledPeriods", cpu.throttledPeriods),
            ("throttledTime", cpu.throttledTime),
        ])
        return .object(
            Self.object([
                ("usage", .object(usage)), ("throttling", throttling),
                ("psi", cpu.pressure?.document),
            ]))
    }

    private var sets: JSONValue {
        let names = [
            "cpu_exclusive", "mem_hardwall", "mem_exclusive", "memory_migrate",
            "memory_spread_page", "memory_spread_slab", "memory_pressure", "sched_load_balance",
            "sched_relax_domain_level",
        ]
        let flags = names.map { ($0, Optional(Self.json(cpuset[$0] ?? 0))) }
        return .object(
            Self.object(
                [("cpus", Self.list(allowed.processors)), ("mems", Self.list(allowed.nodes))]
                    + flags))
    }

    private var memoryDocument: JSONValue {
        let raw = Self.object(memory.raw.map { ($0.name, Self.json($0.value)) })
        return .object(
            Self.object([
                ("cache", Self.positive(memory.cache)),
                ("usage", memory.usage.document), ("swap", memory.swap.document),
                ("kernel", memory.kernel.document), ("kernelTCP", memory.kernelTCP.document),
                ("raw", memory.raw.isEmpty ? Optional<JSONValue>.none : .some(.object(raw))),
                ("psi", memory.pressure?.document),
            ]))
    }

    private var blocks: JSONValue {
        let lists = [
            "ioServiceBytesRecursive", "ioServicedRecursive", "ioQueueRecursive",
            "ioServiceTimeRecursive", "ioWaitTimeRecursive", "ioMergedRecursive",
            "ioTimeRecursive", "sectorsRecursive",
        ]
        let members: [(String, JSONValue?)] = lists.map { name in
            let entries = (blockIO[name] ?? []).map { entry in
                JSONValue.object(
                    Self.object([
                        ("major", Self.positive(entry.major)),
                        ("minor", Self.positive(entry.minor)),
                        (
                            "op",
                            entry.operation.isEmpty
                                ? Optional<JSONValue>.none : .some(.string(entry.operation))
                        ),
                        ("value", Self.positive(entry.value)),
                    ]))
            }
            return (name, entries.isEmpty ? Optional<JSONValue>.none : .some(.array(entries)))
        }
        return .object(Self.object(members + [("psi", blockPressure?.document)]))
    }

    private var hugePagesDocument: JSONValue {
        let sizes = hugePages.sorted { $0.key < $1.key }.map { size, counter in
            let members: [(String, JSONValue?)] = [
                ("usage", Self.positive(counter.usage)),
                ("max", Self.positive(counter.most)),
                ("failcnt", Self.json(counter.failures)),
            ]
            return (size, Optional(JSONValue.object(Self.object(members))))
        }
        return .object(Self.object(sizes))
    }
}

extension ContainerStatistics.Counter {
    fileprivate var document: JSONValue {
        var object = JSONObject()
        object["limit"] = Int64(exactly: limit).map(JSONValue.integer) ?? .unsigned(limit)
        if usage > 0 { object["usage"] = .integer(Int64(clamping: usage)) }
        if most > 0 { object["max"] = .integer(Int64(clamping: most)) }
        object["failcnt"] = .integer(Int64(clamping: failures))
        return .object(object)
    }
}

extension ContainerStatistics.Pressure {
    fileprivate var document: JSONValue {
        var object = JSONObject()
        for (name, line) in [("some", some), ("full", full)] {
            var members = JSONObject()
            for (span, average) in zip(["avg10", "avg60", "avg300"], line.averages) {
                members[span] = .double(average)
            }
            members["total"] = .integer(Int64(clamping: line.total))
            object[name] = .object(members)
        }
        return .object(object)
    }
}
