// SPDX-License-Identifier: Apache-2.0

internal import CLinux
public import Glibc

/// Limits of a process's resources (getrlimit(2)).
public enum ResourceLimit {
    /// The kernel's names in the order of their numbers (on every architecture we run on).
    private static let names = [
        "CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE", "MEMLOCK", "AS",
        "LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME",
    ]

    /// The number of "RLIMIT_NOFILE" or "nofile"; nil for an unknown name.
    public static func number(of name: String) -> Int32? {
        let short = name.hasPrefix("RLIMIT_") ? String(name.dropFirst(7)) : name.uppercased()
        return names.firstIndex(of: short).map(Int32.init)
    }

    /// Sets a limit of a process; `UInt64.max` is unlimited (prlimit(2)).
    public static func set(
        _ resource: Int32, of pid: pid_t, soft: UInt64, hard: UInt64
    ) throws(Errno) {
        var (soft, hard) = (soft, hard)
        try syscall { clinux_prlimit(pid, resource, 1, &soft, &hard) }
    }

    /// Sets a limit as high as a process without CAP_SYS_RESOURCE may: never above the hard limit
    /// that it has.
    public static func raiseAsFarAsAllowed(
        _ resource: Int32, of pid: pid_t, soft: UInt64, hard: UInt64
    ) throws(Errno) {
        var (current, highest): (UInt64, UInt64) = (0, 0)
        try syscall { clinux_prlimit(pid, resource, 0, &current, &highest) }
        try set(resource, of: pid, soft: min(soft, highest), hard: min(hard, highest))
    }
}
