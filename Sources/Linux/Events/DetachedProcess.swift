// SPDX-License-Identifier: Apache-2.0

internal import CLinux
public import Glibc

/// A process that outlives its caller, as daemon(7) has it.
public enum DetachedProcess {
    /// Forks. The caller has one thread.
    /// - Parameters:
    ///   - name: the new process's name, at most 15 bytes (PR_SET_NAME).
    ///   - descriptors: what it needs of the caller's; all others are closed in it.
    ///   - body: its work; the result is its exit code.
    /// - Returns: in the caller only: the new process's id.
    public static func fork(
        name: String, keeping descriptors: [CInt], _ body: () -> Int32
    ) throws(KernelError) -> pid_t {
        let pid = try attempting("fork \(name)") { () throws(Errno) in
            try syscall { Glibc.fork() }
        }
        if pid > 0 { return pid }
        do {
            try detach(name, keeping: descriptors)
            _exit(body())
        } catch { _exit(125) }
    }

    /// Makes the calling process independent of who called it: its own session without a terminal,
    /// no descriptors but those named (/dev/null as 0, 1 and 2), default signals, "/" as the working
    /// directory, and no more memory than it needs.
    private static func detach(
        _ name: String, keeping descriptors: [CInt]
    ) throws(KernelError) {
        clinux_default_all_signals()
        setsid()
        umask(0o022)
        try attempting("detach \(name)") { () throws(Errno) in
            try syscall { chdir("/") }
            let null = try OwnedFD.open("/dev/null", O_RDWR).release()
            for fd in CInt(0)...2 where fd != null { try syscall { dup2(null, fd) } }
            try closeAll(except: descriptors)
        }
        name.withCString {
            _ = clinux_prctl(CInt(clinux_PR_SET_NAME), UInt(bitPattern: $0), 0, 0, 0)
        }
        releaseUnusedMemory()
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

/// Gives what the C library's allocator holds and nobody uses back to the kernel (malloc_trim(3)).
public func releaseUnusedMemory() { clinux_malloc_trim() }

/// Gives back what a fork has inherited and does not use: free heap, the depths of the stack, and the
/// mapped pages of the program's text, of which a monitor needs few.
public func releaseInheritedMemory() {
    clinux_malloc_trim()
    clinux_forget_stack()
    clinux_forget_text()
}

extension OwnedFD {
    /// Asks for another size of this pipe's buffer; beyond the user's limit it stays as it is
    /// (F_SETPIPE_SZ).
    /// - Parameter bytes: rounded up to a power of two.
    public func requestPipeSize(_ bytes: Int) {
        _ = clinux_fcntl(raw, CInt(clinux_F_SETPIPE_SZ), bytes)
    }
}
