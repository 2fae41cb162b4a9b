// SPDX-License-Identifier: Apache-2.0

@testable import ContainerRuntime
import Linux
import OCI
import Testing

/// Limits and the files they become, "file=value" each, below /v1/<controller>/c or /v2/c.
struct CgroupSettingsTests {
    static let v1 = CgroupHierarchies.v1(
        [
            "cpu", "cpuset", "memory", "pids", "blkio", "devices", "hugetlb", "net_cls",
            "net_prio", "rdma",
        ].map { .init(controllers: [$0], mount: "/v1/\($0)") }, unified: nil)
    static let v2 = CgroupHierarchies.v2(mount: "/v2")

    static func resources(_ change: (inout Resources) -> Void) -> Resources {
        var resources = Resources()
        change(&resources)
        return resources
    }

    static func memory(_ change: (inout Resources.Memory) -> Void) -> Resources {
        var memory = Resources.Memory()
        change(&memory)
        return resources { $0.memory = memory }
    }

    static func cpu(_ change: (inout Resources.CPU) -> Void) -> Resources {
        var cpu = Resources.CPU()
        change(&cpu)
        return resources { $0.cpu = cpu }
    }

    static func io(_ change: (inout Resources.BlockIO) -> Void) -> Resources {
        var io = Resources.BlockIO()
        change(&io)
        return resources { $0.blockIO = io }
    }

    static let cases: [(Resources, v1: [String], v2: [String])] = [
        (Resources(), [], []),
        (
            memory { ($0.limit, $0.swap) = (100, 300) },
            ["memory/c/memory.limit_in_bytes=100", "memory/c/memory.memsw.limit_in_bytes=300"],
            ["c/memory.swap.max=200", "c/memory.max=100"]
        ),
        (
            memory { ($0.limit, $0.swap) = (100, -1) },
            ["memory/c/memory.limit_in_bytes=100", "memory/c/memory.memsw.limit_in_bytes=-1"],
            ["c/memory.swap.max=max", "c/memory.max=100"]
        ),
        (
            memory { ($0.limit, $0.swap) = (100, 100) },
            ["memory/c/memory.limit_in_bytes=100", "memory/c/memory.memsw.limit_in_bytes=100"],
            ["c/memory.swap.max=0", "c/memory.max=100"]
        ),
        (
            memory { $0.limit = -1 },
            ["memory/c/memory.limit_in_bytes=-1", "memory/c/memory.memsw.limit_in_bytes=-1"],
            ["c/memory.swap.max=max", "c/memory.max=max"]
        ),
        (
            memory { $0.reservation = 50 }, ["memory/c/memory.soft_limit_in_bytes=50"],
            ["c/memory.low=50"]
        ),
        (
            cpu { ($0.quota, $0.period) = (50_000, 100_000) },
            ["cpu/c/cpu.cfs_period_us=100000", "cpu/c/cpu.cfs_quota_us=50000"],
            ["c/cpu.max=50000 100000"]
        ),
        (cpu { $0.quota = 50_000 }, ["cpu/c/cpu.cfs_quota_us=50000"], ["c/cpu.max=50000 100000"]),
        (cpu { $0.quota = -1 }, ["cpu/c/cpu.cfs_quota_us=-1"], ["c/cpu.max=max 100000"]),
        (cpu { $0.shares = 1024 }, ["cpu/c/cpu.shares=1024"], ["c/cpu.weight=100"]),
        (
            cpu { ($0.cpus, $0.mems) = ("0-1", "0") },
            ["cpuset/c/cpuset.cpus=0-1", "cpuset/c/cpuset.mems=0"],
            ["c/cpuset.cpus=0-1", "c/cpuset.mems=0"]
        ),
        (
            resources { $0.pids = .init(limit: 64) }, ["pids/c/pids.max=64"], ["c/pids.max=64"]
        ),
        (
            resources { $0.pids = .init(limit: -1) }, ["pids/c/pids.max=max"], ["c/pids.max=max"]
        ),
        (
            io { $0.weight = 500 },
            ["blkio/c/blkio.weight=500", "blkio/c/blkio.bfq.weight=500"],
            ["c/io.bfq.weight=500", "c/io.weight=4950"]
        ),
        (
            io { $0.throttleReadBpsDevice = [.init(major: 8, minor: 0, rate: 1024)] },
            ["blkio/c/blkio.throttle.read_bps_device=8:0 1024"], ["c/io.max=8:0 rbps=1024"]
        ),
        (
            io { $0.throttleWriteIOPSDevice = [.init(major: 8, minor: 0, rate: 5)] },
            ["blkio/c/blkio.throttle.write_iops_device=8:0 5"], ["c/io.max=8:0 wiops=5"]
        ),
        (
            cpu { ($0.quota, $0.burst) = (50_000, 10_000) },
            ["cpu/c/cpu.cfs_quota_us=50000", "cpu/c/cpu.cfs_burst_us=10000"],
            ["c/cpu.max=50000 100000", "c/cpu.max.burst=10000"]
        ),
        (
            // Who is idle has no weight.
            cpu { ($0.idle, $0.shares) = (1, 512) }, ["cpu/c/cpu.idle=1"], ["c/cpu.idle=1"]
        ),
        (
            cpu { ($0.idle, $0.shares) = (0, 512) }, ["cpu/c/cpu.idle=0", "cpu/c/cpu.shares=512"],
            ["c/cpu.idle=0", "c/cpu.weight=59"]
        ),
        (
            io {
                $0.weightDevice = [
                    .init(major: 8, minor: 0, weight: 100), .init(major: 8, minor: 1),
                ]
            },
            ["blkio/c/blkio.weight_device=8:0 100", "blkio/c/blkio.bfq.weight_device=8:0 100"],
            ["c/io.bfq.weight=8:0 100", "c/io.weight=8:0 910"]
        ),
        (
            io { $0.throttleReadIOPSDevice = [.init(major: 8, minor: 0, rate: 0)] },
            ["blkio/c/blkio.throttle.read_iops_device=8:0 0"], ["c/io.max=8:0 riops=max"]
        ),
        (
            resources { $0.hugepageLimits = [.init(pageSize: "2MB", limit: 4_194_304)] },
            [
                "hugetlb/c/hugetlb.2MB.limit_in_bytes=4194304",
                "hugetlb/c/hugetlb.2MB.rsvd.limit_in_bytes=4194304",
            ], ["c/hugetlb.2MB.max=4194304", "c/hugetlb.2MB.rsvd.max=4194304"]
        ),
        (
            resources {
                var (both, one) = (Resources.RDMA(), Resources.RDMA())
                (both.hcaHandles, both.hcaObjects, one.hcaObjects) = (2, 2000, 5)
                $0.rdma = ["mlx5_1": both, "mlx4_0": one, "none": Resources.RDMA()]
            },
            [
                "rdma/c/rdma.max=mlx4_0 hca_object=5",
                "rdma/c/rdma.max=mlx5_1 hca_handle=2 hca_object=2000",
            ],
            ["c/rdma.max=mlx4_0 hca_object=5", "c/rdma.max=mlx5_1 hca_handle=2 hca_object=2000"]
        ),
        (
            resources {
                $0.devices = [
                    // For both types, but not everything: version 1's "a" would be everything.
                    .init(allow: true, access: "m"), .init(allow: false, type: "a", minor: 7),
                ]
            },
            [
                "devices/c/devices.allow=b *:* m", "devices/c/devices.allow=c *:* m",
                "devices/c/devices.deny=b *:7 rwm", "devices/c/devices.deny=c *:7 rwm",
            ], []
        ),
        (
            resources {
                $0.devices = [
                    .init(allow: false), .init(allow: true, type: "c", major: 1, minor: 3),
                    .init(allow: true, type: "b", access: "m"),
                    .init(allow: false, type: "c", major: 136, minor: -1, access: "w"),
                ]
            },
            [
                "devices/c/devices.deny=a", "devices/c/devices.allow=c 1:3 rwm",
                "devices/c/devices.allow=b *:* m", "devices/c/devices.deny=c 136:* w",
            ], []
        ),
    ]

    private func lines(_ settings: [CgroupSetting], below root: String) -> [String] {
        settings.map { "\($0.file.dropFirst(root.count + 1))=\($0.value)" }
    }

    @Test(arguments: cases)
    func becomeFiles(_ row: (Resources, v1: [String], v2: [String])) throws {
        let first = try Cgroup("c", on: Self.v1).settings(for: row.0)
        #expect(lines(first, below: "/v1") == row.v1)
        let second = try Cgroup("c", on: Self.v2).settings(for: row.0)
        #expect(lines(second, below: "/v2") == row.v2)
    }

    @Test func aGrowingSumGrowsFirst() throws {
        let wanted = Self.memory { ($0.limit, $0.swap) = (100, 200) }
        let cgroup = Cgroup("c", on: Self.v1)
        #expect(
            try cgroup.settings(for: wanted, replacing: 50).map(\.value) == ["200", "100"])
        #expect(
            try cgroup.settings(for: wanted, replacing: 500).map(\.value) == ["100", "200"])
    }

    @Test func unifiedFilesComeLastAndSorted() throws {
        let wanted = Self.resources {
            $0.unified = ["memory.high": "5", "cpu.idle": "1"]
            $0.pids = .init(limit: 1)
        }
        let settings = try Cgroup("c", on: Self.v2).settings(for: wanted)
        #expect(
            lines(settings, below: "/v2") == [
                "c/pids.max=1", "c/cpu.idle=1", "c/memory.high=5",
            ])
    }

    /// What one world has and the other lacks.
    @Test func onlyVersion1() throws {
        let wanted = Self.resources {
            var memory = Resources.Memory()
            (memory.swappiness, memory.disableOOMKiller, memory.useHierarchy) = (0, true, true)
            (memory.kernel, memory.kernelTCP) = (7, 8)
            var network = Resources.Network()
            network.classID = 0x10001
            network.priorities = [.init(name: "eth0", priority: 5), .init(name: "lo", priority: 0)]
            var cpu = Resources.CPU()
            (cpu.realtimePeriod, cpu.realtimeRuntime) = (100, 50)
            ($0.memory, $0.network, $0.cpu) = (memory, network, cpu)
            $0.blockIO = Resources.BlockIO()
            $0.blockIO?.leafWeight = 10
            $0.blockIO?.weightDevice = [.init(major: 8, minor: 0, leafWeight: 20)]
        }
        let settings = try Cgroup("c", on: Self.v1).settings(for: wanted)
        #expect(
            lines(settings, below: "/v1") == [
                "memory/c/memory.use_hierarchy=1", "memory/c/memory.kmem.limit_in_bytes=7",
                "memory/c/memory.kmem.tcp.limit_in_bytes=8", "memory/c/memory.swappiness=0",
                "memory/c/memory.oom_control=1", "cpu/c/cpu.rt_period_us=100",
                "cpu/c/cpu.rt_runtime_us=50", "blkio/c/blkio.leaf_weight=10",
                "blkio/c/blkio.leaf_weight_device=8:0 20", "net_cls/c/net_cls.classid=65537",
                "net_prio/c/net_prio.ifpriomap=eth0 5", "net_prio/c/net_prio.ifpriomap=lo 0",
            ])
    }

    @Test func aMissingControllerIsNamedOnlyWhenItIsNeeded() throws {
        let bare = CgroupHierarchies.v1([.init(controllers: ["pids"], mount: "/p")], unified: nil)
        let cgroup = Cgroup("c", on: bare)
        let none = Self.resources {
            $0.memory = .init(); $0.cpu = .init(); $0.blockIO = .init()
        }
        #expect(try cgroup.settings(for: none) == [])
        let error = #expect(throws: CgroupSettingError.self) {
            try cgroup.settings(for: Self.memory { $0.limit = 5 })
        }
        #expect(error?.description.hasPrefix("missing cgroup controller memory") == true)
    }

    static let hostile: [(CgroupHierarchies, Resources)] = [
        (v1, resources { $0.unified = ["memory.high": "5"] }),
        (v2, memory { $0.swappiness = 10 }), (v2, memory { $0.disableOOMKiller = true }),
        (v2, memory { $0.swap = 100 }), (v2, memory { ($0.limit, $0.swap) = (100, 50) }),
        (v2, memory { $0.kernel = 5 }), (v2, memory { $0.kernelTCP = 5 }),
        (v1, memory { $0.swappiness = 101 }),
        (v2, cpu { $0.realtimeRuntime = 5 }), (v2, io { $0.leafWeight = 10 }),
        (
            v2,
            resources {
                $0.network = .init(); $0.network?.classID = 1
            }
        ),
        (v2, resources { $0.unified = ["../memory.max": "5"] }),
        (v2, resources { $0.unified = ["..": "5"] }), (v2, resources { $0.unified = ["": "5"] }),
        (v2, resources { $0.unified = ["memory": "5"] }),
        (v2, resources { $0.unified = ["a/b.c": "5"] }),
        (v1, resources { $0.hugepageLimits = [.init(pageSize: "../2MB", limit: 1)] }),
        (v1, resources { $0.hugepageLimits = [.init(pageSize: "MB", limit: 1)] }),
        (v1, resources { $0.rdma = ["a\nb": .init()] }),
        (v1, resources { $0.devices = [.init(allow: true, type: "x")] }),
        (v1, resources { $0.devices = [.init(allow: true, type: "c", access: "rwx")] }),
        (v2, resources { $0.devices = [.init(allow: true, type: "c", major: 1 << 33)] }),
        (v1, cpu { $0.cpus = "0;1" }), (v1, cpu { $0.mems = "a" }),
        (
            v1,
            resources {
                $0.network = .init()
                $0.network?.priorities = [.init(name: "eth0 1\nlo", priority: 1)]
            }
        ),
    ]

    @Test(arguments: hostile)
    func whatCannotBeKeptIsAnError(_ hierarchies: CgroupHierarchies, _ wanted: Resources) {
        #expect(throws: CgroupSettingError.self) {
            try Cgroup("c", on: hierarchies).settings(for: wanted)
        }
    }

    @Test(
        arguments: [
            (0, 1), (2, 1), (1024, 100), (262_144, 10_000), (1 << 40, 10_000), (512, 59),
            (2048, 174),
        ] as [(UInt64, UInt64)])
    func weightOfShares(_ shares: UInt64, _ weight: UInt64) {
        #expect(V2Settings.weight(ofShares: shares) == weight)
    }

    @Test(arguments: [(10, 1), (100, 910), (500, 4950), (1000, 10_000)] as [(UInt16, UInt64)])
    func weightOfBlockIO(_ weight: UInt16, _ converted: UInt64) {
        #expect(V2Settings.ioWeight(weight) == converted)
    }

    @Test func aMissingFileMattersOnlyWhenItMust() throws {
        let absent = "/nonexistent/file"
        try CgroupSetting(file: absent, value: "1", whenMissing: .ignored).apply()
        #expect(throws: KernelError.self) {
            try CgroupSetting(file: absent, value: "1").apply()
        }
    }
}
