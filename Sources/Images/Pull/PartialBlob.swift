// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import Linux
internal import OCI

/// A blob on its way: what has come so far stays when the pull is killed, and the next one goes on
/// behind it. Its lock says that somebody fetches it.
public final class PartialBlob: Sendable {
    private let file: OwnedFD
    public let path: String

    private init(_ file: consuming OwnedFD, _ path: String) {
        self.path = path
        self.file = file
    }

    /// To hand to a process that reads it; it shares the lock.
    public var raw: CInt { file.raw }

    /// Takes the blob for fetching; nil while another does.
    static func take(_ path: String) throws(KernelError) -> PartialBlob? {
        try attempting("open \(path)") { () throws(Errno) -> PartialBlob? in
            let flags = O_RDWR | O_CREAT | O_NOFOLLOW
            let file = try OwnedFD.open(path, flags, mode: 0o600)
            let raw = file.raw
            do throws(Errno) { try syscall { flock(raw, LOCK_EX | LOCK_NB) } } catch {
                guard error == .wouldBlock else { throw error }
                return nil
            }
            // Between opening and locking it may have been finished, and got its place.
            var named = stat()
            let own = try status(of: raw)
            guard lstat(path, &named) == 0, named.st_ino == own.st_ino else { return nil }
            return PartialBlob(file, path)
        }
    }

    /// Bytes that are here.
    public func size() throws(KernelError) -> Int64 {
        let raw = file.raw
        return try attempting("stat \(path)") { () throws(Errno) in
            Int64(try status(of: raw).st_size)
        }
    }

    /// Adds bytes at a place, which is the end.
    public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(KernelError) {
        let raw = file.raw
        try attempting("write blob") { () throws(Errno) in
            var done = 0
            while done < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
                let place = off_t(offset) + off_t(done)
                done += try syscall { pwrite(raw, rest.baseAddress, rest.count, place) }
            }
        }
    }

    /// Gives it up: what has come is wrong.
    public func discard() { unlink(path) }
}
