// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import OCI

extension Inside {
    /// A terminal of the container's own devpts: its main end goes to the monitor, its peer becomes
    /// the streams, the controlling terminal and /dev/console. The caller's terminal is never seen.
    func openTerminal(_ socket: CInt, _ size: Spec.ConsoleSize?) throws(Errno) {
        let multiplexer = try OwnedFD.open("dev/pts/ptmx", beneath: root, O_RDWR | O_NOCTTY)
        let terminal = try PseudoTerminal.open(ptmx: multiplexer)
        let peer = terminal.peer.raw
        if let size {
            try WindowSize(rows: size.height, columns: size.width).apply(to: peer)
        }
        try terminal.makeControlling()
        for number in CInt(0)...2 { try syscall { dup2(peer, number) } }
        try coverConsole(with: peer)
        try DescriptorPassing.send(terminal.main.raw, over: socket)
    }

    private func coverConsole(with peer: CInt) throws(Errno) {
        let target = try paths.makeFile("/dev/console")
        let copy = try Mounting.cloneTree("", at: peer)
        try Mounting.attach(copy.raw, onto: target.raw)
    }
}
