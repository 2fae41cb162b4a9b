// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker update`: other limits for containers, also for those that run.
struct ContainerUpdate: EngineCommand {
    static let command = Command(
        "container update", shortcut: "update", operands: "CONTAINER [CONTAINER...]",
        summary: "Update configuration of one or more containers", arity: .atLeast(1),
        completes: .containers,
        options: RunOptionTable.container.filter { names.contains($0.name) }.map { option in
            // What is absent stays as it is, so nothing has a default.
            Option(option.name, option.short, option.kind, option.help, option.standing)
        },
        examples: [
            Command.Example("update -m 512m --cpus 1.5 web", "limits of a running container"),
            Command.Example("update --restart unless-stopped web", "another restart policy"),
        ])

    private static let names = [
        "blkio-weight", "cpu-period", "cpu-quota", "cpu-rt-period", "cpu-rt-runtime", "cpu-shares",
        "cpus", "cpuset-cpus", "cpuset-mems", "memory", "memory-reservation", "memory-swap",
        "pids-limit", "restart",
    ]

    let names: [String]
    let update: ResourceUpdate

    init(arguments: Arguments) throws {
        names = arguments.operands
        guard Self.names.contains(where: arguments.isSet) else {
            throw UsageError("you must provide one or more flags when using this command")
        }
        do { update = try Self.update(arguments) } catch let error as InvalidValue {
            throw UsageError("Error response from daemon: \(error)")
        }
    }

    private static func update(_ arguments: Arguments) throws -> ResourceUpdate {
        var update = ResourceUpdate()
        update.memory = arguments.bytes("memory") ?? 0
        update.memoryReservation = arguments.bytes("memory-reservation") ?? 0
        update.memorySwap = try Size.bytesOrUnlimited(arguments.string("memory-swap") ?? "0")
        update.pidsLimit = arguments.integer("pids-limit") ?? 0
        update.nanoCPUs = try arguments.string("cpus").map(CPUText.nanoCPUs) ?? 0
        update.cpuShares = arguments.integer("cpu-shares") ?? 0
        update.cpuPeriod = arguments.integer("cpu-period") ?? 0
        update.cpuQuota = arguments.integer("cpu-quota") ?? 0
        update.cpuRealtimePeriod = arguments.integer("cpu-rt-period") ?? 0
        update.cpuRealtimeRuntime = arguments.integer("cpu-rt-runtime") ?? 0
        update.cpusetCpus = arguments.text("cpuset-cpus")
        update.cpusetMems = arguments.text("cpuset-mems")
        update.blkioWeight = UInt16(arguments.text("blkio-weight")) ?? 0
        if arguments.isSet("restart") {
            update.restartPolicy = try RestartText.parse(arguments.text("restart"))
        }
        return update
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        forEach(of: names, in: surroundings) { name in
            try engine.update(name, update)
            surroundings.print("\(name)\n")
        }
    }
}
