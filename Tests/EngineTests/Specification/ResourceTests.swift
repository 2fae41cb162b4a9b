// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Engine
import Linux
import OCI
import Testing

struct ResourceTests {
    private func resources(_ change: (inout HostConfiguration) -> Void) throws -> Resources {
        try SpecificationFixture { change(&$0.host) }.linux().resources ?? Resources()
    }

    @Test(arguments: [(64, 0, 128), (64, -1, -1), (64, 64, 64), (64, 100, 100)])
    func swap(memory: Int64, given: Int64, total: Int64) throws {
        let limits = try resources {
            $0.memory = memory
            $0.memorySwap = given
        }.memory
        #expect(limits?.limit == memory)
        #expect(limits?.swap == total)
    }

    @Test(
        arguments: [
            (nil, 4_194_304, 32_768), (0, 4_194_304, 32_768), (nil, 4096, 2048), (-1, 4096, -1),
            (5, 4096, 5),
        ] as [(Int64?, Int64, Int64)])
    func pids(given: Int64?, machine: Int64, limit: Int64) throws {
        let fixture = SpecificationFixture {
            $0.host.pidsLimit = given
            $0.facts.pidMax = machine
        }
        #expect(try fixture.linux().resources?.pids?.limit == limit)
    }

    @Test func processors() throws {
        let cpu = try resources { $0.nanoCPUs = 1_500_000_000 }.cpu
        #expect(cpu?.period == 100_000)
        #expect(cpu?.quota == 150_000)
        #expect(try resources { _ in }.cpu == nil)
    }

    @Test func blockDevices() throws {
        var fixture = SpecificationFixture {
            $0.host.blkioWeight = 500
            $0.host.blkioDeviceReadBps = [ThrottleDevice(path: "/dev/sda", rate: 9)]
        }
        #expect(fixture.refusal() == "/dev/sda: no such block device")
        fixture.facts.blockDevices = ["/dev/sda": DeviceNumber(major: 8, minor: 0)]
        let limits = try fixture.linux().resources?.blockIO
        #expect(limits?.weight == 500)
        #expect(
            limits?.throttleReadBpsDevice
                == [Resources.ThrottleDevice(major: 8, minor: 0, rate: 9)])
    }

    @Test(arguments: [
        ("", "swocker/0123456789ab"), ("/a/b", "a/b/0123456789ab"), ("x", "x/0123456789ab"),
    ])
    func cgroupPath(parent: String, path: String) throws {
        let fixture = SpecificationFixture { $0.host.cgroupParent = parent }
        #expect(try fixture.request().cgroup.cgroup?.path == path)
    }

    @Test func cgroupParentStaysBelow() {
        #expect(
            SpecificationFixture { $0.host.cgroupParent = "../x" }.refusal()
                == "invalid cgroup parent: ../x")
    }

    @Test func settingsOfVersion2() throws {
        let plan = try SpecificationFixture { $0.host.memory = 64 << 20 }.request().cgroup
        let group = "/sys/fs/cgroup/swocker/0123456789ab"
        #expect(
            plan.settings.contains(
                .init(file: "\(group)/memory.max", value: "67108864")))
        #expect(
            plan.settings.contains(.init(file: "\(group)/pids.max", value: "32768")))
        #expect(!plan.deviceProgram.isEmpty)
    }

    @Test func version2HasNoSwappiness() throws {
        var fixture = SpecificationFixture {
            $0.host.memorySwappiness = 5
            $0.host.oomKillDisable = true
        }
        #expect(try fixture.linux().resources?.memory == nil)
        fixture.facts.cgroups = .v1(
            ["memory", "devices", "pids"].map {
                .init(controllers: [$0], mount: "/sys/fs/cgroup/\($0)")
            }, unified: nil)
        #expect(try fixture.linux().resources?.memory?.swappiness == 5)
        #expect(try fixture.linux().resources?.memory?.disableOOMKiller == true)
    }

    // MARK: Devices

    @Test func deviceRules() throws {
        let rules = try resources { $0.deviceCgroupRules = ["b 8:* r"] }.devices
        #expect(rules.first == Resources.DeviceRule(allow: false))
        #expect(
            rules.last
                == Resources.DeviceRule(allow: true, type: "b", major: 8, minor: nil, access: "r"))
        // The console of the host is not the container's to use.
        #expect(!rules.contains { $0.allow && $0.major == 5 && $0.minor == 1 })
    }

    @Test(arguments: [
        "", "c 1:3", "x 1:3 r", "c 1 r", "c a:3 r", "c 1:3 rwx", "c 1:3  r", "c 1:3 ",
    ])
    func refusedRule(text: String) {
        let fixture = SpecificationFixture { $0.host.deviceCgroupRules = [text] }
        #expect(fixture.refusal() == "invalid device cgroup rule format: '\(text)'")
    }

    @Test func deviceOfTheUsers() throws {
        let device = HostDevice(
            "/dev/fuse", at: "/dev/f", number: DeviceNumber(major: 10, minor: 229))
        let mapped = SpecificationFixture { $0.facts.devices = [device] }
        #expect(try mapped.mounts().last == "/dev/f /dev/fuse bind,nosuid,noexec")
        #expect(try mapped.linux().devices.count == 6)
        #expect(try mapped.linux().resources?.devices.last?.minor == 229)
        let plain = SpecificationFixture.ofHostUsers { $0.facts.devices = [device] }
        #expect(try plain.linux().devices.last?.path == "/dev/f")
        #expect(try plain.mounts().count == SpecificationFixture().mounts().count)
    }

    @Test func missingDevice() {
        #expect(
            throws: ConfigurationError(
                "error gathering device information while adding custom device \"/dev/nope\": "
                    + "no such file or directory")
        ) {
            try HostDevice.devices(
                of: DeviceMapping(
                    pathOnHost: "/dev/nope", pathInContainer: "", cgroupPermissions: "rwm"))
        }
    }

    @Test func presentDevice() throws {
        let found = try HostDevice.devices(
            of: DeviceMapping(
                pathOnHost: "/dev/null", pathInContainer: "/dev/n", cgroupPermissions: "r"))
        #expect(found.map(\.destination) == ["/dev/n"])
        #expect(found.first?.number == DeviceNumber(major: 1, minor: 3))
        #expect(found.first?.access == "r")
    }
}
