// SPDX-License-Identifier: Apache-2.0

internal import CLinux

/// Descriptors that travel over Unix sockets (unix(7), SCM_RIGHTS).
public enum DescriptorPassing {
    /// Sends one descriptor with one byte to carry it.
    public static func send(_ descriptor: CInt, over socket: CInt) throws(Errno) {
        var carrier: UInt8 = 0
        var descriptor = descriptor
        try syscall { clinux_send_fds(socket, &carrier, 1, &descriptor, 1) }
    }

    /// Sends one descriptor with a message, which must fit the socket's buffer.
    public static func send(
        _ descriptor: CInt, over socket: CInt, with message: [UInt8]
    ) throws(Errno) {
        var descriptor = descriptor
        let count = CInt(clamping: message.count)
        let sent = try syscall { clinux_send_fds(socket, message, count, &descriptor, 1) }
        guard sent == count else { throw .io }
    }

    /// Receives what `send` sent; nil when the other side closed without sending. Of the message that
    /// carried it the first byte is taken: what follows is the caller's to read, or to leave.
    public static func receive(from socket: CInt) throws(Errno) -> OwnedFD? {
        var carrier: UInt8 = 0
        var descriptor: CInt = -1
        var count: CInt = 1
        let received = try syscall { clinux_receive_fds(socket, &carrier, 1, &descriptor, &count) }
        guard received > 0, count == 1 else { return nil }
        return OwnedFD(adopting: descriptor)
    }
}
