// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// Stream sockets with a name in the file system (unix(7)).
public enum UnixSocket {
    /// Listens at `name` in the directory `directory`. A name left behind by a dead process is
    /// replaced. Only the owner may connect (mode 0600).
    public static func listen(_ name: String, in directory: String) throws(KernelError) -> OwnedFD {
        try attempting("listen on \(directory)/\(name)") { () throws(Errno) in
            let place = try OwnedFD.open(directory, O_RDONLY | O_DIRECTORY)
            let listener = try stream()
            let (raw, at) = (listener.raw, place.raw)
            try listener.setNonblocking(true)
            unlinkat(at, name, 0)
            try withAddress(of: name, in: at) { address, length in
                bind(raw, address, length)
            }
            try syscall { fchmodat(at, name, 0o600, 0) }
            try syscall { Glibc.listen(raw, 16) }
            return listener
        }
    }

    /// Connects to the listener at `name` in the directory `directory`.
    public static func connect(to name: String, in directory: String) throws(KernelError) -> OwnedFD
    {
        try attempting("connect to \(directory)/\(name)") { () throws(Errno) in
            let place = try OwnedFD.open(directory, O_RDONLY | O_DIRECTORY)
            let socket = try stream()
            let raw = socket.raw
            try withAddress(of: name, in: place.raw) { address, length in
                Glibc.connect(raw, address, length)
            }
            return socket
        }
    }

    private static func stream() throws(Errno) -> OwnedFD {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        return OwnedFD(adopting: try syscall { socket(AF_UNIX, kind, 0) })
    }

    /// Socket addresses hold 107 bytes of path; an open directory makes any path short.
    private static func withAddress(
        of name: String, in directory: CInt,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) throws(Errno) {
        let path = Array("/proc/self/fd/\(directory)/\(name)".utf8)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw .nameTooLong
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let complete = address
        try syscall {
            withUnsafePointer(to: complete) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
    }
}

extension OwnedFD {
    /// Accepts a waiting connection on this listening socket, non-blocking and close-on-exec.
    /// - Returns: nil when none is waiting.
    public func accept() throws(Errno) -> OwnedFD? {
        let raw = raw
        do {
            return OwnedFD(adopting: try syscall { clinux_accept(raw) })
        } catch {
            if error == .wouldBlock || error.rawValue == ECONNABORTED { return nil }
            throw error
        }
    }
}
