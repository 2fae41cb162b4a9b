// SPDX-License-Identifier: Apache-2.0

@testable import ContainerRuntime
import Glibc
import Linux
import OCI
import Testing

private let allowed: UInt32 = 0x7FFF_0000
private func failing(_ number: CInt) -> UInt32 { 0x0005_0000 | UInt32(number) }

/// The default profile on a machine with x86-64, compiled and run on calls that matter.
struct DefaultProfileTests {
    private static func program(
        _ capabilities: CapabilitySet, socketcall: Bool = false
    ) throws -> [UInt8] {
        let profile = DefaultProfile.seccomp(
            capabilities: capabilities, architecture: "x86_64", allowsSocketcall: socketcall)
        return try SeccompFilter(profile).compiled()
    }

    @Test(
        arguments: [
            ("read", .x86_64(0), allowed), ("i386 read", .i386(3), allowed),
            ("x32 read", .x32(0), allowed), ("execve", .x86_64(59), allowed),
            ("x32 execve", .x32(520), allowed), ("ptrace", .x86_64(101), allowed),
            ("chroot", .x86_64(161), allowed), ("arch_prctl", .x86_64(158), allowed),
            // Namespaces.
            ("clone of a process", .x86_64(56, 17), allowed),
            ("clone of a user namespace", .x86_64(56, 0x1000_0000 | 17), failing(EPERM)),
            ("clone of a cgroup namespace", .x86_64(56, 0x0200_0000), failing(EPERM)),
            ("i386 clone of a user namespace", .i386(120, 0x1000_0000), failing(EPERM)),
            ("x32 clone of a user namespace", .x32(56, 0x1000_0000), failing(EPERM)),
            ("clone3", .x86_64(435), failing(ENOSYS)), ("i386 clone3", .i386(435), failing(ENOSYS)),
            ("unshare", .x86_64(272), failing(EPERM)), ("i386 unshare", .i386(310), failing(EPERM)),
            ("x32 unshare", .x32(272), failing(EPERM)), ("setns", .x86_64(308), failing(EPERM)),
            // Mounts, modules, keys, clocks, other kernels.
            ("mount", .x86_64(165), failing(EPERM)), ("i386 mount", .i386(21), failing(EPERM)),
            ("x32 mount", .x32(165), failing(EPERM)), ("open_tree", .x86_64(428), failing(EPERM)),
            ("move_mount", .x86_64(429), failing(EPERM)), ("fsopen", .x86_64(430), failing(EPERM)),
            ("pivot_root", .x86_64(155), failing(EPERM)), ("bpf", .x86_64(321), failing(EPERM)),
            ("init_module", .x86_64(175), failing(EPERM)),
            ("kexec_load", .x86_64(246), failing(EPERM)),
            ("x32 kexec_load", .x32(528), failing(EPERM)), ("keyctl", .x86_64(250), failing(EPERM)),
            ("add_key", .x86_64(248), failing(EPERM)), ("reboot", .x86_64(169), failing(EPERM)),
            ("settimeofday", .x86_64(164), failing(EPERM)),
            ("open_by_handle_at", .x86_64(304), failing(EPERM)),
            ("perf_event_open", .x86_64(298), failing(EPERM)),
            ("userfaultfd", .x86_64(323), failing(EPERM)), ("swapon", .x86_64(167), failing(EPERM)),
            ("io_uring_setup", .x86_64(425), failing(EPERM)),
            ("i386 io_uring_setup", .i386(425), failing(EPERM)),
            ("kcmp", .x86_64(312), failing(EPERM)), ("pidfd_getfd", .x86_64(438), failing(EPERM)),
            ("iopl", .x86_64(172), failing(EPERM)), ("i386 vm86", .i386(166), failing(EPERM)),
            // Sockets, direct and through i386's multiplexer.
            ("AF_UNIX", .x86_64(41, 1), allowed), ("AF_INET6", .x86_64(41, 10), allowed),
            ("AF_NETLINK", .x86_64(41, 16), allowed), ("AF_PACKET", .x86_64(41, 17), allowed),
            ("AF_ALG", .x86_64(41, 38), failing(EPERM)),
            ("AF_VSOCK", .x86_64(41, 40), failing(EPERM)),
            ("AF_VSOCK with a high bit", .x86_64(41, 1 << 32 | 40), failing(EPERM)),
            ("AF_ALG with a high bit", .x86_64(41, 1 << 63 | 38), failing(EPERM)),
            ("AF_UNIX with a high bit", .x86_64(41, 1 << 32 | 1), failing(EPERM)),
            ("AF_RXRPC", .x86_64(41, 33), allowed),
            ("a family to come", .x86_64(41, 46), failing(EPERM)),
            ("x32 AF_VSOCK", .x32(41, 40), failing(EPERM)),
            ("i386 AF_INET", .i386(359, 2), allowed),
            ("i386 AF_VSOCK", .i386(359, 40), failing(EPERM)),
            ("i386 socketcall of socket", .i386(102, 1), failing(ENOSYS)),
            ("i386 socketcall of sendmsg", .i386(102, 16), failing(ENOSYS)),
            // Personalities.
            ("personality of Linux", .x86_64(135, 0), allowed),
            ("which personality", .x86_64(135, 0xFFFF_FFFF), allowed),
            ("personality of 32 bits", .x86_64(135, 0x8), allowed),
            ("no randomisation", .x86_64(135, 0x0004_0000), failing(EPERM)),
            // Calls younger than the list, and other architectures.
            ("a call to come", .x86_64(2000), failing(ENOSYS)),
            ("an i386 call to come", .i386(2000), failing(ENOSYS)),
            ("an x32 call to come", .x32(2000), failing(ENOSYS)),
            ("no call", .x86_64(0xFFFF_FFFF), failing(ENOSYS)),
            ("AArch64", FilteredCall(number: 0, architecture: 0xC000_00B7), failing(EPERM)),
        ] as [(String, FilteredCall, UInt32)])
    func forDockersCapabilities(_ name: String, _ call: FilteredCall, _ answer: UInt32) throws {
        #expect(run(try Self.program(.docker), on: call) == answer, "\(name)")
    }

    @Test(
        arguments: [
            (.sysAdmin, .x86_64(165)), (.sysAdmin, .i386(21)),
            (.sysAdmin, .x86_64(56, 0x1000_0000)),
            (.sysAdmin, .x86_64(435)), (.sysAdmin, .x86_64(272)), (.sysAdmin, .x86_64(321)),
            (.sysModule, .x86_64(175)), (.sysTime, .x86_64(164)), (.sysPtrace, .x86_64(312)),
            (.sysBoot, .x86_64(169)), (.bpf, .x86_64(321)), (.perfmon, .x86_64(298)),
            (.dacReadSearch, .x86_64(304)), (.sysRawio, .x86_64(172)), (.sysNice, .x86_64(237)),
            (.sysPacct, .x86_64(163)), (.sysTtyConfig, .x86_64(153)), (.syslog, .x86_64(103)),
            (.sysChroot, .x86_64(161)),
        ] as [(Capability, FilteredCall)])
    func aCapabilityOpensItsCalls(_ capability: Capability, _ call: FilteredCall) throws {
        #expect(run(try Self.program([]), on: call) != allowed)
        #expect(run(try Self.program([capability]), on: call) == allowed)
    }

    @Test func oldProgramsOfI386KeepTheirMultiplexer() throws {
        let program = try Self.program(.docker, socketcall: true)
        #expect(run(program, on: .i386(102, 1)) == allowed)
        #expect(run(program, on: .x86_64(41, 40)) == failing(EPERM))
    }

    @Test(arguments: [CapabilitySet.docker, [], .all])
    func fitsTheKernel(_ capabilities: CapabilitySet) throws {
        let count = try Self.program(capabilities).count / 8
        #expect((500..<4096).contains(count))
    }

    /// A cached filter must not survive a change: whoever changes the profile changes this sum and
    /// counts `DefaultProfile.revision` up.
    @Test func revisionCountsChanges() throws {
        let profile = DefaultProfile.seccomp(
            capabilities: .init(rawValue: .max), architecture: "x86_64")
        let bare = DefaultProfile.seccomp(
            capabilities: [], architecture: "aarch64", allowsSocketcall: true)
        let text = try profile.json().text() + bare.json().text()
        #expect(DefaultProfile.revision == 1)
        #expect(String(Checksum(text.utf8).value, radix: 16) == "30746c29e2c81f58")
    }
}

struct SeccompFilterTests {
    @Test func comparisonsOfOneArgumentAreAlternatives() throws {
        let filter = SeccompFilter(
            defaultAction: .errno(1),
            rules: [
                .init(
                    ["dup3"], .allow,
                    when: [
                        .init(argument: 0, .equal, 5), .init(argument: 0, .greater, 100),
                    ])
            ])
        let program = try filter.compiled()
        #expect(run(program, on: .x86_64(292, 5)) == allowed)
        #expect(run(program, on: .x86_64(292, 101)) == allowed)
        #expect(run(program, on: .x86_64(292, 6)) == failing(EPERM))
    }

    @Test(
        arguments: [
            (SeccompFilter.Action.killProcess, 0x8000_0000), (.killThread, 0), (.trap, 0x0003_0000),
            (.log, 0x7FFC_0000), (.notify, 0x7FC0_0000), (.errno(13), 0x0005_000D),
            (.trace(7), 0x7FF0_0007),
        ] as [(SeccompFilter.Action, UInt32)])
    func actions(_ action: SeccompFilter.Action, _ value: UInt32) throws {
        let filter = SeccompFilter(defaultAction: .allow, rules: [.init(["mkdir"], action)])
        let program = try filter.compiled()
        #expect(run(program, on: .x86_64(83)) == value)
        #expect(run(program, on: .x86_64(84)) == allowed)
        // Where calls are allowed by default, unknown ones go to the kernel.
        #expect(run(program, on: .x86_64(2000)) == allowed)
    }

    /// A list of what is forbidden must not be gone round through i386's numbers.
    @Test func whereCallsAreAllowedOtherArchitecturesAreNot() throws {
        let filter = SeccompFilter(defaultAction: .allow, rules: [.init(["mkdir"], .errno(1))])
        #expect(run(try filter.compiled(), on: .i386(39)) == 0)
    }

    @Test(
        arguments: [
            (["SECCOMP_FILTER_FLAG_LOG"], "SCMP_ACT_LOG", 2),
            (["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"], "SCMP_ACT_TRAP", 5),
            (["SECCOMP_FILTER_FLAG_TSYNC"], "SCMP_ACT_NOTIFY", 8),
            (["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"], "SCMP_ACT_NOTIFY", 40),
            (["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"], "SCMP_ACT_TRAP", nil), (["X"], "", nil),
        ] as [([String], String, UInt32?)])
    func flags(_ flags: [String], _ action: String, _ bits: UInt32?) {
        var seccomp = Seccomp(defaultAction: "SCMP_ACT_ALLOW")
        seccomp.flags = flags
        seccomp.syscalls = [.init(["mkdir"], action: action)]
        #expect((try? seccomp.kernelFlags()) == bits)
    }

    @Test func namesOfNobodyAreLeftOut() throws {
        let filter = SeccompFilter(
            defaultAction: .errno(1), rules: [.init(["frobnicate", "read"], .allow)])
        #expect(run(try filter.compiled(), on: .x86_64(0)) == allowed)
    }

    @Test(arguments: [
        (#"{"defaultAction":"SCMP_ACT_MAYBE"}"#, #"unknown seccomp action "SCMP_ACT_MAYBE""#),
        (
            #"{"defaultAction":"SCMP_ACT_ALLOW","architectures":["X86"]}"#,
            #"unknown seccomp architecture "X86""#
        ),
        (
            #"{"defaultAction":"SCMP_ACT_NOTIFY"}"#,
            "SCMP_ACT_NOTIFY cannot be the seccomp profile's default action"
        ),
        (
            #"{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":5000}"#,
            "seccomp errnoRet 5000 is too large"
        ),
        (
            #"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"#
                + #""action":"SCMP_ACT_ERRNO","args":[{"index":6,"op":"SCMP_CMP_EQ"}]}]}"#,
            "a system call has no argument 6"
        ),
    ])
    func refuses(_ json: String, _ message: String) throws {
        let profile = try DockerSeccompProfile(json: Array(json.utf8)).seccomp(capabilities: [])
        let error = #expect(throws: SeccompProfileError.self) { try SeccompFilter(profile) }
        #expect(error?.description == message)
    }

    /// A child of its own loads the filter: what it forbids fails, what it allows works.
    @Test func theKernelTakesIt() throws {
        let program = try SeccompFilter(
            DefaultProfile.seccomp(capabilities: .docker)
        ).compiled()
        // Two threads of a test process must not fork and go on: the child only makes calls.
        let pid = forkOnly()
        if pid == 0 {
            prctlNoNewPrivileges()
            guard (try? loadSeccomp(program: program)) != nil else { _exit(1) }
            if unshareUser() == 0 || errno != EPERM { _exit(2) }
            if socket(40, Int32(SOCK_STREAM.rawValue), 0) >= 0 || errno != EPERM { _exit(3) }
            let unix = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            _exit(unix >= 0 ? 0 : 4)
        }
        #expect(pid > 0)
        var status: CInt = 0
        waitpid(pid, &status, 0)
        #expect(status == 0, "exit code \(status >> 8)")
    }
}

/// Swift does not import fork(2) and variadic calls; the symbols are libc's.
@_silgen_name("fork") private func forkOnly() -> pid_t
@_silgen_name("unshare") private func unshareCall(_ flags: CInt) -> CInt
private func unshareUser() -> CInt { unshareCall(0x1000_0000) }
@_silgen_name("prctl")
private func prctlCall(_ option: CInt, _ a: UInt, _ b: UInt, _ c: UInt, _ d: UInt) -> CInt
private func prctlNoNewPrivileges() { _ = prctlCall(38, 1, 0, 0, 0) }

struct DockerSeccompProfileTests {
    private func profile(
        _ json: String, _ capabilities: CapabilitySet = .docker, kernel: String = "6.1.0-13-amd64"
    ) throws -> Seccomp {
        try DockerSeccompProfile(json: Array(json.utf8)).seccomp(
            capabilities: capabilities, architecture: "x86_64", kernel: kernel)
    }

    private static func rule(_ conditions: String) -> String {
        #"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["mount"],"#
            + #""action":"SCMP_ACT_ALLOW",\#(conditions)}]}"#
    }

    @Test(
        arguments: [
            (#""includes":{"caps":["CAP_SYS_ADMIN"]}"#, [Capability.sysAdmin], true),
            (#""includes":{"caps":["CAP_SYS_ADMIN"]}"#, [.kill], false),
            (#""includes":{"caps":["CAP_SYS_ADMIN","CAP_KILL"]}"#, [.kill], false),
            (#""includes":{"caps":["CAP_SYS_ADMIN","CAP_KILL"]}"#, [.kill, .sysAdmin], true),
            (#""excludes":{"caps":["CAP_SYS_ADMIN","CAP_KILL"]}"#, [.kill], false),
            (#""excludes":{"caps":["CAP_SYS_ADMIN"]}"#, [.kill], true),
            (#""includes":{"arches":["amd64","x32"]}"#, [], true),
            (#""includes":{"arches":["arm64"]}"#, [], false),
            (#""excludes":{"arches":["amd64"]}"#, [], false),
            (#""includes":{"minKernel":"4.8"}"#, [], true),
            (#""includes":{"minKernel":"6.1"}"#, [], true),
            (#""includes":{"minKernel":"6.2"}"#, [], false),
            (#""includes":{"minKernel":"10.0"}"#, [], false),
            (#""excludes":{"minKernel":"4.8"}"#, [], false),
            (#""includes":{},"excludes":{},"comment":"none""#, [], true),
        ] as [(String, [Capability], Bool)])
    func conditions(_ conditions: String, _ held: [Capability], _ holds: Bool) throws {
        var capabilities: CapabilitySet = []
        for capability in held { capabilities.insert(capability) }
        let rules = try profile(Self.rule(conditions), capabilities).syscalls
        #expect(rules.map(\.names) == (holds ? [["mount"]] : []))
    }

    @Test func readsAllFields() throws {
        let read = try profile(
            #"""
            {"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,
             "archMap":[{"architecture":"SCMP_ARCH_AARCH64","subArchitectures":["SCMP_ARCH_ARM"]},
              {"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86"]}],
             "flags":["SECCOMP_FILTER_FLAG_LOG"],
             "syscalls":[{"name":"clone","action":"SCMP_ACT_ALLOW","args":[
              {"index":0,"value":18446744073709551615,"valueTwo":1,"op":"SCMP_CMP_MASKED_EQ"}]},
              {"names":["mount"],"action":"SCMP_ACT_ERRNO","errnoRet":1}]}
            """#)
        var expected = Seccomp(defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 38)
        expected.architectures = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]
        expected.flags = ["SECCOMP_FILTER_FLAG_LOG"]
        expected.syscalls = [
            .init(
                ["clone"], action: "SCMP_ACT_ALLOW",
                args: [.init(index: 0, op: "SCMP_CMP_MASKED_EQ", value: .max, valueTwo: 1)]),
            .init(["mount"], action: "SCMP_ACT_ERRNO", errnoRet: 1),
        ]
        #expect(read.defaultErrnoRet == 38)
        #expect(read.architectures == expected.architectures)
        #expect(read.syscalls.map(\.names) == expected.syscalls.map(\.names))
        #expect(read.syscalls.first?.args.first?.value == .max)
        #expect(try read.kernelFlags() == 2)
        #expect(try SeccompFilter(read).rules.count == 2)
    }

    @Test(arguments: [
        "", "[]", "{}", "{\"defaultAction\":5}",
        #"{"defaultAction":"SCMP_ACT_ERRNO","architectures":["a"],"#
            + #""archMap":[{"architecture":"b"}]}"#,
        #"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"name":"a","names":["b"],"action":"c"}]}"#,
        #"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["b"]}]}"#,
        #"{"defaultAction":"SCMP_ACT_ERRNO","listenerPath":"/run/x"}"#,
        #"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["b"],"action":"SCMP_ACT_NOTIFY"}]}"#,
        rule(#""includes":{"minKernel":"new"}"#), rule(#""args":[{"op":"SCMP_CMP_EQ"}]"#),
    ])
    func refuses(_ json: String) {
        #expect(throws: SeccompProfileError.self) { try profile(json) }
    }

    /// The profile of a Docker or podman that is installed, where there is one.
    @Test(.enabled(if: exists("/usr/share/containers/seccomp.json")))
    func readsThePackagedProfile() throws {
        let bytes = try contents(of: "/usr/share/containers/seccomp.json")
        let seccomp = try DockerSeccompProfile(json: bytes).seccomp(capabilities: .docker)
        let program = try SeccompFilter(seccomp).compiled()
        #expect(run(program, on: .x86_64(0)) == allowed)
        #expect(run(program, on: .x86_64(175)) != allowed)
    }
}

struct SeccompCacheTests: ~Copyable {
    private let cache = SeccompCache(
        directory: "/tmp/swocker-seccomp-\(getpid())-\(UInt64.random(in: 0 ... .max))")

    deinit { try? removeTree(cache.directory) }

    private func onlyFile() throws -> String {
        let names = try names(in: cache.directory)
        #expect(names.count == 1)
        return "\(cache.directory)/\(names.first ?? "")"
    }

    @Test func keepsOneFilePerKey() throws {
        let first = try cache.defaultProgram(capabilities: .docker)
        let file = try onlyFile()
        var status = stat()
        #expect(stat(file, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(stat(cache.directory, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o700)
        #expect(try cache.defaultProgram(capabilities: .docker) == first)
        // A capability that no call depends on is no other key; one that some do is.
        var more = CapabilitySet.docker
        more.insert(.netAdmin)
        #expect(try cache.defaultProgram(capabilities: more) == first)
        #expect(try names(in: cache.directory).count == 1)
        more.insert(.sysAdmin)
        #expect(try cache.defaultProgram(capabilities: more) != first)
        #expect(try cache.program(for: Seccomp(defaultAction: "SCMP_ACT_ALLOW")) != first)
        #expect(try names(in: cache.directory).count == 3)
    }

    @Test(
        arguments: [
            { $0.removeLast() }, { $0.removeLast(8) }, { $0 = [] }, { $0[0] ^= 1 },
            { $0[$0.count - 3] ^= 0x40 }, { $0 += [0, 0, 0, 0, 0, 0, 0, 0] }, { $0[30] ^= 1 },
            { $0 = Array($0.prefix(24)) }, { $0[12] &-= 8 },
        ] as [@Sendable (inout [UInt8]) -> Void])
    func compilesAnewWhatIsNotWhole(_ damage: @Sendable (inout [UInt8]) -> Void) throws {
        let program = try cache.defaultProgram(capabilities: .docker)
        let file = try onlyFile()
        let whole = try contents(of: file)
        var bytes = whole
        damage(&bytes)
        try replaceFile(file, with: bytes, mode: 0o600)
        #expect(try cache.defaultProgram(capabilities: .docker) == program)
        #expect(try contents(of: file) == whole)
    }

    @Test func anotherKeysFileIsNotTaken() throws {
        let bytes = CachedProgram.bytes([1, 2, 3, 4, 5, 6, 7, 8], key: [1, 2])
        #expect(CachedProgram.program(in: bytes, key: [1, 2]) == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(CachedProgram.program(in: bytes, key: [1, 3]) == nil)
        #expect(CachedProgram.program(in: bytes, key: [1]) == nil)
    }

    /// A directory that others may write to, or that a link leads to, decides nothing.
    @Test(arguments: [0o777, 0o750, 0o701] as [mode_t])
    func trustsNoDirectoryOfOthers(_ mode: mode_t) throws {
        let program = try cache.defaultProgram(capabilities: .docker)
        let file = try onlyFile()
        let planted = CachedProgram.bytes(
            [6, 0, 0, 0, 0, 0, 0xFF, 0x7F], key: Self.key(of: try contents(of: file)))
        try replaceFile(file, with: planted, mode: 0o600)
        #expect(try cache.defaultProgram(capabilities: .docker) != program)
        chmod(cache.directory, mode)
        #expect(try cache.defaultProgram(capabilities: .docker) == program)
        chmod(cache.directory, 0o700)
        let link = "\(cache.directory).link"
        symlink(cache.directory, link)
        defer { unlink(link) }
        #expect(try SeccompCache(directory: link).defaultProgram(capabilities: .docker) == program)
        #expect(try contents(of: file) == planted)
    }

    /// A file's key follows its header, which says how long it is.
    private static func key(of file: [UInt8]) -> [UInt8] {
        let length = Int(file[8]) | Int(file[9]) << 8 | Int(file[10]) << 16
        return Array(file[24..<24 + length])
    }

    @Test func worksWithoutAPlaceToKeepFiles() throws {
        let program = try SeccompCache(directory: "/proc/none").defaultProgram(capabilities: [])
        #expect(!program.isEmpty)
    }
}
