// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import SQLite

extension ImageStore {
    /// Holds the store open for adding; garbage is removed first if nobody else is at work.
    ///
    /// Who adds shares the lock, who removes files holds it alone: so what a load finds here, or makes
    /// and has not recorded yet, stays until it ends. Nobody waits for a load: a removal that does not
    /// get the lock leaves its files to the next that does.
    func lockForAdding(_ database: borrowing Database) throws -> FileLock {
        if let lock = try FileLock.ifFree(lockPath, .exclusive) {
            try removeGarbage(database)
            try attempting("lock \(lockPath)") { () throws(Errno) in
                try lock.convert(to: .shared)
            }
            return lock
        }
        return try FileLock.waiting(lockPath, .shared)
    }
}
