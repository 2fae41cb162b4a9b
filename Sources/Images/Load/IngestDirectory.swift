// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import Linux

/// The directory in which one load makes everything before it is renamed to its place. Locked for as
/// long as the load lives; what its death leaves is garbage for the next.
public final class IngestDirectory {
    public let path: String
    private let lock: FileLock

    /// Makes one below `parent`.
    init(in parent: String) throws(KernelError) {
        var serial = 0
        while true {
            let path = "\(parent)/\(getpid()).\(serial)"
            serial += 1
            if let lock = try Self.make(path) {
                self.path = path
                self.lock = lock
                return
            }
        }
    }

    deinit { try? removeTree(path) }

    /// nil when the name is taken.
    private static func make(_ path: String) throws(KernelError) -> FileLock? {
        try attempting("mkdir \(path)") { () throws(Errno) -> FileLock? in
            do throws(Errno) { try syscall { mkdir(path, 0o700) } } catch {
                guard error == .exists else { throw error }
                return nil
            }
            let directory = try OwnedFD.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
            directory.spreadSubdirectories()
            return try FileLock.ifFree(directory, .exclusive)
        }
    }

    /// Removes the directory at `path` if its owner is gone.
    static func removeAbandoned(_ path: String) throws(KernelError) {
        let isFree = try attempting("open \(path)") { () throws(Errno) in
            do throws(Errno) {
                let directory = try OwnedFD.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
                return try FileLock.ifFree(directory, .exclusive) != nil
            } catch {
                switch error {
                case .notDirectory, .symlinkLoop: return true
                case .noEntry: return false
                default: throw error
                }
            }
        }
        if isFree { try removeTree(path) }
    }
}

extension ImageStore {
    /// A directory for what is made beside layers; it goes with who holds it.
    public func workDirectory() throws(KernelError) -> IngestDirectory {
        try prepare()
        return try IngestDirectory(in: ingest)
    }
}
