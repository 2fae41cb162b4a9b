// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Linux
import OCI

/// `update`: other limits for a living container.
enum UpdateCommand {
    static let entry = Entry(
        command: Command(
            "update", "<container-id>", count: 1...1, "change a container's limits",
            [
                Option(
                    "resources", "r", .value,
                    "file with linux.resources, - for standard input; other options are ignored"),
                Option("blkio-weight", .number, "weight of block devices, 10 to 1000"),
                Option("cpu-period", .number, "microseconds of a period"),
                Option("cpu-quota", .number, "microseconds of CPU time in a period"),
                Option("cpu-burst", .number, "microseconds that may be saved up"),
                Option("cpu-share", .number, "weight among others"),
                Option("cpu-rt-period", .number, "microseconds of a real-time period"),
                Option("cpu-rt-runtime", .number, "microseconds of real time in a period"),
                Option("cpu-idle", .number, "1 for a group that runs when nobody else does"),
                Option("cpuset-cpus", .value, "processors"),
                Option("cpuset-mems", .value, "memory nodes"),
                Option("memory", .value, "bytes"),
                Option("memory-reservation", .value, "bytes that are left when memory is short"),
                Option("memory-swap", .value, "bytes of memory and swap, -1 for no limit"),
                Option("l3-cache-schema", .value, "shares of the caches: L3:0=f;1=f0"),
                Option("mem-bw-schema", .value, "shares of memory bandwidth: MB:0=20;1=70"),
                Option("kernel-memory", .value, "ignored, as in runc"),
                Option("kernel-memory-tcp", .value, "ignored, as in runc"),
                Option("pids-limit", .number, "processes and threads"),
            ])
    ) { arguments, context in
        let container = try context.root.container(arguments.id)
        let resources = try arguments["resources"].map(document) ?? resources(arguments)
        if arguments["kernel-memory"] ?? arguments["kernel-memory-tcp"] != nil {
            context.log.warn("limits of kernel memory are ignored")
        }
        // First: where the kernel has none of it, nothing else is changed either.
        if let shares = shares(arguments) { try container.updateShares(shares) }
        try container.update(resources)
        return 0
    }

    private static func shares(_ arguments: Arguments) -> LinuxSpec.IntelRdt? {
        var shares = LinuxSpec.IntelRdt()
        shares.l3CacheSchema = arguments["l3-cache-schema"].flatMap { $0.isEmpty ? nil : $0 }
        shares.memBwSchema = arguments["mem-bw-schema"].flatMap { $0.isEmpty ? nil : $0 }
        return shares == LinuxSpec.IntelRdt() ? nil : shares
    }

    private static func document(_ path: String) throws -> Resources {
        let bytes =
            path == "-" ? try readAll(from: 0, limit: 16 << 20) : try contents(of: path)
        do { return try Resources(json: bytes) } catch let error as DecodingError {
            throw UsageError("\(path): \(error.line)")
        }
    }

    private static func resources(_ arguments: Arguments) throws -> Resources {
        var resources = Resources()
        var cpu = Resources.CPU()
        cpu.period = try unsigned(arguments, "cpu-period")
        cpu.quota = arguments.number("cpu-quota")
        cpu.burst = try unsigned(arguments, "cpu-burst")
        cpu.shares = try unsigned(arguments, "cpu-share")
        cpu.realtimePeriod = try unsigned(arguments, "cpu-rt-period")
        cpu.realtimeRuntime = arguments.number("cpu-rt-runtime")
        cpu.idle = arguments.number("cpu-idle")
        cpu.cpus = arguments["cpuset-cpus"]
        cpu.mems = arguments["cpuset-mems"]
        if cpu != Resources.CPU() { resources.cpu = cpu }
        var memory = Resources.Memory()
        memory.limit = try bytes(arguments, "memory")
        memory.reservation = try bytes(arguments, "memory-reservation")
        memory.swap = try bytes(arguments, "memory-swap")
        if memory != Resources.Memory() { resources.memory = memory }
        if let limit = arguments.number("pids-limit") {
            resources.pids = Resources.Pids(limit: limit)
        }
        if let weight = arguments.number("blkio-weight") {
            guard let weight = UInt16(exactly: weight) else { throw invalid("blkio-weight") }
            var block = Resources.BlockIO()
            block.weight = weight
            resources.blockIO = block
        }
        return resources
    }

    private static func unsigned(_ arguments: Arguments, _ name: String) throws -> UInt64? {
        guard let number = arguments.number(name) else { return nil }
        guard let value = UInt64(exactly: number) else { throw invalid(name) }
        return value
    }

    /// A number of bytes, with k, m, g or t behind it.
    private static func bytes(_ arguments: Arguments, _ name: String) throws -> Int64? {
        guard let text = arguments[name] else { return nil }
        var digits = Substring(text.lowercased())
        if digits.hasSuffix("b") { digits.removeLast() }
        let factors: [Character: Int64] = ["k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40]
        let factor = digits.last.flatMap { factors[$0] }
        guard let number = Int64(factor == nil ? digits : digits.dropLast()) else {
            throw invalid(name)
        }
        let (value, overflow) = number.multipliedReportingOverflow(by: factor ?? 1)
        if overflow { throw invalid(name) }
        return value
    }

    private static func invalid(_ name: String) -> UsageError {
        UsageError("invalid value for flag -\(name)")
    }
}
