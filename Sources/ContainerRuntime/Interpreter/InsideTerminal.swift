// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import OCI

extension Inside {
    /// A terminal of the container's own devpts: its main end goes to the monitor, its peer becomes
    /// the streams, the controlling terminal and, for the first process, /dev/console. The caller's
    /// terminal is never seen.
    func openTerminal(
        _ socket: CInt, _ size: Spec.ConsoleSize?, isConsole: Bool
    ) throws(Errno) {
        let terminal = try PseudoTerminal.open(ptmx: openMultiplexer())
        let peer = terminal.peer.raw
        if let size {
            try WindowSize(rows: size.height, columns: size.width).apply(to: peer)
        }
        try terminal.makeControlling()
        for number in CInt(0)...2 { try syscall { dup2(peer, number) } }
        if isConsole { try coverConsole(with: peer) }
        try DescriptorPassing.send(terminal.main.raw, over: socket)
    }

    /// The container may have put anything in the place of /dev/pts: only devpts will do, and in it
    /// only a file of its own, which nothing is mounted over.
    private func openMultiplexer() throws(Errno) -> OwnedFD {
        let devpts = try OwnedFD.open("dev/pts", beneath: root, openPath | O_DIRECTORY)
        guard FilesystemKind(of: devpts.raw) == .devpts else { throw Errno.noDevice }
        return try OwnedFD.open(
            "ptmx", beneath: devpts.raw, O_RDWR | O_NOCTTY, resolution: .sameMount)
    }

    private func coverConsole(with peer: CInt) throws(Errno) {
        // A link would put it over some other file (CVE-2025-52565).
        let devices = try paths.makeDirectory("/dev")
        let target: OwnedFD
        do throws(Errno) {
            let devicesDescriptor = devices.raw
            _ = try OwnedFD.open(
                "console", O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, mode: 0o600,
                at: devicesDescriptor)
        } catch { if error != .exists { throw error } }
        target = try OwnedFD.open(
            "console", beneath: devices.raw, openPath, resolution: .noLinks)
        try guardProc(target.raw, "/dev/console")
        let copy = try Mounting.cloneTree("", at: peer)
        try Mounting.attach(copy.raw, onto: target.raw)
    }
}
