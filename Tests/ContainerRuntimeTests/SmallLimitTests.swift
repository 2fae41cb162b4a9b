// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Glibc
import Linux
import OCI
import Testing

@Suite(.serialized, .enabled(if: launchObstacle == nil, "needs root and a static busybox"))
struct SmallLimitTests {
    /// What the process touches before its program runs is counted too. It must fit into any limit
    /// that the program itself fits into.
    @Test(.enabled(if: (try? CgroupHierarchies.discover())?.mount(of: "memory") != nil))
    func startsWithOneMebibyte() throws {
        let hierarchies = try CgroupHierarchies.discover()
        let cgroup = Cgroup("swocker-test-\(getpid())-mib", on: hierarchies)
        var resources = Resources()
        resources.memory = .init()
        resources.memory?.limit = 1 << 20
        resources.memory?.swap = 1 << 20
        let container = try BusyboxContainer()
        var request = container.request(BusyboxContainer.process(["echo", "small"]))
        request.cgroup = try CgroupPlan(cgroup, resources)
        defer { try? cgroup.remove() }
        let plan = try Plan(request)
        let outcome = try alone {
            try BusyboxContainer.outcome(of: plan, lending: [:])
        }
        #expect(outcome.output == "small\n")
    }
}
