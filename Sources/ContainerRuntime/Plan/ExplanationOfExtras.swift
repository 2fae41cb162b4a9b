// SPDX-License-Identifier: Apache-2.0

internal import Linux

extension KernelStep {
    /// The steps that few containers need.
    var explanationOfExtras: Explanation {
        switch self {
        case .openNamespace(let path, let kind, _):
            Explanation(
                "open \(path) as \(kind.flagNames)",
                "open(\"\(path)\"), ioctl(NS_GET_NSTYPE)", "exec 3< \(path)",
                "A namespace that exists; of which kind it is the kernel says.")
        case .openMapping:
            Explanation(
                "make a user namespace for a mount", "clone3(CLONE_NEWUSER), write(uid_map)",
                "unshare --user sleep 1 & newuidmap $! …",
                "Only a user namespace can tell the kernel how owners are to be shown.")
        case .findSecurityModule(let label):
            Explanation(
                "look for \(label.module)", "open(\"/sys/…\")",
                "cat /sys/kernel/security/lsm", "A label that nobody enforces is worse than none.")
        case .makeResourceGroup(let group):
            Explanation(
                "make the resctrl group \(group.name)",
                "mkdir(\"\(group.directory)\"), write(\"schemata\")",
                "mkdir \(group.directory); echo … > \(group.directory)/schemata",
                "A share of the processor's caches and of its way to memory.")
        case .joinResourceGroup(let group):
            Explanation(
                "join the resctrl group \(group.name)", "write(\"\(group.directory)/tasks\")",
                "echo PID > \(group.directory)/tasks", "From here on the share is its own.")
        case .connectAgent(let path, _):
            Explanation(
                "connect to the seccomp agent at \(path)", "connect(\"\(path)\")",
                "nc -U \(path)", "Who shall decide on system calls must be there first.")
        case .sendListener(let listener, _):
            Explanation(
                "send the filter's descriptor to \(listener.socket)",
                "pidfd_getfd(), sendmsg(SCM_RIGHTS)", "(no shell command)",
                "From now on the agent decides on the calls that the filter leaves to it.")
        case .setClocks(let clocks):
            Explanation(
                "set the clocks of the time namespace",
                "write(\"/proc/self/timens_offsets\", \"\(clocks.map(\.line).joined(separator: ", "))\")",
                "unshare --time --monotonic … --boottime …",
                "Before the first process is in it; then the kernel refuses.")
        case .confine(let processors):
            Explanation(
                "keep to processors", "sched_setaffinity(0, \(processors.numbers))",
                "taskset -c \(processors.numbers.map(String.init).joined(separator: ",")) …",
                "Where the program runs from its first moment on.")
        case .changeMount(let path, _):
            Explanation(
                "change the mount on \(path)", "mount_setattr(\"\(path)\")",
                "mount -o remount,bind,… \(path)", "A mount that is there already, as asked for.")
        case .setRootPropagation(let propagation):
            Explanation(
                "make the root \(propagation.rawValue)",
                "mount_setattr(\"/\", MS_\(propagation.rawValue.uppercased()))",
                "mount --make-\(propagation.rawValue) /",
                "Whether mounts on the root are seen by namespaces made later.")
        case .setPersonality(let domain):
            Explanation(
                "set the personality", "personality(\(domain))", "setarch … ",
                "What kind of machine uname(2) tells the program of.")
        case .setSecurityLabel(let label):
            Explanation(
                "take the \(label.module) label \(label.text)", "write(\"/proc/self/attr/exec\")",
                "aa-exec -p \(label.text) …", "In force from execve(2) on.")
        case .setScheduler(let scheduling):
            Explanation(
                "set the scheduler", "sched_setattr(policy \(scheduling.policy))",
                "chrt … / nice …", "How it gets its share of the processors.")
        default: Explanation("", "", "", "")
        }
    }
}
