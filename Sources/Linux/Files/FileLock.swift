// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A lock between processes on a file or directory (flock(2)): released when its owner goes, also
/// when the process is killed.
public struct FileLock: ~Copyable, Sendable {
    private let file: OwnedFD

    /// How the lock is held.
    public enum Mode: Sendable {
        /// Beside others that share it.
        case shared
        /// Alone.
        case exclusive

        fileprivate var operation: CInt { self == .shared ? LOCK_SH : LOCK_EX }
    }

    /// Locks the file at `path`, which is made where absent; waits for its turn.
    public static func waiting(_ path: String, _ mode: Mode) throws(KernelError) -> FileLock {
        try attempting("lock \(path)") { () throws(Errno) in
            let file = try OwnedFD.open(path, O_RDONLY | O_CREAT | O_NOFOLLOW, mode: 0o600)
            let raw = file.raw
            try syscall { flock(raw, mode.operation) }
            return FileLock(file: file)
        }
    }

    /// Locks the file at `path` if nobody holds it otherwise; nil if somebody does.
    public static func ifFree(_ path: String, _ mode: Mode) throws(KernelError) -> FileLock? {
        try attempting("lock \(path)") { () throws(Errno) -> FileLock? in
            try ifFree(try OwnedFD.open(path, O_RDONLY | O_CREAT | O_NOFOLLOW, mode: 0o600), mode)
        }
    }

    /// Locks an open file or directory if nobody holds it otherwise; nil if somebody does.
    public static func ifFree(
        _ file: consuming OwnedFD, _ mode: Mode
    ) throws(Errno) -> FileLock? {
        let raw = file.raw
        do throws(Errno) { try syscall { flock(raw, mode.operation | LOCK_NB) } } catch {
            guard error == .wouldBlock else { throw error }
            return nil
        }
        return FileLock(file: file)
    }

    /// Locks an open file or directory; waits for its turn.
    public static func waiting(_ file: consuming OwnedFD, _ mode: Mode) throws(Errno) -> FileLock {
        let raw = file.raw
        try syscall { flock(raw, mode.operation) }
        return FileLock(file: file)
    }

    /// How many names what is locked has; 0 once it is removed.
    public var links: Int {
        get throws(Errno) { Int(try status(of: file.raw).st_nlink) }
    }

    private init(file: consuming OwnedFD) { self.file = file }

    /// Changes how the lock is held; between the two modes nobody holds it for an instant.
    public func convert(to mode: Mode) throws(Errno) {
        let raw = file.raw
        try syscall { flock(raw, mode.operation) }
    }
}
