// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Engine
import Linux
import OCI
import Testing

/// The whole way from Docker's configuration to the kernel, without root.
struct LaunchPlanTests {
    /// A step and what of it matters for safety.
    private func line(_ step: KernelStep) -> String {
        let action = step.explanation.action
        switch step {
        case .writeCgroup(let setting):
            let name = setting.file.split(separator: "/").last ?? ""
            return "write \(name) = \(setting.value)"
        case .clone(let namespaces, _): return "clone \(namespaces.flagNames)"
        case .mapIDs(let users, _):
            return "map " + users.map { "\($0.containerID):\($0.hostID):\($0.size)" }.joined()
        case .mount(let mount):
            let words = flags(mount.attributes) + mount.options
            return "\(action) \(words.joined(separator: ","))"
        case .setSysctl(_, let value): return "\(action) = \(value)"
        case .limitDevices: return "limit devices"
        default: return action
        }
    }

    private func flags(_ attributes: MountAttributes) -> [String] {
        let named: [(MountAttributes, String)] = [
            (.readOnly, "ro"), (.noSetuid, "nosuid"), (.noDevices, "nodev"), (.noExec, "noexec"),
        ]
        return named.filter { attributes.contains($0.0) }.map(\.1)
    }

    @Test func busyboxTrue() throws {
        let plan = try Plan(try SpecificationFixture().request())
        #expect(plan.before.map(line) == Self.before)
        #expect(plan.meanwhile.map(line) == Self.meanwhile)
        #expect(plan.inside.map(line) == Self.inside)
    }

    private static let before = [
        "make cgroup swocker/0123456789ab",
        "write pids.max = 32768",
        "limit devices",
        "open /sys/fs/cgroup/swocker/0123456789ab",
        "open a new overlay",
        "open a copy of the mount at /layers/1",
        "open a copy of the mount at /dev/null",
        "open a copy of the mount at /dev/zero",
        "open a copy of the mount at /dev/full",
        "open a copy of the mount at /dev/random",
        "open a copy of the mount at /dev/urandom",
        "open a copy of the mount at /dev/tty",
        "open a copy of the mount at /c/resolv.conf",
        "open a copy of the mount at /c/hostname",
        "open a copy of the mount at /c/hosts",
        "give the pipes to the container's root",
        "clone CLONE_NEWUSER|CLONE_NEWNS|CLONE_NEWPID|CLONE_NEWNET|CLONE_NEWIPC|CLONE_NEWUTS"
            + "|CLONE_NEWCGROUP",
    ]

    private static let meanwhile = [
        "map 0:1879048192:65536",
        "create the overlay root",
        "set oom_score_adj",
        "release the process",
    ]

    private static let inside = [
        "become root of the user namespace",
        "begin a session", "begin a session keyring",
        "bring up lo",
        "set the host name to 0123456789ab",
        "make all mounts slave",
        "attach the root file system",
        "mount proc on /proc nosuid,nodev,noexec",
        "mount tmpfs on /dev nosuid,noexec,mode=755,size=65536k",
        "make device /dev/null",
        "make device /dev/zero",
        "make device /dev/full",
        "make device /dev/random",
        "make device /dev/urandom",
        "make device /dev/tty",
        "link /dev/fd to /proc/self/fd",
        "link /dev/stdin to /proc/self/fd/0",
        "link /dev/stdout to /proc/self/fd/1",
        "link /dev/stderr to /proc/self/fd/2",
        "link /dev/core to /proc/kcore",
        "link /dev/ptmx to pts/ptmx",
        "mount devpts on /dev/pts nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5",
        "mount sysfs on /sys ro,nosuid,nodev,noexec",
        "mount cgroup2 on /sys/fs/cgroup ro,nosuid,nodev,noexec",
        "mount mqueue on /dev/mqueue nosuid,nodev,noexec",
        "mount tmpfs on /dev/shm nosuid,nodev,noexec,mode=1777,size=67108864",
        "bind /c/resolv.conf on /etc/resolv.conf",
        "bind /c/hostname on /etc/hostname",
        "bind /c/hosts on /etc/hosts",
        "pivot into the root file system",
        "set sysctl net.ipv4.ip_unprivileged_port_start = 0",
        "set sysctl net.ipv4.ping_group_range = 0 65535",
        "make /proc/bus read-only",
        "make /proc/fs read-only",
        "make /proc/irq read-only",
        "make /proc/sys read-only",
        "make /proc/sysrq-trigger read-only",
        "mask /proc/acpi",
        "mask /proc/asound",
        "mask /proc/interrupts",
        "mask /proc/kcore",
        "mask /proc/keys",
        "mask /proc/latency_stats",
        "mask /proc/sched_debug",
        "mask /proc/scsi",
        "mask /proc/timer_list",
        "mask /proc/timer_stats",
        "mask /sys/devices/virtual/powercap",
        "mask /sys/firmware",
        "look up the user",
        "connect the standard streams", "own the streams",
        "make /", "chdir to /",
        "become the user",
        "set the capabilities",
        "chdir to /",
        "execute true",
    ]
}
