// SPDX-License-Identifier: Apache-2.0

import Linux
import OCI
import Testing

@testable import ContainerRuntime

/// The order of steps: each line is a rule that the kernel or security makes.
struct PlannerTests {
    static func spec() -> Spec {
        var spec = Spec()
        spec.hostname = "name"
        spec.domainname = "domain"
        spec.root = Spec.Root(path: "/rootfs", readonly: true)
        spec.process = process()
        spec.mounts = [
            Spec.Mount("/proc", type: "proc", source: "proc"),
            Spec.Mount("/dev", type: "tmpfs", source: "tmpfs", options: ["mode=755", "tmpcopyup"]),
            Spec.Mount("/data", type: "bind", source: "/srv/data", options: ["rbind", "ro"]),
        ]
        var linux = LinuxSpec()
        linux.namespaces = [
            .init(.user), .init(.mount), .init(.pid), .init(.network), .init(.ipc), .init(.uts),
            .init(.cgroup),
        ]
        linux.uidMappings = [IDMapping(containerID: 0, hostID: 100_000, size: 65536)]
        linux.gidMappings = [IDMapping(containerID: 0, hostID: 200_000, size: 65536)]
        linux.maskedPaths = ["/proc/kcore"]
        linux.readonlyPaths = ["/proc/sys"]
        linux.sysctl = ["net.ipv4.ip_forward": "1"]
        linux.devices = [.init(type: "c", path: "/dev/null", major: 1, minor: 3)]
        spec.linux = linux
        return spec
    }

    static func process() -> Spec.Process {
        var process = Spec.Process(args: ["true"], cwd: "/work")
        process.rlimits = [Spec.Rlimit(type: "RLIMIT_NOFILE", soft: 1, hard: 2)]
        process.oomScoreAdj = 5
        let priority = #"{"class": "IOPRIO_CLASS_BE", "priority": 4}"#
        process.ioPriority = try? Spec.IOPriority(json: Array(priority.utf8))
        return process
    }

    static let v1 = CgroupHierarchies.v1(
        [.init(controllers: ["pids"], mount: "/cg/pids")], unified: nil)
    static let v2 = CgroupHierarchies.v2(mount: "/cg")
    static let seccomp = SeccompProgram(instructions: [UInt8](repeating: 0, count: 8))

    static func request(_ hierarchies: CgroupHierarchies = v1) -> LaunchRequest {
        var cgroup = CgroupPlan(Cgroup("swocker/c", on: hierarchies))
        cgroup.settings = [.init(file: "/cg/pids/swocker/c/pids.max", value: "5")]
        cgroup.deviceProgram = [1]
        return LaunchRequest(
            spec: spec(), root: .overlay(lowers: ["/l1", "/l2"], upper: "/u", work: "/w"),
            user: .named("user", groups: ["audio"]), cgroup: cgroup, seccomp: seccomp)
    }

    /// systemd makes a group around a process that is there, and writes its own values: ours come
    /// after, and the view of the groups last.
    @Test(arguments: [v1, v2])
    func systemdComesFirst(_ hierarchies: CgroupHierarchies) throws {
        var request = Self.request(hierarchies)
        let scope = try SystemdScope(cgroupsPath: "a.slice:p:c", id: "c", ofUser: false)
        request.cgroup.scope = ScopeStart(scope: scope, properties: [])
        request.cgroup.cgroup = Cgroup(scope.path, on: hierarchies)
        let plan = try Plan(request)
        #expect(!plan.before.contains { if case .makeCgroup = $0 { true } else { false } })
        guard case .clone(let namespaces, cgroup: nil)? = plan.before.last else {
            return #expect(Bool(false), "\(plan.before)")
        }
        #expect(!namespaces.contains(.cgroup))
        let names = plan.meanwhile.prefix(3).map { "\($0)".prefix { $0 != "(" } }
        #expect(names == ["startScope", "enterCgroup", "writeCgroup"])
        #expect(plan.inside.first == .unshare(.cgroup))
    }

    /// A group that systemd makes is there to be shown only when the process is.
    @Test(arguments: [v1, v2], [true, false])
    func showsAGroupWhenItIsThere(_ hierarchies: CgroupHierarchies, ofSystemd: Bool) throws {
        var request = Self.request(hierarchies)
        let scope = try SystemdScope(cgroupsPath: "a.slice:p:c", id: "c", ofUser: false)
        if ofSystemd { request.cgroup.scope = ScopeStart(scope: scope, properties: []) }
        request.cgroup.cgroup = Cgroup(scope.path, on: hierarchies)
        request.spec.linux?.namespaces.removeAll { $0.type == .cgroup }
        request.spec.mounts = [Spec.Mount("/sys/fs/cgroup", type: "cgroup", source: "cgroup")]
        let plan = try Plan(request)
        func copies(_ steps: [KernelStep]) -> Int {
            steps.count {
                if case .copyTree(let source, _, _) = $0 {
                    source.hasSuffix(scope.path)
                } else {
                    false
                }
            }
        }
        #expect((copies(plan.before) == 0) == ofSystemd)
        #expect((copies(plan.inside) == 0) != ofSystemd)
    }

    /// The users first, for they give the rights over the rest; new namespaces only then, so that
    /// they belong to those users; and a sibling last, since a pid namespace counts for children.
    @Test func joinsBeforeItUnshares() throws {
        var request = Self.request()
        request.spec.linux?.namespaces = [
            .init(.mount), .init(.network, path: "/n/net"), .init(.pid), .init(.uts),
            .init(.user, path: "/n/user"),
        ]
        let plan = try Plan(request)
        let joins = ["hide", "joinCgroups", "joinNamespace", "becomeRoot", "joinNamespace"]
        #expect(Self.names(plan.inside).starts(with: joins + ["unshare", "cloneSibling"]))
        #expect(plan.inside.contains(.unshare([.mount, .pid, .uts])))
        #expect(plan.before.contains(.clone([], cgroup: nil)))
        #expect(!Self.names(plan.meanwhile).contains("mapIDs"))
        #expect(plan.joinedUsers != nil)
    }

    /// The names of the cases, in their order.
    static func names(_ steps: [KernelStep]) -> [String] {
        steps.map { String("\($0)".prefix { $0 != "(" }) }
    }

    @Test func startsInThisOrder() throws {
        let plan = try Plan(Self.request())
        #expect(
            Self.names(plan.before) == [
                "makeCgroup", "writeCgroup", "openFile", "openFilesystem",
            ] + Array(repeating: "copyTree", count: 9) + ["giveStreams", "clone"])
        #expect(
            Self.names(plan.meanwhile) == [
                "mapIDs", "createOverlay", "setLimit", "setOOMScore", "release",
            ])
        #expect(
            Self.names(plan.inside) == [
                "joinCgroups", "unshare", "becomeRoot", "newSession", "newKeyring", "raiseLoopback",
                "setHostname", "setDomainname", "setPropagation", "attachRoot", "mount", "mount",
                "makeDevice", "makeDevice", "makeDevice", "makeDevice", "makeDevice", "makeDevice",
                "makeLink", "makeLink", "makeLink", "makeLink", "makeLink",
                "makeLink", "bind", "pivot", "makeRootReadOnly", "setSysctl", "makeReadOnly",
                "mask", "identify", "useStreams", "ownStreams", "makeWorkingDirectory",
                "setIOPriority", "enterWorkingDirectory", "loadSeccomp", "setUser",
                "setCapabilities", "enterWorkingDirectory", "execute",
            ])
    }

    @Test func joinsInThisOrder() throws {
        var request = ExecRequest(
            process: Self.process(), user: .ids(Spec.User()),
            namespaces: [.user, .mount, .pid], rootUID: 1, rootGID: 2,
            cgroup: Cgroup("swocker/c", on: Self.v1), seccomp: Self.seccomp)
        let plan = try Plan(request)
        #expect(Self.names(plan.before) == ["openFile", "giveStreams", "clone"])
        #expect(Self.names(plan.meanwhile) == ["setLimit", "setOOMScore", "release"])
        let program = [
            "identify", "useStreams", "ownStreams", "setIOPriority", "enterWorkingDirectory",
            "loadSeccomp", "setUser", "setCapabilities", "enterWorkingDirectory", "execute",
        ]
        #expect(
            Self.names(plan.inside) == [
                "hide", "joinCgroups", "joinNamespace", "closeDescriptors", "cloneSibling",
                "becomeRoot", "newSession", "newKeyring", "openRoot",
            ] + program)
        #expect(plan.endsInSibling)

        // Nothing of a user namespace when there is none to join; version 2's group is a
        // birthplace.
        request.namespaces = [.mount]
        request.cgroup = Cgroup("swocker/c", on: Self.v2)
        let other = try Plan(request)
        #expect(Self.names(other.before) == ["openFile", "clone"])
        #expect(
            Self.names(other.inside) == [
                "hide", "joinNamespace", "closeDescriptors", "cloneSibling", "newSession",
                "newKeyring",
                "openRoot",
            ] + program)
        guard case .clone([], cgroup: .some) = other.before[1] else {
            Issue.record("not born in the group: \(other.before[1])")
            return
        }
    }

    /// With no_new_privs the filter comes last; without it, while CAP_SYS_ADMIN lasts.
    @Test(arguments: [true, false])
    func loadsTheFilter(noNewPrivileges: Bool) throws {
        var request = Self.request()
        request.spec.process?.noNewPrivileges = noNewPrivileges
        let names = Self.names(try Plan(request).inside)
        let filter = try #require(names.firstIndex(of: "loadSeccomp"))
        let capabilities = try #require(names.firstIndex(of: "setCapabilities"))
        #expect((filter > capabilities) == noNewPrivileges)
        #expect(names.contains("forbidNewPrivileges") == noNewPrivileges)
        if noNewPrivileges { #expect(filter == names.count - 2) }
    }

    /// A container on version 2 is born in its group and cgroup namespace; on version 1 it must
    /// join first, or its namespace would show the group of the engine.
    @Test func beginsTheCgroupNamespaceInTheGroup() throws {
        guard case .clone(let old, cgroup: nil) = try Plan(Self.request()).before.last,
            case .clone(let new, cgroup: .some) = try Plan(Self.request(Self.v2)).before.last
        else {
            Issue.record("no clone at the end")
            return
        }
        #expect(!old.contains(.cgroup) && new.contains(.cgroup))
        #expect(Self.names(try Plan(Self.request(Self.v2)).before).contains("limitDevices"))
    }

    @Test func opensTheTerminalBeforeThePivotAndOwnsItLater() throws {
        var request = Self.request()
        request.terminal = true
        let names = Self.names(try Plan(request).inside)
        let order = ["mount", "openTerminal", "pivot", "identify", "ownStreams", "setUser"]
        let places = try order.map { try #require(names.firstIndex(of: $0)) }
        #expect(places == places.sorted())
        #expect(!names.contains("useStreams"))
        #expect(!Self.names(try Plan(request).before).contains("giveStreams"))
    }

    /// A specification that cannot be.
    struct Flaw: Sendable {
        let text: String
        let change: @Sendable (inout Spec) -> Void

        init(_ text: String, _ change: @escaping @Sendable (inout Spec) -> Void) {
            self.text = text
            self.change = change
        }
    }

    @Test(arguments: [
        Flaw("process.args is empty") { $0.process?.args = [] },
        Flaw("Cwd must be an absolute path") { $0.process?.cwd = "work" },
        Flaw("a container needs a mount namespace of its own") { $0.linux?.namespaces = [] },
        Flaw("mount destination proc is relative") { $0.mounts[0].destination = "proc" },
        Flaw("bind mount /data needs an absolute source") { $0.mounts[2].source = "data" },
        Flaw("unknown I/O priority class X") { $0.process?.ioPriority?.class = "X" },
        Flaw("I/O priority 8 is not between 0 and 7") { $0.process?.ioPriority?.priority = 8 },
    ])
    func refuses(_ flaw: Flaw) {
        var request = Self.request()
        flaw.change(&request.spec)
        #expect(throws: RuntimeError.invalidSpec(flaw.text)) { try Plan(request) }
    }

    /// Every step can be explained, and no slot is used that the plan has not.
    @Test(arguments: [PlannerTests.v1, PlannerTests.v2], [true, false])
    func explainsEveryStep(_ hierarchies: CgroupHierarchies, terminal: Bool) throws {
        var request = Self.request(hierarchies)
        request.terminal = terminal
        request.spec.process?.noNewPrivileges = terminal
        request.spec.mounts[2].uidMappings = request.spec.linux?.uidMappings ?? []
        request.spec.linux?.namespaces.append(.init(.time, path: "/proc/1/ns/time"))
        let exec = ExecRequest(
            process: Self.process(), user: request.user, namespaces: [.user, .mount],
            cgroup: request.cgroup.cgroup, seccomp: Self.seccomp, terminal: terminal)
        for step in try Plan(request).steps + Plan(exec).steps {
            let explanation = step.explanation
            for text in [
                explanation.action, explanation.call, explanation.shell, explanation.sentence,
            ] { #expect(!text.isEmpty, "\(step)") }
            #expect(explanation.sentence.hasSuffix("."))
            #expect(!explanation.action.hasSuffix("."))
        }
    }

    @Test func givesEqualPlansForEqualRequests() throws {
        #expect(try Plan(Self.request()) == Plan(Self.request()))
        var other = Self.request()
        other.spec.hostname = "other"
        #expect(try Plan(other) != Plan(Self.request()))
    }
}
