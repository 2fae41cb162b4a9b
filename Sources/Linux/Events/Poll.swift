// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// The descriptors of one poll(2) call and what the kernel said about each. The array is kept
/// between calls, so that a loop allocates nothing.
public struct PollSet: ~Copyable {
    private var entries: [pollfd] = []

    public init() {}

    /// How many descriptors are waited for.
    public var count: Int { entries.count }

    /// Forgets all descriptors and keeps the room.
    public mutating func removeAll() { entries.removeAll(keepingCapacity: true) }

    /// Adds a descriptor; hang-up and error are always reported, even with no `events`.
    /// - Returns: the place to ask `events(at:)` about.
    @discardableResult
    public mutating func add(_ fd: CInt, _ events: Int32) -> Int {
        entries.append(pollfd(fd: fd, events: Int16(truncatingIfNeeded: events), revents: 0))
        return entries.count - 1
    }

    /// Waits until one of the descriptors has something to say.
    /// - Parameter milliseconds: how long at most; -1 is for ever.
    /// - Returns: how many have; 0 after the time, and also after a signal with a handler.
    @discardableResult
    public mutating func wait(milliseconds: Int32 = -1) throws(Errno) -> Int {
        let count = entries.withUnsafeMutableBufferPointer { buffer in
            poll(buffer.baseAddress, nfds_t(buffer.count), milliseconds)
        }
        if count >= 0 { return Int(count) }
        let failure = Errno(rawValue: errno)
        if failure == .interrupted { return 0 }
        throw failure
    }

    /// What happened at the place that `add` gave: POLLIN, POLLOUT, POLLHUP, POLLERR, POLLNVAL.
    public func events(at place: Int?) -> Int32 {
        guard let place else { return 0 }
        return Int32(entries[place].revents)
    }
}

/// Reads what is there into `buffer`.
/// - Returns: the count, 0 at the end, nil when nothing is there now.
public func readAvailable(
    _ fd: CInt, into buffer: UnsafeMutableRawBufferPointer
) throws(Errno) -> Int? {
    do {
        return try syscall { read(fd, buffer.baseAddress, buffer.count) }
    } catch {
        if error == .wouldBlock { return nil }
        throw error
    }
}

/// Writes what fits now.
/// - Returns: how many bytes were taken, 0 when none fits.
public func writeAvailable(_ bytes: UnsafeRawBufferPointer, to fd: CInt) throws(Errno) -> Int {
    do {
        return try syscall { write(fd, bytes.baseAddress, bytes.count) }
    } catch {
        if error == .wouldBlock { return 0 }
        throw error
    }
}

/// Sends what fits into a socket now; a closed peer is an error and never a signal.
/// - Returns: how many bytes were taken, 0 when none fits.
public func sendAvailable(_ bytes: UnsafeRawBufferPointer, to socket: CInt) throws(Errno) -> Int {
    let flags = CInt(truncatingIfNeeded: MSG_NOSIGNAL) | CInt(truncatingIfNeeded: MSG_DONTWAIT)
    do {
        return try syscall { send(socket, bytes.baseAddress, bytes.count, flags) }
    } catch {
        if error == .wouldBlock { return 0 }
        throw error
    }
}

/// Writes all of `bytes`, also to a descriptor that somebody made non-blocking.
public func writeFully(_ bytes: UnsafeRawBufferPointer, to fd: CInt) throws(Errno) {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = try writeAvailable(UnsafeRawBufferPointer(rebasing: rest), to: fd)
        rest = rest.dropFirst(count)
        if count == 0 {
            var entry = pollfd(fd: fd, events: Int16(POLLOUT), revents: 0)
            try syscall { poll(&entry, 1, -1) }
        }
    }
}
