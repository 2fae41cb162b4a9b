// SPDX-License-Identifier: Apache-2.0

import Linux
import OCI
import Testing

@testable import ContainerRuntime

/// What a specification asks for becomes these steps, or this error.
struct SpecificationTests {
    typealias Flaw = PlannerTests.Flaw

    @Test(arguments: [
        Flaw("ociVersion \"2.0.0\" is not supported: this runtime takes 1.0.0 to 1.x") {
            $0.ociVersion = "2.0.0"
        },
        Flaw("duplicate namespace pid") { $0.linux?.namespaces.append(.init(.pid, path: "/p")) },
        Flaw("timeOffsets need a new time namespace") {
            $0.linux?.timeOffsets = ["boottime": .init(secs: 1)]
        },
        Flaw("hostname needs a UTS namespace") { spec in
            spec.linux?.namespaces.removeAll { $0.type == .uts }
        },
        Flaw("uidMappings and gidMappings need a user namespace") { spec in
            spec.linux?.namespaces.removeAll { $0.type == .user }
        },
        Flaw("a new user namespace needs uidMappings and gidMappings") {
            $0.linux?.gidMappings = []
        },
        Flaw("an id mapping has an impossible size") {
            $0.linux?.uidMappings = [IDMapping(containerID: 0, hostID: 5, size: .max)]
        },
        Flaw("masked or read-only path proc is relative") { $0.linux?.maskedPaths = ["proc"] },
        Flaw("sysctl \"kernel.panic\" is not in a separate kernel namespace") {
            $0.linux?.sysctl = ["kernel.panic": "1"]
        },
        Flaw("sysctl \"net.//.x\" is no name of a setting") {
            $0.linux?.sysctl = ["net.//.x": "1"]
        },
        Flaw("sysctl \"net.ipv4.ip_forward\" is not allowed without a network namespace") { spec in
            spec.linux?.namespaces.removeAll { $0.type == .network }
        },
        Flaw("\"/proc/sys/kernel\" cannot be mounted because it is inside /proc") {
            $0.mounts[2].destination = "/proc/./sys/../sys/kernel/"
        },
        Flaw("only procfs can be mounted on /proc") {
            $0.mounts[1].destination = "//proc"
        },
        Flaw("nothing can be mounted on the root directory") { $0.mounts[2].destination = "/x/.." },
        Flaw("mount /dev: only bind mounts can be id-mapped") {
            $0.mounts[1].options.append("idmap")
        },
        Flaw("mount /data needs both uidMappings and gidMappings") {
            $0.mounts[2].uidMappings = [IDMapping(containerID: 0, hostID: 7, size: 1)]
        },
        Flaw("device path dev/x is relative") { $0.linux?.devices[0].path = "dev/x" },
        Flaw("device /dev/null has the type \"x\", which is none of c, b, u, p") {
            $0.linux?.devices[0].type = "x"
        },
        Flaw("device /dev/null needs major and minor numbers") {
            $0.linux?.devices[0].major = nil
        },
        Flaw("process.args and process.env must not contain NUL") { $0.process?.env = ["A=\0"] },
        Flaw("unknown rlimit \"RLIMIT_X\"") { $0.process?.rlimits[0].type = "RLIMIT_X" },
        Flaw("rlimit RLIMIT_NOFILE is given twice") {
            $0.process?.rlimits.append(.init(type: "RLIMIT_NOFILE", soft: 1, hard: 1))
        },
        Flaw("oomScoreAdj 1001 is not between -1000 and 1000") { $0.process?.oomScoreAdj = 1001 },
        Flaw("unknown scheduler policy \"SCHED_X\"") {
            $0.process?.scheduler = .init(policy: "SCHED_X")
        },
        Flaw("unknown scheduler flag \"X\"") {
            $0.process?.scheduler = .init(policy: "SCHED_RR")
            $0.process?.scheduler?.flags = ["X"]
        },
        Flaw("scheduler.priority is not between 0 and 99") {
            $0.process?.scheduler = .init(policy: "SCHED_RR")
            $0.process?.scheduler?.priority = -1
        },
        Flaw("unknown personality \"BSD\"") { $0.linux?.personality = .init(domain: "BSD") },
        Flaw("unknown rootfsPropagation \"rx\"") { $0.linux?.rootfsPropagation = "rx" },
        Flaw("timeOffsets has no clock \"realtime\"") {
            $0.linux?.namespaces.append(.init(.time))
            $0.linux?.timeOffsets = ["realtime": .init(secs: 1)]
        },
    ])
    func refuses(_ flaw: Flaw) {
        var request = PlannerTests.request()
        flaw.change(&request.spec)
        #expect(throws: RuntimeError.invalidSpec(flaw.text)) { try Plan(request) }
    }

    /// New users among joined namespaces: what is joined belongs to others, so their rights are
    /// needed first; what is new shall belong to the new users.
    @Test func mapsAfterItHasJoined() throws {
        var request = PlannerTests.request()
        request.spec.linux?.namespaces = [
            .init(.user), .init(.mount), .init(.pid), .init(.uts), .init(.network, path: "/n/net"),
        ]
        let plan = try Plan(request)
        #expect(
            PlannerTests.names(plan.inside).starts(with: [
                "hide", "joinCgroups", "joinNamespace", "unshare", "awaitEngine", "becomeRoot",
                "unshare", "cloneSibling",
            ]))
        #expect(
            PlannerTests.names(plan.meanwhile).starts(with: ["release", "awaitProcess", "mapIDs"]))
        #expect(plan.inside.contains(.unshare([.mount, .pid, .uts])))
    }

    @Test func setsClocksBeforeAnybodyIsInTheNamespace() throws {
        var request = PlannerTests.request(PlannerTests.v2)
        request.spec.linux?.namespaces.append(.init(.time))
        request.spec.linux?.timeOffsets = ["monotonic": .init(secs: -5), "boottime": .init()]
        let plan = try Plan(request)
        guard case .clone(let namespaces, _) = plan.before.last else {
            Issue.record("no clone at the end")
            return
        }
        #expect(namespaces.isDisjoint(with: [.time, .pid]) && namespaces.contains(.user))
        #expect(
            plan.inside.starts(with: [
                .unshare(.time),
                .setClocks([
                    ClockOffset(clock: "boottime", seconds: 0, nanoseconds: 0),
                    ClockOffset(clock: "monotonic", seconds: -5, nanoseconds: 0),
                ]), .becomeRoot, .unshare(.pid), .cloneSibling,
            ]))
    }

    /// A scheduler that a fork loses is set in the last process, any other with the host's rights.
    @Test(arguments: [
        ("SCHED_BATCH", [], true), ("SCHED_BATCH", ["SCHED_FLAG_RESET_ON_FORK"], false),
    ])
    func schedules(_ policy: String, _ flags: [String], byTheEngine: Bool) throws {
        var process = PlannerTests.process()
        process.scheduler = Spec.Scheduler(policy: policy)
        process.scheduler?.flags = flags
        process.scheduler?.nice = 3
        let plan = try Plan(
            ExecRequest(process: process, user: .ids(Spec.User()), namespaces: [.mount]))
        let step = KernelStep.setScheduler(
            Scheduling(policy: 3, flags: flags.isEmpty ? 0 : 1, nice: 3))
        #expect(plan.meanwhile.contains(step) == byTheEngine)
        #expect(plan.inside.contains(step) != byTheEngine)
    }

    @Test func confinesAnExecTwice() throws {
        var process = PlannerTests.process()
        process.execCPUAffinity = .init(initial: "0-2,5", final: "1")
        let plan = try Plan(
            ExecRequest(
                process: process, user: .ids(Spec.User()), namespaces: [.mount],
                cgroup: Cgroup("c", on: PlannerTests.v1)))
        #expect(
            PlannerTests.names(plan.inside).starts(with: [
                "confine", "hide", "joinCgroups", "confine", "joinNamespace",
            ]))
        let first = try #require(ProcessorSet("0-2,5"))
        #expect(plan.inside.first == .confine(first) && first.numbers == [0, 1, 2, 5])
    }

    @Test(arguments: ["", "a", "3-1", "1-", "-1", "1,,2", "1-2-3", "9999999999", "+1"])
    func processors(_ text: String) {
        #expect(ProcessorSet(text) == nil)
    }

    @Test func mapsAMountItsOwnWay() throws {
        var request = PlannerTests.request()
        let own = [IDMapping(containerID: 0, hostID: 7, size: 1)]
        request.spec.mounts[2].uidMappings = own
        request.spec.mounts[2].gidMappings = own
        let plan = try Plan(request)
        let shifts = plan.meanwhile.compactMap { step -> OwnerShift? in
            if case .shiftOwners(let shift) = step { shift } else { nil }
        }
        #expect(shifts.count == 1 && shifts[0].isRequired && shifts[0].recursive)
        let mapping = try #require(shifts.first?.mapping)
        #expect(plan.before.contains(.openMapping(users: own, groups: own, mapping)))
        // The container's own mapping needs no further namespace.
        request.spec.mounts[2].uidMappings = request.spec.linux?.uidMappings ?? []
        request.spec.mounts[2].gidMappings = request.spec.linux?.gidMappings ?? []
        #expect(!PlannerTests.names(try Plan(request).before).contains("openMapping"))
        request.spec.mounts[2].uidMappings = []
        request.spec.mounts[2].gidMappings = []
        #expect(!PlannerTests.names(try Plan(request).meanwhile).contains("shiftOwners"))
        request.spec.mounts[2].options = ["bind", "idmap"]
        #expect(PlannerTests.names(try Plan(request).meanwhile).contains("shiftOwners"))
    }

    @Test func makesTheDefaultDevicesOnce() throws {
        var request = PlannerTests.request()
        request.spec.linux?.devices = [
            .init(type: "c", path: "/dev//null", major: 1, minor: 3, fileMode: 0o600),
            .init(type: "p", path: "/dev/fifo", major: 0, minor: 0),
        ]
        let nodes = try Plan(request).inside.compactMap { step -> DeviceNode? in
            if case .makeDevice(let node) = step { node } else { nil }
        }
        #expect(nodes.count == 7)
        #expect(nodes.filter { $0.major == 1 && $0.minor == 3 }.map(\.mode) == [0o020600])
        // Anybody may make a FIFO; devices are the host's in a user namespace.
        #expect(nodes.filter { $0.source == nil }.map(\.path) == ["/dev/fifo"])
        // Who brings a /dev of his own has what is in it.
        request.spec.mounts[1] = Spec.Mount("/dev", type: "bind", source: "/dev")
        #expect(!PlannerTests.names(try Plan(request).inside).contains("makeDevice"))
        request.spec.mounts.remove(at: 1)
        #expect(PlannerTests.names(try Plan(request).inside).contains("makeDevice"))
    }

    @Test(
        arguments: [
            (nil, Propagation.private, false), ("rprivate", .private, false),
            ("rslave", .slave, false),
            ("slave", .slave, false), ("shared", .private, true), ("unbindable", .private, true),
        ] as [(String?, Propagation, Bool)])
    func rootPropagation(_ name: String?, _ attached: Propagation, later: Bool) throws {
        var request = PlannerTests.request()
        request.root = .directory("/rootfs")
        request.spec.linux?.rootfsPropagation = name
        let plan = try Plan(request)
        #expect(plan.inside.contains(.setPropagation(.slave)))
        let attach = plan.inside.compactMap { step -> Propagation? in
            if case .attachRoot(_, let propagation) = step { propagation } else { nil }
        }
        #expect(attach == [attached])
        #expect(PlannerTests.names(plan.inside).contains("setRootPropagation") == later)
    }

    /// A mount of type "cgroup" is what the host and the namespaces make of it.
    @Test func showsControlGroups() throws {
        let mount = Spec.Mount(
            "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "ro"])
        var request = PlannerTests.request(PlannerTests.v2)
        request.spec.mounts.append(mount)
        func targets(_ request: LaunchRequest) throws -> [String] {
            try Plan(request).inside.compactMap { step -> String? in
                switch step {
                case .mount(let mount) where mount.target.hasPrefix("/sys"):
                    "\(mount.type) \(mount.target)"
                case .bind(let bind) where bind.target.hasPrefix("/sys"):
                    "\(bind.source) \(bind.target)"
                case .makeLink(let target, let path) where path.hasPrefix("/sys"):
                    "\(path) -> \(target)"
                case .sealMount(let path): "ro \(path)"
                default: nil
                }
            }
        }
        #expect(try targets(request) == ["cgroup2 /sys/fs/cgroup"])
        let v1 = CgroupHierarchies.v1(
            [
                .init(controllers: ["cpu", "cpuacct"], mount: "/cg/cpu,cpuacct"),
                .init(controllers: ["name=systemd"], mount: "/cg/systemd"),
            ], unified: nil)
        request = PlannerTests.request(v1)
        request.spec.mounts.append(mount)
        #expect(
            try targets(request) == [
                "tmpfs /sys/fs/cgroup", "cgroup /sys/fs/cgroup/cpu,cpuacct",
                "/sys/fs/cgroup/cpu -> cpu,cpuacct", "/sys/fs/cgroup/cpuacct -> cpu,cpuacct",
                "cgroup /sys/fs/cgroup/systemd", "ro /sys/fs/cgroup",
            ])
        request.spec.linux?.namespaces.removeAll { $0.type == .cgroup }
        #expect(try targets(request).contains("/cg/systemd/swocker/c /sys/fs/cgroup/systemd"))
        request.cgroup = CgroupPlan()
        #expect(try targets(request) == ["/sys/fs/cgroup /sys/fs/cgroup"])
    }

    /// Without rights on the host the process copies mounts and sets its limits itself.
    @Test func leavesToTheProcessWhatOnlyItMay() throws {
        var request = PlannerTests.request()
        request.root = .directory("/rootfs")
        request.isRootless = true
        let plan = try Plan(request)
        #expect(!PlannerTests.names(plan.before).contains("copyTree"))
        #expect(!PlannerTests.names(plan.meanwhile).contains("setLimit"))
        let names = PlannerTests.names(plan.inside)
        let order = ["becomeRoot", "setLimit", "setPropagation", "copyTree", "attachRoot"]
        let places = try order.map { try #require(names.firstIndex(of: $0)) }
        #expect(places == places.sorted())
    }

    @Test(arguments: [
        ("net.ipv4.ip_forward", "net/ipv4/ip_forward"),
        ("net/ipv4/conf/eth0.100/mtu", "net/ipv4/conf/eth0.100/mtu"),
        ("net.ipv4.conf.eth0/100.mtu", "net/ipv4/conf/eth0.100/mtu"),
    ])
    func sysctlNames(_ key: String, _ path: String) {
        #expect(Inside.sysctlPath(key) == path)
    }
}
