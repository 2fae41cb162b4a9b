// SPDX-License-Identifier: Apache-2.0

internal import CLinux
public import Glibc
public import Linux

/// The making of the process that watches over one container.
public enum MonitorProcess {
    /// Forks the monitor. The caller has one thread.
    /// - Parameters:
    ///   - descriptors: what the monitor needs of the caller's; all others are closed in it.
    ///   - body: starts the container and runs its `Monitor`; its result is the process's exit code.
    /// - Returns: in the caller only: the monitor's process id.
    public static func fork(
        keeping descriptors: [CInt], _ body: () -> Int32
    ) throws(KernelError) -> pid_t {
        let pid = try attempting("fork the monitor") { () throws(Errno) in
            try syscall { Glibc.fork() }
        }
        if pid > 0 { return pid }
        do {
            try detach(keeping: descriptors)
            _exit(body())
        } catch { _exit(125) }
    }

    /// Makes the calling process independent of who called it: its own session without a terminal,
    /// no descriptors but those named (/dev/null as 0, 1 and 2), default signals, "/" as the working
    /// directory, and no more memory than it needs.
    static func detach(keeping descriptors: [CInt]) throws(KernelError) {
        clinux_default_all_signals()
        setsid()
        umask(0o022)
        try attempting("detach the monitor") { () throws(Errno) in
            try syscall { chdir("/") }
            let null = try OwnedFD.open("/dev/null", O_RDWR).release()
            for fd in CInt(0)...2 where fd != null { try syscall { dup2(null, fd) } }
            try closeAll(except: descriptors)
        }
        "swocker-monitor".withCString {
            _ = clinux_prctl(CInt(clinux_PR_SET_NAME), UInt(bitPattern: $0), 0, 0, 0)
        }
        clinux_malloc_trim()
    }

    private static func closeAll(except descriptors: [CInt]) throws(Errno) {
        var first: CUnsignedInt = 3
        for kept in descriptors.filter({ $0 >= 3 }).sorted() {
            let kept = CUnsignedInt(kept)
            if kept > first { try syscall { clinux_close_range(first, kept - 1, 0) } }
            first = max(first, kept + 1)
        }
        try syscall { clinux_close_range(first, .max, 0) }
    }
}
