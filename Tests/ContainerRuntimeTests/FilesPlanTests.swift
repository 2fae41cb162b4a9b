// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Linux
import OCI
import Testing

/// Work on a container's files.
struct FilesPlanTests {
    @Test func joinsNothingButTheUsers() {
        let plan = Plan(joiningUsers: true, as: .ids(Spec.User()))
        #expect(
            plan.inside == [
                .hide, .joinNamespace(.container, .user), .becomeRoot, .useRoot,
                .identify(.ids(Spec.User())),
            ])
        #expect(Plan(joiningUsers: false, as: .ids(Spec.User())).inside.first == .useRoot)
    }

    @Test func putsTheRootTogether() throws {
        var spec = Spec()
        var linux = LinuxSpec()
        linux.namespaces = [LinuxSpec.Namespace(.user), LinuxSpec.Namespace(.mount)]
        linux.uidMappings = [IDMapping(containerID: 0, hostID: 1000, size: 10)]
        linux.gidMappings = linux.uidMappings
        spec.linux = linux
        let root = RootFilesystem.overlay(lowers: ["/l"], upper: "/u", work: "/w")
        let plan = try Plan(
            filesOf: LaunchRequest(spec: spec, root: root, user: .ids(Spec.User())))
        #expect(plan.before.last == .clone([.user, .mount], cgroup: nil))
        #expect(plan.meanwhile.last == .release)
        #expect(plan.inside.contains(.becomeRoot))
        #expect(!plan.inside.contains(.pivot))
        // Nothing is made in it: that would be a change of the container's.
        for step in plan.inside {
            switch step {
            case .makeDevice, .makeLink: Issue.record("\(step)")
            default: break
            }
        }
    }
}
