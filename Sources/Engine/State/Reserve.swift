// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import SQLite

// A little of the disk is kept back, so that the end of a container can be written down when the
// disk is full, perhaps by that very container.
extension Engine {
    /// Some transactions of the database.
    private static let reserveSize = 512 * 1024

    private var reserve: String { "\(location.root)/reserve" }

    /// Keeps the reserve back, if it is not there and there is plenty. For who keeps nobody waiting.
    func keepReserve() {
        // Somebody may have given it back just now, to write what matters more.
        if exists(reserve) || room < 4 * UInt64(Engine.reserveSize) { return }
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
        guard let file = try? OwnedFD.open(reserve, flags, mode: 0o600) else { return }
        // Only whole is it of use; a file without blocks would claim to be one.
        if posix_fallocate(file.raw, 0, off_t(Engine.reserveSize)) != 0 { unlink(reserve) }
    }

    /// Gives the reserve to whoever writes next.
    /// - Returns: whether there was one.
    func spendReserve() -> Bool { unlink(reserve) == 0 }

    /// Makes room in the database for what has to be written down: with the reserve, or else in the place
    /// that its log has on the disk already.
    /// - Returns: whether another attempt may succeed.
    func makeRoom() -> Bool {
        if spendReserve() { return true }
        guard let database = try? open() else { return false }
        return database.restartLog()
    }

    /// Whether there is no room for what the engine writes down.
    var isDiskFull: Bool { room < 64 * 1024 }

    /// Bytes that the file system of the engine's root has left.
    private var room: UInt64 {
        var system = statvfs()
        guard statvfs(location.root, &system) == 0 else { return .max }
        return UInt64(system.f_bavail) * UInt64(system.f_frsize)
    }
}
