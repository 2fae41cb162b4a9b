// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// The descriptors of a plan's slots. It owns what the steps open, and only borrows what the caller
/// put in (streams, the console socket).
final class Descriptors {
    private var table: [CInt]
    private var borrowed: Set<Int>

    init(count: Int, lent: [Slot: CInt]) {
        table = Array(repeating: -1, count: count)
        borrowed = []
        for (slot, fd) in lent {
            table[slot.index] = fd
            borrowed.insert(slot.index)
        }
    }

    deinit {
        for (index, fd) in table.enumerated() where fd >= 0 && !borrowed.contains(index) {
            close(fd)
        }
    }

    /// -1 for a slot that nothing was opened into.
    subscript(slot: Slot) -> CInt { table[slot.index] }

    func put(_ fd: consuming OwnedFD, into slot: Slot) {
        table[slot.index] = fd.release()
    }
}
