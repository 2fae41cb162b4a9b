// SPDX-License-Identifier: Apache-2.0

@testable import ContainerRuntime
import DBus
import OCI
import Testing

/// Limits as systemd is told of them.
struct UnitPropertyTests {
    private func properties(
        version2: Bool = true, _ change: (inout Resources) -> Void
    ) throws -> [UnitProperty] {
        var resources = Resources()
        change(&resources)
        return try UnitProperties(
            resources, isVersion2: version2, deviceNames: ["c 136": "pts", "b 8": "sd"])()
    }

    @Test func memory() throws {
        func make(_ resources: inout Resources) {
            resources.memory = .init()
            resources.memory?.limit = 100
            resources.memory?.swap = 300
            resources.memory?.reservation = 50
        }
        #expect(
            try properties(make) == [
                UnitProperty("MemoryMax", .uint64(100)), .init("MemoryLow", .uint64(50)),
                .init("MemorySwapMax", .uint64(200)),
            ])
        #expect(
            try properties(version2: false, make) == [UnitProperty("MemoryLimit", .uint64(100))])
        let unlimited = try properties {
            $0.memory = .init()
            $0.memory?.limit = -1
        }
        #expect(
            unlimited == [
                UnitProperty("MemoryMax", .uint64(.max)), .init("MemorySwapMax", .uint64(.max)),
            ])
    }

    @Test(
        arguments: [
            (50_000, 100_000, 500_000), (50_000, 0, 500_000), (1, 3, 340_000), (-1, 0, .max),
            (33_333, 100_000, 340_000), (0, 50_000, .max), (.max, 1, .max),
            (18_446_744_073_710, 1, .max),
        ] as [(Int64, UInt64, UInt64)])
    func quotas(_ quota: Int64, _ period: UInt64, _ share: UInt64) {
        let properties = UnitProperties.quota(quota, period: period)
        #expect(properties.last == .init("CPUQuotaPerSecUSec", .uint64(share)))
        #expect(properties.count == (period == 0 ? 1 : 2))
    }

    @Test(
        arguments: [
            ("0", [1]), ("0-3,8", [15, 1]), ("9", [0, 2]), ("", nil), ("3-1", nil), ("a", nil),
            ("0-70000", nil), ("1-", nil), ("-1", nil),
        ] as [(String, [UInt8]?)])
    func sets(_ list: String, _ bits: [UInt8]?) { #expect(UnitProperties.bits(of: list) == bits) }

    @Test func theRest() throws {
        let all = try properties {
            $0.cpu = .init()
            $0.cpu?.shares = 1024
            $0.cpu?.cpus = "0-1"
            $0.pids = .init(limit: -1)
            $0.blockIO = .init()
            $0.blockIO?.weight = 1000
            $0.unified = ["memory.high": "max", "cpu.max": "max 50000", "io.latency": "x"]
        }
        #expect(
            all == [
                UnitProperty("CPUWeight", .uint64(100)),
                .init("AllowedCPUs", .array(of: "y", [.byte(3)])),
                .init("TasksMax", .uint64(.max)), .init("IOWeight", .uint64(10_000)),
                .init("CPUQuotaPeriodUSec", .uint64(50_000)),
                .init("CPUQuotaPerSecUSec", .uint64(.max)), .init("MemoryHigh", .uint64(.max)),
            ])
        #expect(throws: CgroupSettingError.self) {
            try properties { $0.unified = ["pids.max": "many"] }
        }
    }

    @Test func devices() throws {
        let strict = try properties {
            $0.devices = [
                .init(allow: false), .init(allow: true, type: "c", access: "m"),
                .init(allow: true, type: "c", major: 1, minor: 3),
                .init(allow: true, type: "c", major: 136, access: "rw"),
                .init(allow: true, type: "c", major: 999),
            ]
        }
        let lines = [("char-*", "m"), ("/dev/char/1:3", "rwm"), ("char-pts", "rw")]
        let values = lines.map { Value.structure([.string($0.0), .string($0.1)]) }
        #expect(
            strict == [
                UnitProperty("DevicePolicy", .string("strict")),
                .init("DeviceAllow", .array(of: "(ss)", values)),
            ])
        // What a list cannot say leaves it open: our own rules are in force beside it.
        for rules in [
            [.init(allow: true)],
            [
                .init(allow: false), .init(allow: true, type: "c"),
                .init(allow: false, type: "c", major: 1),
            ],
            [.init(allow: false), .init(allow: true, type: "c", minor: 3)],
        ] as [[Resources.DeviceRule]] {
            let open = try properties { $0.devices = rules }
            #expect(open.first == .init("DevicePolicy", .string("auto")))
        }
    }

    @Test func deviceNames() {
        let text = "Character devices:\n  1 mem\n  5 /dev/tty\n136 pts\n\nBlock devices:\n  8 sd\n"
        let names = UnitProperties.deviceNames(in: Array(text.utf8))
        #expect(names["c 136"] == "pts" && names["b 8"] == "sd" && names["c 8"] == nil)
    }

    @Test func argumentsOfAStart() throws {
        let scope = try SystemdScope(cgroupsPath: "a.slice:p:x", id: "", ofUser: false)
        let start = ScopeStart(scope: scope, properties: [.init("TasksMax", .uint64(5))])
        let arguments = Systemd.arguments(of: start, around: 17)
        #expect(arguments.map(\.signature).joined() == "ssa(sv)a(sa(sv))")
        #expect(arguments[0] == .string("p-x.scope"))
        guard case .array(_, let properties) = arguments[2] else { return #expect(Bool(false)) }
        for wanted in [
            UnitProperty("Slice", .string("a.slice")), .init("TasksMax", .uint64(5)),
            .init("PIDs", .array(of: "u", [.uint32(17)])), .init("Delegate", .bool(true)),
            .init("DefaultDependencies", .bool(false)),
        ] {
            #expect(properties.contains(wanted.message))
        }
    }
}
