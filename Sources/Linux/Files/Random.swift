// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// Random bytes fit for keys and names (getrandom(2)).
public func randomBytes(_ count: Int) throws(Errno) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try syscall { clinux_getrandom(&bytes, UInt(count)) }
    return bytes
}
