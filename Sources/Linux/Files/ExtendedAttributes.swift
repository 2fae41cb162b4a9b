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
    for room in [256, 65_536] {  // the latter is XATTR_SIZE_MAX
        var value = [UInt8](repeating: 0, count: room)
        do throws(Errno) {
            let count = try syscall { clinux_fgetxattr(fd, name, &value, room) }
            return Array(value.prefix(count))
        } catch {
            if error == .noData { return nil }
            guard error == .outOfRange else { throw error }
        }
    }
    throw .outOfRange
}

/// The names of the extended attributes of an open file or directory (flistxattr(2)); none where
/// the file system knows none.
public func extendedAttributeNames(of fd: CInt) throws(Errno) -> [String] {
    do throws(Errno) {
        guard try syscall({ clinux_flistxattr(fd, nil, 0) }) > 0 else { return [] }
        var names = [CChar](repeating: 0, count: 65_536)  // XATTR_LIST_MAX
        let count = try syscall { clinux_flistxattr(fd, &names, names.count) }
        return names.prefix(count).split(separator: 0).map {
            String(decoding: $0.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    } catch {
        guard error == .notSupported else { throw error }
        return []
    }
}

/// All extended attributes of an open file or directory, in the order of their names.
public func extendedAttributes(
    of fd: CInt
) throws(Errno) -> [(name: String, value: [UInt8])] {
    var attributes: [(name: String, value: [UInt8])] = []
    for name in try extendedAttributeNames(of: fd).sorted() {
        if let value = try extendedAttribute(name, of: fd) { attributes.append((name, value)) }
    }
    return attributes
}

/// Whether an extended attribute of an open file or directory has just this value of one byte;
/// overlay's marks are such.
public func hasMark(_ name: String, _ value: UInt8, on fd: CInt) throws(Errno) -> Bool {
    var byte: UInt8 = 0
    do throws(Errno) {
        return try syscall { clinux_fgetxattr(fd, name, &byte, 1) } == 1 && byte == value
    } catch {
        switch error {
        case .noData, .notSupported, .outOfRange: return false
        default: throw error
        }
    }
}

/// Writes to disk all that is unwritten of the file system on which `fd` lies (syncfs(2)).
public func syncFileSystem(of fd: CInt) throws(Errno) {
    try syscall { clinux_syncfs(fd) }
}
