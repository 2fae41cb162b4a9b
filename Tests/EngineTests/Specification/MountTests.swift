// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Engine
import Linux
import OCI
import Testing

struct MountTests {
    private func mounts(
        without kernel: Bool = true, _ change: (inout SpecificationFixture) -> Void
    ) throws -> [String] {
        let all = try SpecificationFixture(change).mounts()
        let standard = kernel ? Set(try SpecificationFixture().mounts()) : []
        return all.filter { !standard.contains($0) }
    }

    @Test func everyContainersMounts() throws {
        #expect(
            try SpecificationFixture().mounts() == [
                "/proc proc nosuid,noexec,nodev",
                "/dev tmpfs nosuid,noexec,strictatime,mode=755,size=65536k",
                "/dev/pts devpts nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5",
                "/sys sysfs nosuid,noexec,nodev,ro",
                "/sys/fs/cgroup cgroup nosuid,noexec,nodev,ro",
                "/dev/mqueue mqueue nosuid,noexec,nodev",
                "/dev/shm shm nosuid,noexec,nodev,mode=1777,size=67108864",
                "/etc/resolv.conf /c/resolv.conf bind,rprivate",
                "/etc/hostname /c/hostname bind,rprivate",
                "/etc/hosts /c/hosts bind,rprivate",
            ])
    }

    @Test func parentsComeBeforeChildren() throws {
        let added = try mounts {
            $0.facts.mounts = [
                SourceMount("/h/deep", at: "/a/b/c"), SourceMount("/h/a", at: "/a"),
                SourceMount("/h/ab", at: "/a/b/"),
            ]
            $0.host.tmpfs = ["/a/b/c/d": ""]
        }
        #expect(
            added == [
                "/a /h/a rbind,rprivate", "/a/b/ /h/ab rbind,rprivate",
                "/a/b/c /h/deep rbind,rprivate", "/a/b/c/d tmpfs noexec,nosuid,nodev",
            ])
    }

    @Test func bindOptions() throws {
        var mount = SourceMount("/h", at: "/x")
        mount.isWritable = false
        mount.propagation = "rslave"
        #expect(try mounts { $0.facts.mounts = [mount] } == ["/x /h rbind,rro,rslave"])
        mount.isReadOnlyRecursive = false
        #expect(try mounts { $0.facts.mounts = [mount] } == ["/x /h rbind,ro,rslave"])
        mount.isRecursive = false
        #expect(try mounts { $0.facts.mounts = [mount] } == ["/x /h bind,ro,rslave"])
    }

    @Test func bindsShiftOwnersAndTheEnginesFilesDoNot() throws {
        let fixture = SpecificationFixture { $0.facts.mounts = [SourceMount("/h", at: "/x")] }
        let shifted = try fixture.request().spec.mounts.filter { !$0.uidMappings.isEmpty }
        #expect(shifted.map(\.destination) == ["/x"])
    }

    @Test func theUserReplacesDefaults() throws {
        let fixture = SpecificationFixture {
            $0.facts.mounts = [
                SourceMount("/h", at: "/etc/hosts"), SourceMount("/dev", at: "/dev/"),
                SourceMount("/d", at: "/sys/fs/cgroup"),
            ]
        }
        #expect(
            try fixture.request().spec.mounts.map(\.destination) == [
                "/proc", "/sys", "/dev/", "/etc/hosts", "/etc/resolv.conf", "/etc/hostname",
                "/sys/fs/cgroup",
            ])
    }

    @Test(arguments: [
        ("", "noexec,nosuid,nodev"),
        ("exec,size=1m", "nosuid,nodev,exec,size=1m"),
        ("size=1m,size=2m,mode=700", "noexec,nosuid,nodev,size=2m,mode=700"),
        ("ro,rw", "noexec,nosuid,nodev,rw"),
    ])
    func tmpfs(options: String, merged: String) throws {
        #expect(try mounts { $0.host.tmpfs = ["/t": options] } == ["/t tmpfs \(merged)"])
    }

    @Test func tmpfsByMount() throws {
        var point = MountPoint(type: .tmpfs)
        point.target = "/t"
        point.tmpfsOptions = .init()
        point.tmpfsOptions?.sizeBytes = 4096
        point.tmpfsOptions?.mode = 0o1770
        #expect(
            try mounts { $0.host.mounts = [point] }
                == ["/t tmpfs noexec,nosuid,nodev,size=4096,mode=1770"])
    }

    @Test(
        arguments: [
            (["/x", "/x/"], "Duplicate mount point: /x/"),
            (
                ["/"],
                "invalid mount config for type \"bind\": invalid specification: destination "
                    + "can't be '/'"
            ),
            (
                ["/a/.."],
                "invalid mount config for type \"bind\": invalid specification: destination "
                    + "can't be '/'"
            ),
            (
                ["x"],
                "invalid mount config for type \"bind\": invalid mount path: 'x' mount path must "
                    + "be absolute"
            ),
            (["/proc/self"], "\"/proc/self\" cannot be mounted because it is inside /proc"),
            (["/sys/../proc/"], "\"/proc\" cannot be mounted because it is inside /proc"),
            (["/proc/meminfo"], nil),
        ] as [([String], String?)])
    func destinations(paths: [String], refusal: String?) {
        let fixture = SpecificationFixture {
            $0.facts.mounts = paths.map { SourceMount("/h", at: $0) }
        }
        #expect(fixture.refusal() == refusal)
    }

    @Test func unknownTmpfsOption() {
        #expect(
            SpecificationFixture { $0.host.tmpfs = ["/t": "upperdir=/x"] }.refusal()
                == "invalid tmpfs option [\"upperdir=/x\"]")
    }

    @Test func processesThatShareMemory() throws {
        #expect(
            try mounts {
                $0.host.ipcMode = "none"
            }.isEmpty)
        let host = try SpecificationFixture.ofHostUsers { $0.host.ipcMode = "host" }.mounts()
        #expect(host.contains("/dev/shm /dev/shm bind,nosuid,noexec,nodev"))
        #expect(host.contains("/dev/mqueue mqueue nosuid,noexec,nodev"))
        #expect(
            try mounts {
                $0.host.ipcMode = "shareable"
                $0.facts.sharedMemory = "/c/shm"
            } == ["/dev/shm /c/shm bind,nosuid,noexec,nodev"])
        #expect(
            try mounts { $0.host.shmSize = 1 << 20 }
                == ["/dev/shm shm nosuid,noexec,nodev,mode=1777,size=1048576"])
    }

    @Test func initProgram() throws {
        let fixture = SpecificationFixture { $0.host.`init` = true }
        #expect(
            try fixture.mounts().contains("/sbin/docker-init /usr/libexec/swocker-init bind,ro"))
        #expect(try fixture.request().spec.process?.args == ["/sbin/docker-init", "--", "true"])
    }

    // MARK: Control groups

    private static let version1 = CgroupHierarchies.v1(
        [
            .init(controllers: ["cpu", "cpuacct"], mount: "/sys/fs/cgroup/cpu,cpuacct"),
            .init(controllers: ["devices"], mount: "/sys/fs/cgroup/devices"),
            .init(controllers: ["name=systemd"], mount: "/sys/fs/cgroup/systemd"),
            .init(controllers: ["pids"], mount: "/sys/fs/cgroup/pids"),
        ], unified: nil)

    @Test func oneMountPerHierarchy() throws {
        let groups = try mounts {
            $0.facts.cgroups = Self.version1
        }.filter { $0.hasPrefix("/sys/fs") }
        #expect(
            groups == [
                "/sys/fs/cgroup tmpfs nosuid,noexec,nodev,mode=755,size=64k",
                "/sys/fs/cgroup/cpu,cpuacct cgroup nosuid,noexec,nodev,ro,cpu,cpuacct",
                "/sys/fs/cgroup/devices cgroup nosuid,noexec,nodev,ro,devices",
                "/sys/fs/cgroup/systemd cgroup nosuid,noexec,nodev,ro,none,name=systemd",
                "/sys/fs/cgroup/pids cgroup nosuid,noexec,nodev,ro,pids",
            ])
    }

    /// The host's groups are in sight, but only the container's own under its hand.
    @Test func privilegedSeesItsOwnDirectories() throws {
        let fixture = SpecificationFixture.ofHostUsers {
            $0.host.privileged = true
            $0.facts.cgroups = Self.version1
        }
        #expect(
            try fixture.mounts().contains(
                "/sys/fs/cgroup/pids /sys/fs/cgroup/pids/swocker/0123456789ab "
                    + "bind,nosuid,noexec,nodev"))
    }

    @Test func writableGroups() throws {
        let groups = try mounts { $0.host.securityOpt = ["writable-cgroups=true"] }
        #expect(groups == ["/sys/fs/cgroup cgroup nosuid,noexec,nodev"])
    }
}
