// SPDX-License-Identifier: Apache-2.0

/// An absolute path as a specification writes it, without what makes no difference. For comparing
/// names only: where a path leads is the kernel's to say.
struct SpecPath {
    /// Begins with a slash, has no empty name, no "." and no "..".
    let text: String

    init(_ path: String) {
        var names: [Substring] = []
        for name in path.split(separator: "/") {
            switch name {
            case ".": continue
            case "..": _ = names.popLast()
            default: names.append(name)
            }
        }
        text = "/" + names.joined(separator: "/")
    }

    /// What in /proc may be replaced: files that only inform, of which containers are commonly given
    /// their own (the list is runc's). Everything else could swallow the writes that make a process
    /// safe (CVE-2019-16884).
    var mayBeMountedInProc: Bool {
        switch text {
        case "/proc/cpuinfo", "/proc/diskstats", "/proc/meminfo", "/proc/stat", "/proc/swaps",
            "/proc/uptime", "/proc/loadavg", "/proc/slabinfo", "/proc/net/dev",
            "/proc/sys/kernel/ns_last_pid", "/proc/sys/crypto/fips_enabled":
            true
        default: false
        }
    }
}
