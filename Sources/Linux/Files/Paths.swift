// SPDX-License-Identifier: Apache-2.0

public import Glibc

/// The whole content of a file of the engine's own or of the kernel's.
public func contents(of path: String, limit: Int = .max) throws(KernelError) -> [UInt8] {
    try attempting("read \(path)") { () throws(Errno) in
        try OwnedFD.open(path).readAll(limit: limit)
    }
}

/// Makes a directory; one that exists already is fine. The mode is set whatever the umask says.
public func makeDirectory(_ path: String, mode: mode_t = 0o755) throws(KernelError) {
    try attempting("mkdir \(path)") { () throws(Errno) in
        do throws(Errno) {
            try syscall { mkdir(path, mode) }
            try syscall { chmod(path, mode) }
        } catch { if error != .exists { throw error } }
    }
}

/// Makes a directory and whatever parents are missing (those with mode 0755).
public func makeDirectories(_ path: String, mode: mode_t = 0o755) throws(KernelError) {
    do { return try makeDirectory(path, mode: mode) } catch {
        guard error.errno == .noEntry, let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")),
            slash > path.startIndex
        else { throw error }
        try makeDirectories(String(path[..<slash]))
        try makeDirectory(path, mode: mode)
    }
}

/// Replaces a file in one step: a temporary file beside it, then rename(2). Readers see the old
/// content or the new, never a half. With `durable` the content survives a power cut (fsync(2)).
public func replaceFile(
    _ path: String, with bytes: [UInt8], mode: mode_t = 0o644, durable: Bool = false
) throws(KernelError) {
    let temporary = "\(path).\(getpid()).tmp"
    try attempting("write \(path)") { () throws(Errno) in
        do throws(Errno) {
            let file = try OwnedFD.open(
                temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: mode)
            let raw = file.raw
            try file.writeAll(bytes)
            try syscall { fchmod(raw, mode) }
            if durable { try syscall { fsync(raw) } }
            try syscall { rename(temporary, path) }
        } catch {
            unlink(temporary)
            throw error
        }
    }
}

/// Removes a file; one that is gone already is fine.
public func removeFile(_ path: String) throws(KernelError) {
    try attempting("remove \(path)") { () throws(Errno) in
        do throws(Errno) { try syscall { unlink(path) } } catch {
            if error != .noEntry { throw error }
        }
    }
}

/// Whether something bears this path, links followed.
public func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// The names in a directory, without "." and "..", in no order.
public func names(in path: String) throws(KernelError) -> [String] {
    try attempting("list \(path)") { () throws(Errno) in
        try names(of: try OwnedFD.open(path, O_RDONLY | O_DIRECTORY))
    }
}

/// The names in an open directory, without "." and "..", in no order.
public func names(of directory: consuming OwnedFD) throws(Errno) -> [String] {
    let raw = directory.release()
    guard let stream = fdopendir(raw) else {
        let failure = Errno(rawValue: errno)
        close(raw)
        throw failure
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != "." && name != ".." { names.append(name) }
    }
    return names
}

/// Removes a directory with all that is in it, following no link; one that is gone already is fine.
/// Names need not be text, and a tree of any depth costs a bounded number of descriptors.
public func removeTree(_ path: String) throws(KernelError) {
    try attempting("remove \(path)") { () throws(Errno) in
        guard let name = FileName(path.utf8) else { throw .invalid }
        try removeTree(name, in: AT_FDCWD)
    }
}
