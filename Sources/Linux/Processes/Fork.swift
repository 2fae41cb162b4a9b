// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// Runs `body` in a child process (fork(2)) that ends with the number it returns, and that the kernel
/// kills when this process dies. The caller must be single-threaded.
/// - Returns: the child's pidfd.
public func fork(running body: () -> Int32) throws(Errno) -> OwnedFD {
    let parent = getpid()
    let child = try syscall { clinux_fork() }
    if child == 0 {
        _ = clinux_prctl(Int32(clinux_PR_SET_PDEATHSIG), UInt(SIGKILL), 0, 0, 0)
        if getppid() != parent { _exit(137) }  // it died before the kernel was told
        _exit(body())
    }
    do throws(Errno) { return try OwnedFD.pidfd(of: child) } catch {
        kill(child, SIGKILL)
        var status: CInt = 0
        _ = try? syscall { waitpid(child, &status, 0) }
        throw error
    }
}
