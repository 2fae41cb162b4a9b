// SPDX-License-Identifier: Apache-2.0

internal import CLinux

/// Many descriptors behind one that poll(2) can wait for (epoll(7)). A descriptor that is closed
/// leaves by itself.
public struct ReadySet: ~Copyable {
    /// What a descriptor is waited for.
    public struct Interest: OptionSet, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        public static let reading = Interest(rawValue: 1)
        public static let writing = Interest(rawValue: 2)
    }

    private let epoll: OwnedFD

    public init() throws(Errno) {
        epoll = OwnedFD(adopting: try syscall { clinux_epoll_create() })
    }

    /// Readable while one of the descriptors is ready.
    public var raw: CInt { epoll.raw }

    /// Waits for a descriptor, or from now on with another interest.
    /// - Parameter token: what `ready` says of it.
    public func wait(for fd: CInt, _ interest: Interest, token: UInt64) throws(Errno) {
        let raw = epoll.raw
        try syscall { clinux_epoll_watch(raw, fd, interest.rawValue, token) }
    }

    /// The tokens of up to 32 descriptors that are ready now.
    public func ready() throws(Errno) -> [UInt64] {
        let raw = epoll.raw
        var tokens = [UInt64](repeating: 0, count: 32)
        let count = try syscall { clinux_epoll_ready(raw, &tokens, 32) }
        return Array(tokens.prefix(Int(count)))
    }
}
