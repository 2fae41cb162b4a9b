// SPDX-License-Identifier: Apache-2.0

internal import CLinux

/// Sets an extended attribute of an open file or directory (fsetxattr(2)).
public func setExtendedAttribute(
    _ name: String, to value: [UInt8], of fd: CInt
) throws(Errno) {
    try syscall { clinux_fsetxattr(fd, name, value, value.count) }
}

/// The value of an extended attribute (fgetxattr(2)); nil when there is none.
public func extendedAttribute(_ name: String, of fd: CInt) throws(Errno) -> [UInt8]? {
    var value = [UInt8](repeating: 0, count: 65_536)  // XATTR_SIZE_MAX
    do throws(Errno) {
        let count = try syscall { clinux_fgetxattr(fd, name, &value, value.count) }
        return Array(value.prefix(count))
    } catch {
        guard error == .noData else { throw error }
        return nil
    }
}

/// Writes to disk all that is unwritten of the file system on which `fd` lies (syncfs(2)).
public func syncFileSystem(of fd: CInt) throws(Errno) {
    try syscall { clinux_syncfs(fd) }
}
