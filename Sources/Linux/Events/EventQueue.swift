// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// Many descriptors behind one (epoll(7), whose events are poll(2)'s): the queue's own becomes
/// readable when something has happened to any of them, so that a loop waits for one.
public struct EventQueue: ~Copyable {
    private let descriptor: OwnedFD

    public init() throws(Errno) {
        descriptor = OwnedFD(adopting: try syscall { clinux_epoll_create() })
    }

    /// The descriptor to poll for POLLIN.
    public var raw: CInt { descriptor.raw }

    /// What to wait for. An end and an error are always reported.
    public struct Interest: OptionSet, Hashable, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        public static let reading = Interest(rawValue: UInt32(POLLIN))
        public static let writing = Interest(rawValue: UInt32(POLLOUT))
        /// Only told, never asked for: it is broken, or closed in both directions.
        public static let ended = Interest(rawValue: UInt32(POLLHUP | POLLERR))
    }

    /// Waits for more or less than before; nil is nothing at all.
    public func wait(
        for interest: Interest?, on fd: CInt, insteadOf former: Interest?
    ) throws(Errno) {
        guard interest != former else { return }
        let queue = raw
        guard let interest else {
            _ = clinux_epoll_set(queue, fd, 0, 0)
            return
        }
        // 0 would mean to forget it: an end is reported anyway.
        let events = interest.isEmpty ? UInt32(POLLHUP) : interest.rawValue
        try syscall { clinux_epoll_set(queue, fd, events, former == nil ? 1 : 0) }
    }

    /// What has happened, at most 64 descriptors' news, without waiting.
    public func take() -> [(fd: CInt, events: Interest)] {
        var fds = [CInt](repeating: 0, count: 64)
        var events = [UInt32](repeating: 0, count: 64)
        let count = clinux_epoll_take(raw, &fds, &events, 64)
        guard count > 0 else { return [] }
        return (0..<Int(count)).map { (fds[$0], Interest(rawValue: events[$0])) }
    }
}
