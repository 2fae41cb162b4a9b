// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Engine
import Linux
import OCI
import Testing

struct PrivilegeTests {
    private static let docker: [String] = [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
        "CAP_SETUID", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SYS_CHROOT",
        "CAP_MKNOD", "CAP_AUDIT_WRITE", "CAP_SETFCAP",
    ]

    @Test func capabilities() throws {
        let sets = try SpecificationFixture().request().spec.process?.capabilities
        #expect(sets?.bounding == Self.docker)
        #expect(sets?.effective == Self.docker)
        #expect(sets?.permitted == Self.docker)
        #expect(sets?.inheritable == [])
        #expect(sets?.ambient == [])
    }

    @Test func adjustedCapabilities() throws {
        let fixture = SpecificationFixture {
            $0.host.capDrop = ["ALL"]
            $0.host.capAdd = ["CAP_NET_ADMIN"]
        }
        #expect(
            try fixture.request().spec.process?.capabilities?.bounding == ["CAP_NET_ADMIN"])
        #expect(
            SpecificationFixture { $0.host.capAdd = ["CAP_FOO"] }.refusal()
                == "invalid CapAdd: unknown capability: \"CAP_FOO\"")
    }

    /// An engine in a container may lack capabilities; it cannot give what it has not.
    @Test func capabilitiesThatTheEngineLacks() throws {
        var fixture = SpecificationFixture.ofHostUsers { $0.facts.available = [.chown, .kill] }
        #expect(
            try fixture.request().spec.process?.capabilities?.bounding == ["CAP_CHOWN", "CAP_KILL"])
        fixture.host.privileged = true
        #expect(
            try fixture.request().spec.process?.capabilities?.bounding == ["CAP_CHOWN", "CAP_KILL"])
        fixture.host.privileged = false
        fixture.host.capAdd = ["CAP_SYS_RESOURCE"]
        #expect(
            fixture.refusal()
                == "capability not supported by your kernel or not available in the current "
                + "environment: \"CAP_SYS_RESOURCE\"")
    }

    @Test func privileged() throws {
        let fixture = SpecificationFixture.ofHostUsers {
            $0.host.privileged = true
            $0.host.capDrop = ["CHOWN"]
            var disk = HostDevice("/dev/sda", number: DeviceNumber(major: 8, minor: 0))
            disk.isBlock = true
            $0.facts.devices = [disk]
        }
        let request = try fixture.request()
        #expect(request.spec.process?.capabilities?.bounding == CapabilitySet.all.names)
        #expect(request.spec.linux?.maskedPaths == [])
        #expect(request.spec.linux?.readonlyPaths == [])
        #expect(request.spec.linux?.devices.last?.path == "/dev/sda")
        #expect(request.cgroup.deviceProgram.isEmpty)
        #expect(try fixture.mounts().contains("/sys sysfs nosuid,noexec,nodev"))
        #expect(
            try SpecificationBuilder(
                fixture.configuration, fixture.host, facts: fixture.facts
            ).seccomp == .unconfined)
    }

    @Test(
        arguments: [
            ([], SeccompChoice.standard),
            (["seccomp=unconfined"], .unconfined),
            (["seccomp:unconfined"], .unconfined),
            (["seccomp=builtin"], .standard),
            (
                [#"seccomp={"defaultAction":"SCMP_ACT_ALLOW"}"#],
                .profile(#"{"defaultAction":"SCMP_ACT_ALLOW"}"#)
            ),
        ] as [([String], SeccompChoice)])
    func seccomp(options: [String], choice: SeccompChoice) throws {
        #expect(try SecurityOptions(options).seccomp == choice)
    }

    @Test(arguments: [
        ("no-new-privileges", true), ("no-new-privileges=true", true),
        ("no-new-privileges:true", true), ("no-new-privileges=false", false),
        ("apparmor=unconfined", false), ("label=disable", false),
    ])
    func noNewPrivileges(option: String, holds: Bool) throws {
        let process = try SpecificationFixture { $0.host.securityOpt = [option] }.request()
            .spec.process
        #expect(process?.noNewPrivileges == (holds ? true : nil))
    }

    @Test(arguments: [
        ("foo", "invalid --security-opt 1: \"foo\""),
        ("foo=bar", "invalid --security-opt 2: \"foo=bar\""),
        ("no-new-privileges=maybe", "invalid --security-opt 2: \"no-new-privileges=maybe\""),
        ("apparmor=mine", "--security-opt apparmor=mine is not supported yet"),
    ])
    func refusedOption(option: String, message: String) {
        #expect(SpecificationFixture { $0.host.securityOpt = [option] }.refusal() == message)
    }

    @Test func systemPaths() throws {
        let linux = try SpecificationFixture().linux()
        #expect(linux.maskedPaths.contains("/proc/kcore"))
        #expect(linux.maskedPaths.contains("/sys/firmware"))
        #expect(
            linux.readonlyPaths
                == ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"])
        let hot = try SpecificationFixture { $0.facts.hasThermalCounters = true }.linux()
        #expect(
            hot.maskedPaths.suffix(2) == [
                "/sys/devices/system/cpu/cpu0/thermal_throttle",
                "/sys/devices/system/cpu/cpu1/thermal_throttle",
            ])
        let open = try SpecificationFixture {
            $0.host.securityOpt = ["systempaths=unconfined"]
        }.linux()
        #expect(open.maskedPaths.isEmpty && open.readonlyPaths.isEmpty)
        let chosen = try SpecificationFixture { $0.host.maskedPaths = ["/x"] }.linux()
        #expect(chosen.maskedPaths == ["/x"])
    }

    @Test(
        arguments: [
            ("kernel.shmmax", nil), ("net.core.somaxconn", nil), ("fs.mqueue.msg_max", nil),
            ("kernel.panic", "sysctl 'kernel.panic' is not allowed"),
            ("kernel.core_pattern", "sysctl 'kernel.core_pattern' is not allowed"),
            ("net/../kernel/panic", "sysctl 'net/../kernel/panic' is not allowed"),
            ("net./../kernel/panic", "sysctl 'net./../kernel/panic' is not allowed"),
            ("net...kernel", "sysctl 'net...kernel' is not allowed"),
            ("vm.swappiness", "sysctl 'vm.swappiness' is not allowed"),
        ] as [(String, String?)])
    func sysctls(key: String, refusal: String?) {
        #expect(SpecificationFixture { $0.host.sysctls = [key: "1"] }.refusal() == refusal)
    }

    @Test func sysctlsOfTheHostStay() {
        let network = SpecificationFixture.ofHostUsers {
            $0.host.networkMode = "host"
            $0.host.sysctls = ["net.core.somaxconn": "1"]
        }
        #expect(network.refusal()?.contains("host's network namespace") == true)
        let ipc = SpecificationFixture.ofHostUsers {
            $0.host.ipcMode = "host"
            $0.host.sysctls = ["kernel.shmmax": "1"]
        }
        #expect(ipc.refusal()?.contains("host's IPC namespace") == true)
    }

    @Test func networkSettingsForUsersWithoutPrivileges() throws {
        #expect(
            try SpecificationFixture().linux().sysctl == [
                "net.ipv4.ip_unprivileged_port_start": "0",
                "net.ipv4.ping_group_range": "0 65535",
            ])
        let own = try SpecificationFixture {
            $0.host.sysctls = ["net.ipv4.ip_unprivileged_port_start": "1024"]
        }.linux()
        #expect(own.sysctl["net.ipv4.ip_unprivileged_port_start"] == "1024")
        let host = SpecificationFixture.ofHostUsers { $0.host.networkMode = "host" }
        #expect(try host.linux().sysctl.isEmpty)
    }
}
