// SPDX-License-Identifier: Apache-2.0

import Linux
import Testing

@testable import ContainerRuntime

struct ExecCgroupTests {
    @Test(arguments: [
        ("0::/swocker/c\n", "swocker/c"), ("0::/swocker/c/init.scope\n", "swocker/c/init.scope"),
        ("12:pids:/other\n0::/swocker/c/a/b\n", "swocker/c/a/b"),
        ("0::/swocker/cd\n", "swocker/c"), ("0::/elsewhere\n", "swocker/c"),
        ("0::/swocker/c/../../user\n", "swocker/c"), ("", "swocker/c"),
        ("0::/../swocker/c/x\n", "swocker/c"),
    ])
    func followsTheFirstProcessDown(_ memberships: String, _ path: String) {
        let cgroup = Cgroup("swocker/c", on: .v2(mount: "/cg"))
        #expect(cgroup.below(memberships: Array(memberships.utf8)).path == path)
    }
}
