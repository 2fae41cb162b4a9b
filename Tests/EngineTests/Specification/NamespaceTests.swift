// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Engine
import OCI
import Testing

struct NamespaceTests {
    private func kinds(_ fixture: SpecificationFixture) throws -> String {
        try fixture.linux().namespaces.map {
            $0.type.rawValue + ($0.path.map { "=\($0)" } ?? "")
        }.joined(separator: " ")
    }

    @Test func allAreOwnByDefault() throws {
        #expect(try kinds(SpecificationFixture()) == "user mount pid network ipc uts cgroup")
        let linux = try SpecificationFixture().linux()
        let mapping = IDMapping(
            containerID: 0, hostID: SpecificationFixture.base, size: 65_536)
        #expect(linux.uidMappings == [mapping])
        #expect(linux.gidMappings == [mapping])
    }

    private typealias Change = (inout HostConfiguration) -> Void

    @Test func host() throws {
        let rows: [(Change, String, Bool)] = [
            ({ $0.networkMode = "host" }, "mount pid ipc uts cgroup", true),
            ({ $0.pidMode = "host" }, "mount network ipc uts cgroup", true),
            ({ $0.ipcMode = "host" }, "mount pid network uts cgroup", true),
            ({ $0.utsMode = "host" }, "mount pid network ipc cgroup", true),
            ({ $0.cgroupnsMode = "host" }, "mount pid network ipc uts", false),
            ({ $0.usernsMode = "host" }, "mount pid network ipc uts cgroup", true),
        ]
        for (change, leaves, needsHostUsers) in rows {
            let fixture = SpecificationFixture.ofHostUsers { change(&$0.host) }
            #expect(try kinds(fixture) == leaves)
            #expect(try NamespaceModes(fixture.host).usesHostUsers == needsHostUsers)
            #expect(try fixture.linux().uidMappings.isEmpty)
        }
    }

    @Test func privilegedHasTheHostsUsers() throws {
        var host = HostConfiguration()
        host.privileged = true
        #expect(try NamespaceModes(host).usesHostUsers)
        #expect(try NamespaceModes(host, cgroupVersion: 2).cgroup == .own)
        #expect(try NamespaceModes(host, cgroupVersion: 1).cgroup == .host)
        #expect(try !NamespaceModes(HostConfiguration()).usesHostUsers)
    }

    @Test func joiningSharesTheUsersToo() throws {
        let fixture = SpecificationFixture {
            $0.host.networkMode = "container:db"
            $0.host.pidMode = "container:db"
            $0.facts.users = .joined(pid: 77, base: 5)
            $0.facts.joined = [.network: 77, .pid: 77]
        }
        #expect(
            try kinds(fixture)
                == "user=/proc/77/ns/user mount pid=/proc/77/ns/pid network=/proc/77/ns/net "
                + "ipc uts cgroup")
        #expect(try fixture.linux().uidMappings.first?.hostID == 5)
        #expect(try NamespaceModes(fixture.host).joinedContainers == ["db"])
    }

    @Test func refused() {
        let rows: [(Change, String)] = [
            ({ $0.pidMode = "foo" }, "invalid PID mode: foo"),
            ({ $0.pidMode = "container:" }, "invalid PID mode: container:"),
            ({ $0.ipcMode = "foo" }, "invalid IPC mode: foo"),
            ({ $0.utsMode = "container:x" }, "invalid UTS mode: container:x"),
            ({ $0.usernsMode = "foo" }, "invalid user namespace mode: foo"),
            ({ $0.cgroupnsMode = "foo" }, "invalid cgroup namespace mode: foo"),
            (
                { $0.networkMode = "container:x" },
                "cannot join network of a non running container: x"
            ),
            ({ $0.pidMode = "host" }, "the host's namespaces need the host's users"),
        ]
        for (change, message) in rows {
            let fixture = SpecificationFixture { change(&$0.host) }
            #expect(fixture.refusal() == message)
        }
    }
}
