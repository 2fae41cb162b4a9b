// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

/// kill(2) for one process, or for one group by its negative number. A number that no process was ever
/// found by means "all" or "my own group" to the kernel, and a failed test must not end the machine.
@discardableResult
func kill(_ pid: pid_t, _ signal: CInt) -> CInt {
    guard abs(pid) > 1 else {
        Issue.record("no process to signal: \(pid)")
        return -1
    }
    return Glibc.kill(pid, signal)
}
