// SPDX-License-Identifier: Apache-2.0

/// The options of `run` and `create`, one row each.
enum RunOptionTable {
    /// What `run` has beyond `create`: how the client stays or leaves.
    static var client: [Option] {
        [
            Option("detach", "d", .flag, "Run in the background and print the container's ID"),
            Option(
                "detach-keys", .string, "Keys that leave the container running (ctrl-p,ctrl-q)"),
            Option(
                "explain", .optional("[=json]", whenBare: "text", check: ExplainFormat.check),
                "Print every kernel step, what it took and the shell command that would do it"),
            Option(
                "sig-proxy", .flag, default: "true", "Pass signals on to the container's process"),
        ]
    }

    /// What both have, by name.
    static var container: [Option] {
        [
            Option(
                "add-host", .list("list", check: ExtraHostText.check),
                "Add a line to /etc/hosts (name:ip)"),
            Option(
                "annotation", .list("map", check: { _ in }), "Add an annotation to the OCI spec"),
            Option(
                "attach", "a", .list("list", check: StreamName.check),
                "Attach to STDIN, STDOUT or STDERR"),
            Option(
                "blkio-weight", .value("uint16", check: WeightText.checkWeight),
                "Relative weight of block I/O, 10 to 1000, or 0 for the default"),
            Option(
                "blkio-weight-device", .list("list", check: WeightText.check),
                "Relative weight of one device's I/O (path:weight)"),
            Option("cap-add", .list, "Add Linux capabilities"),
            Option("cap-drop", .list, "Drop Linux capabilities"),
            Option("cgroup-parent", .string, "Parent cgroup of the container's"),
            Option("cgroupns", .string, "Cgroup namespace (host|private)"),
            Option("cidfile", .string, "Write the container's ID to a new file"),
            Option("cpu-period", .integer, "Length of a CPU period in microseconds"),
            Option("cpu-quota", .integer, "CPU time in each period in microseconds"),
            Option("cpu-rt-period", .integer, "Length of a real-time period in microseconds"),
            Option("cpu-rt-runtime", .integer, "Real-time CPU time in each period in microseconds"),
            Option("cpu-shares", "c", .integer, "Relative weight of CPU time (1024 is normal)"),
            Option("cpus", .value("decimal", check: CPUText.check), "Number of CPUs"),
            Option("cpuset-cpus", .string, "CPUs to run on (0-3, 0,1)"),
            Option("cpuset-mems", .string, "Memory nodes to use (0-3, 0,1)"),
            Option("device", .list, "Add a host's device (path[:path in container][:rwm])"),
            Option(
                "device-cgroup-rule", .list("list", check: DeviceCgroupRule.check),
                "Allow devices by number (\"c 1:3 rwm\")"),
            Option(
                "device-read-bps", .list("list", check: RateText.checkBytes),
                "Limit bytes read from a device a second (path:rate)"),
            Option(
                "device-read-iops", .list("list", check: RateText.checkOperations),
                "Limit reads from a device a second (path:rate)"),
            Option(
                "device-write-bps", .list("list", check: RateText.checkBytes),
                "Limit bytes written to a device a second (path:rate)"),
            Option(
                "device-write-iops", .list("list", check: RateText.checkOperations),
                "Limit writes to a device a second (path:rate)"),
            Option("dns", .list("list", check: AddressText.checkResolver), "Set name servers"),
            Option("dns-opt", .list, "", .alias(of: "dns-option")),
            Option("dns-option", .list, "Set options of the resolver"),
            Option(
                "dns-search", .list("list", check: DomainText.check),
                "Set search domains (\".\" for none)"),
            Option("domainname", .string, "NIS domain name"),
            Option("entrypoint", .string, "Replace the image's entry point and command"),
            Option(
                "env", "e", .list("list", check: EnvironmentText.check),
                "Set environment variables (K=V, or K to pass yours on)"),
            Option("env-file", .list, "Read environment variables from a file"),
            Option("expose", .list, "Declare a port or a range of ports"),
            Option("gpus", .string, "Add GPUs", .hidden),
            Option("group-add", .list, "Add supplementary groups"),
            Option("health-cmd", .string, "Command that probes the health"),
            Option("health-interval", .duration, "Time between probes (ms|s|m|h)"),
            Option("health-retries", .integer, "Failures in a row that mean unhealthy"),
            Option(
                "health-start-interval", .duration,
                "Time between probes in the start period (ms|s|m|h)"),
            Option(
                "health-start-period", .duration,
                "Time in which failures do not count yet (ms|s|m|h)"),
            Option("health-timeout", .duration, "Time that one probe may take (ms|s|m|h)"),
            Option("help", .flag, "Print this text"),
            Option("hostname", "h", .string, "Host name of the container"),
            Option("init", .flag, "Run an init that forwards signals and reaps processes"),
            Option("interactive", "i", .flag, "Keep standard input open"),
            Option("ip", .string, "IPv4 address (172.30.100.104)"),
            Option("ip6", .string, "IPv6 address (2001:db8::33)"),
            Option("ipc", .string, "IPC namespace: private, shareable, host, none, container:X"),
            Option(
                "label", "l", .list("list", check: LabelText.check),
                "Set labels (key or key=value)"),
            Option("label-file", .list, "Read labels from a file"),
            Option(
                "link", .list("list", check: LinkText.check),
                "Link to another container (name[:alias])"),
            Option("link-local-ip", .list, "Link-local addresses"),
            Option("log-driver", .string, "Where the output is logged (json-file|local|none)"),
            Option("log-opt", .list, "Options of the log (max-size=10m, max-file=3)"),
            Option("mac-address", .string, "MAC address (92:d0:c6:0a:29:33)"),
            Option("memory", "m", .bytes, "Memory limit (64m, 2g)"),
            Option("memory-reservation", .bytes, "Memory soft limit"),
            Option(
                "memory-swap", .value("bytes", check: { _ = try Size.bytesOrUnlimited($0) }),
                "Limit of memory and swap together, -1 for none"),
            Option(
                "memory-swappiness", .integer, default: "-1", "How readily to swap, 0 to 100"),
            Option(
                "mount", .list("mount", check: { _ = try MountText.parse($0) }),
                "Mount a volume, a host path, a tmpfs or an image"),
            Option("name", .string, "Name of the container"),
            Option("net", .list("network", check: NetworkText.check), "", .alias(of: "network")),
            Option("net-alias", .list, "", .alias(of: "network-alias")),
            Option(
                "network", .list("network", check: NetworkText.check),
                "Join a network (name, none, host, container:X)"),
            Option("network-alias", .list, "Further name on the network"),
            Option("no-healthcheck", .flag, "Never probe the health"),
            Option(
                "on-unhealthy", .string,
                "What to do when the health check fails (none|restart|stop|kill)"),
            Option("oom-kill-disable", .flag, "Do not let the kernel kill when memory is short"),
            Option("oom-score-adj", .integer, "Prefer or avoid as OOM victim (-1000 to 1000)"),
            Option("pid", .string, "PID namespace (host|container:X)"),
            Option("pids-limit", .integer, "Limit of processes, -1 for none"),
            Option("platform", .string, "Platform of the image (os[/arch[/variant]])"),
            Option("privileged", .flag, "All capabilities, all devices, no filters"),
            Option("publish", "p", .list, "Publish a port ([ip:][host:]container[/protocol])"),
            Option("publish-all", "P", .flag, "Publish all exposed ports to random ports"),
            Option("pull", .string, default: "missing", "When to pull (always|missing|never)"),
            Option("quiet", "q", .flag, "Pull without progress"),
            Option("read-only", .flag, "Mount the root file system read-only"),
            Option(
                "restart", .string, default: "no",
                "When to start again: no, always, unless-stopped, on-failure[:N]"),
            Option("rm", .flag, "Remove the container and its anonymous volumes when it ends"),
            Option("runtime", .string, "OCI runtime"),
            Option("security-opt", .list, "Security options (seccomp=FILE, no-new-privileges, …)"),
            Option("shm-size", .bytes, "Size of /dev/shm"),
            Option("stop-signal", .string, "Signal that stops the container"),
            Option("stop-timeout", .integer, "Seconds between the stop signal and KILL"),
            Option("storage-opt", .list, "Options of the container's storage"),
            Option(
                "sysctl", .list("map", check: SysctlText.check), "Set namespaced kernel settings"),
            Option("tmpfs", .list, "Mount a tmpfs (path[:options])"),
            Option("tty", "t", .flag, "Give the container a terminal"),
            Option(
                "ulimit", .list("ulimit", check: { _ = try UlimitText.parse($0) }),
                "Resource limits (nofile=1024:2048)"),
            Option("user", "u", .string, "User (name|uid[:group|gid])"),
            Option("userns", .string, "User namespace (host)"),
            Option("uts", .string, "UTS namespace (host)"),
            Option("volume", "v", .list, "Mount a host path or a volume ([source:]path[:options])"),
            Option("volume-driver", .string, "Driver of new volumes"),
            Option("volumes-from", .list, "Mount what other containers mount (container[:ro|rw])"),
            Option("workdir", "w", .string, "Working directory in the container"),
        ]
    }
}
