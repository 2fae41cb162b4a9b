// SPDX-License-Identifier: Apache-2.0

internal import CLinux

/// Loads a system call filter (seccomp(2)).
public func loadSeccomp(program: [UInt8], flags: UInt32) throws(Errno) {
    try syscall { clinux_seccomp_filter(program, UInt16(program.count / 8), flags) }
}
