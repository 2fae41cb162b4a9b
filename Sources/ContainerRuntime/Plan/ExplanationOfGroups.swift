// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import OCI

extension KernelStep {
    /// The steps by which a container is counted and limited.
    var explanationOfGroups: Explanation {
        switch self {
        case .makeCgroup(let cgroup):
            Explanation(
                "make cgroup \(cgroup.path)", "mkdir(\"/sys/fs/cgroup/…/\(cgroup.path)\")",
                "mkdir /sys/fs/cgroup/*/\(cgroup.path)",
                "A control group counts and limits what the container uses.")
        case .writeCgroup(let setting):
            Explanation(
                "write \(setting.value) to \(setting.file)",
                "write(\"\(setting.file)\", \"\(setting.value)\")",
                "echo \(quoted(setting.value)) > \(setting.file)",
                "A limit, or a device that may be used.")
        case .limitDevices(let cgroup, _):
            Explanation(
                "limit the devices of \(cgroup)", "bpf(BPF_PROG_ATTACH, BPF_CGROUP_DEVICE)",
                "bpftool cgroup attach \(cgroup) cgroup_device pinned PROGRAM",
                "A small program in the kernel decides which devices may be opened.")
        case .joinCgroups(let tasks):
            Explanation(
                "join the control group", "write(\"…/tasks\", \"0\") ×\(tasks.count)",
                "for c in /sys/fs/cgroup/*/swocker/ID; do echo 0 > $c/tasks; done",
                "From here on everything it uses is counted.")
        case .startScope(let start):
            Explanation(
                "start unit \(start.scope.name)", "StartTransientUnit(\"\(start.scope.name)\")",
                "systemd-run --scope --slice=\(start.scope.slice) --unit=\(start.scope.name) …",
                "systemd owns the groups here: it is asked for one, and told of the limits.")
        case .enterCgroup(let cgroup):
            Explanation(
                "enter cgroup \(cgroup.path)", "write(\"…/cgroup.procs\", PID)",
                "for c in /sys/fs/cgroup/*/\(cgroup.path); do echo PID > $c/cgroup.procs; done",
                "Where systemd has no group for it, it gets one of ours.")
        default: Explanation("", "", "", "")
        }
    }
}
