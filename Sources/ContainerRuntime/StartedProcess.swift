// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import Linux

extension StartedProcess {
    /// Keeps the pidfd alone.
    public consuming func takePidfd() -> OwnedFD { pidfd }

    /// Sends the pidfd to who asked for it.
    /// - Parameter name: the message that carries it, as runc's: "standard" for a container's first
    ///   process, "setns" for a further one.
    func sendPidfd(over socket: CInt, as name: String) throws(KernelError) {
        let raw = pidfd.raw
        try attempting("send the pidfd") { () throws(Errno) in
            try DescriptorPassing.send(raw, over: socket, with: Array(name.utf8))
        }
    }
}
