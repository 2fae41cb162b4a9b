// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import SQLite

extension Engine {
    /// The signal by which a monitor that waits for the next start learns that its row has changed.
    static let wakeSignal = SIGUSR1

    /// Takes a container that waits for its next start out of its policy's hands. The row decides:
    /// the monitor looks at it, under the same lock, before it starts the container.
    /// - Returns: false when the monitor was faster, and the container runs or has been removed.
    func cancelRestart(
        of container: Container, byHand: Bool = true, in database: borrowing Database
    ) throws -> Bool {
        do {
            let lock = try FileLock.waiting(
                location.container(container.id).lock, .exclusive)
            defer { withExtendedLifetime(lock) {} }
            guard try ContainerTable.cancelRestart(of: container, byHand: byHand, in: database)
            else { return false }
        }
        container.monitor.receive(signal: Engine.wakeSignal)
        try awaitMonitor(of: container)
        return true
    }
}
