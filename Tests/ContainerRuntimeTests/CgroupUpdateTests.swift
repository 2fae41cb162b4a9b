// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Linux
import OCI
import Testing

/// Limits of a container that lives.
struct CgroupUpdateTests {
    private func resources(_ change: (inout Resources) -> Void) -> Resources {
        var resources = Resources()
        change(&resources)
        return resources
    }

    /// cpu.max holds both, and who changes one means to keep the other.
    @Test(
        arguments: [
            ("50000 100000\n", nil, 20_000, "50000 20000"),
            ("max 100000\n", nil, 20_000, "max 20000"),
            ("50000 70000\n", 10_000, nil, "10000 70000"), ("50000 70000\n", 1, 2, "1 2"),
        ] as [(String, Int64?, UInt64?, String)])
    func halvesOfTheQuota(_ old: String, _ quota: Int64?, _ period: UInt64?, _ new: String) throws {
        let groups = try FakeGroups(["c/cpu.max": old])
        let wanted = resources {
            $0.cpu = .init()
            $0.cpu?.quota = quota
            $0.cpu?.period = period
        }
        try CgroupLocation.path("c").update(wanted, on: groups.v2)
        #expect(groups.text("c/cpu.max") == new)
    }

    @Test func whatWasChangedIsChangedBack() throws {
        let groups = try FakeGroups([
            "c/memory.max": "max\n", "c/cpu.weight": "100\n", "cgroup.controllers": "cpu memory\n",
            "c/cgroup.controllers": "cpu memory\n", "cgroup.procs": "",
        ])
        let wanted = resources {
            $0.memory = .init()
            $0.memory?.limit = 5
            $0.cpu = .init()
            $0.cpu?.shares = 2
            $0.pids = .init(limit: 7)
        }
        let hierarchies = groups.v2
        let error = #expect(throws: RuntimeError.self) {
            try CgroupLocation.path("c").update(wanted, on: hierarchies)
        }
        #expect(
            error?.description.hasPrefix("missing cgroup controller pids for pids.max") == true)
        #expect(groups.text("c/memory.max") == "max")
        #expect(groups.text("c/cpu.weight") == "100")
    }

    @Test(arguments: [
        (["cgroup.controllers": "cpu\n"], "neither the kernel"),
        (["cgroup.controllers": "pids\n", "cgroup.procs": "1\n"], "processes in"),
        (["cgroup.controllers": "pids\n", "cgroup.procs": ""], "does not pass it down"),
        (
            ["cgroup.controllers": "pids\n", "c/cgroup.controllers": "pids\n"],
            "the kernel has no pids.max"
        ),
    ])
    func missingControllers(_ files: [String: String], _ words: String) throws {
        let groups = try FakeGroups(
            files.merging(["c/cgroup.controllers": "cpu\n"]) { own, _ in own })
        let hierarchies = groups.v2
        let wanted = resources { $0.pids = .init(limit: 7) }
        let error = #expect(throws: RuntimeError.self) {
            try CgroupLocation.path("c").update(wanted, on: hierarchies)
        }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }

    @Test func aLimitBelowWhatIsUsed() throws {
        let groups = try FakeGroups(["c/memory.max": "max\n", "c/memory.current": "100\n"])
        let hierarchies = groups.v2
        func update(_ limit: Int64, checks: Bool) throws {
            let wanted = resources {
                $0.memory = .init()
                $0.memory?.limit = limit
                $0.memory?.checkBeforeUpdate = checks
            }
            try CgroupLocation.path("c").update(wanted, on: hierarchies)
        }
        #expect(
            throws: RuntimeError.cgroup("unable to set memory limit to 50 (current usage: 100)")
        ) {
            try update(50, checks: true)
        }
        try update(200, checks: true)
        #expect(groups.text("c/memory.max") == "200")
        try update(50, checks: false)
        #expect(groups.text("c/memory.max") == "50")
    }

    @Test func version1GrowsTheSumFirst() throws {
        let groups = try FakeGroups([
            "memory/c/memory.limit_in_bytes": "50\n",
            "memory/c/memory.memsw.limit_in_bytes": "60\n",
        ])
        let wanted = resources {
            $0.memory = .init()
            $0.memory?.limit = 100
            $0.memory?.swap = 120
        }
        try CgroupLocation.path("c").update(wanted, on: groups.v1)
        #expect(groups.text("memory/c/memory.limit_in_bytes") == "100")
        #expect(groups.text("memory/c/memory.memsw.limit_in_bytes") == "120")
    }
}
