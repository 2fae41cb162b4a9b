// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Tells when files in a directory grow, appear or go (inotify(7)).
public struct DirectoryWatch: ~Copyable {
    private let descriptor: OwnedFD

    /// Watches the files that are directly in `directory`.
    public init(_ directory: String) throws(KernelError) {
        descriptor = try attempting("watch \(directory)") { () throws(Errno) in
            let watch = OwnedFD(
                adopting: try syscall { inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC)) })
            let raw = watch.raw
            let interest = UInt32(IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF)
            try syscall { inotify_add_watch(raw, directory, interest) }
            return watch
        }
    }

    /// The descriptor to poll for POLLIN.
    public var raw: CInt { descriptor.raw }

    /// Forgets what has happened so far, so that poll(2) waits for what comes next.
    public func drain() throws(Errno) {
        let fd = raw
        var failure: Errno?
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
            do throws(Errno) {
                while try readAvailable(fd, into: buffer) != nil {}
            } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
