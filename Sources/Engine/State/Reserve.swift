// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

// A little of the disk is kept back, so that the end of a container can be written down when the
// disk is full, perhaps by that very container.
extension Engine {
    /// Some transactions of the database.
    private static let reserveSize = 512 * 1024

    private var reserve: String { "\(location.root)/reserve" }

    /// Keeps the reserve back, if it is not there. For who keeps nobody waiting.
    func keepReserve() {
        if exists(reserve) { return }
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
        guard let file = try? OwnedFD.open(reserve, flags, mode: 0o600) else { return }
        // Only whole is it of use; a file without blocks would claim to be one.
        if posix_fallocate(file.raw, 0, off_t(Engine.reserveSize)) != 0 { unlink(reserve) }
    }

    /// Gives the reserve to whoever writes next.
    /// - Returns: whether there was one.
    func spendReserve() -> Bool { unlink(reserve) == 0 }
}
