// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// Tells when the kernel runs out of memory for a cgroup: an eventfd on version 1
/// (https://docs.kernel.org/admin-guide/cgroup-v1/memory.html#oom-control), changes of memory.events
/// on version 2.
public struct OutOfMemoryWatch: ~Copyable {
    private let descriptor: OwnedFD
    private let cgroup: Cgroup
    private var known: UInt64

    /// Watches from now on.
    public init(_ cgroup: Cgroup) throws(KernelError) {
        guard let directory = cgroup.directory(of: "memory") else {
            throw KernelError(action: "watch the memory of \(cgroup.path)", errno: .notSupported)
        }
        let watch = try attempting("watch the memory of \(directory)") { () throws(Errno) in
            switch cgroup.hierarchies {
            case .v1: try Self.eventDescriptor(directory)
            case .v2: try Self.changes(of: "\(directory)/memory.events")
            }
        }
        known = (try? cgroup.oomKillCount()) ?? 0
        self.cgroup = cgroup
        descriptor = watch
    }

    private static func eventDescriptor(_ directory: String) throws(Errno) -> OwnedFD {
        let events = OwnedFD(adopting: try syscall { clinux_eventfd() })
        let control = try OwnedFD.open("\(directory)/memory.oom_control")
        let line = "\(events.raw) \(control.raw)"
        try OwnedFD.open("\(directory)/cgroup.event_control", O_WRONLY).writeAll(Array(line.utf8))
        return events
    }

    private static func changes(of file: String) throws(Errno) -> OwnedFD {
        let watch = OwnedFD(
            adopting: try syscall { inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC)) })
        let raw = watch.raw
        try syscall { inotify_add_watch(raw, file, UInt32(IN_MODIFY)) }
        return watch
    }

    /// The descriptor to poll for POLLIN.
    public var raw: CInt { descriptor.raw }

    /// Takes what has happened since the last call.
    /// - Returns: how often the memory ran out; version 1 also reports the end of the group, which is
    ///   none.
    public mutating func take() throws(KernelError) -> UInt64 {
        let fd = raw
        var happened: UInt64 = 0
        try attempting("read the events of \(cgroup.path)") { () throws(Errno) in
            var failure: Errno?
            withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
                do throws(Errno) {
                    while let count = try readAvailable(fd, into: buffer), count > 0 {
                        if count == 8 { happened &+= buffer.load(as: UInt64.self) }
                    }
                } catch { failure = error }
            }
            if let failure { throw failure }
        }
        guard let directory = cgroup.directory(of: "memory"), exists(directory) else { return 0 }
        if case .v1 = cgroup.hierarchies { return happened }
        let count = (try? cgroup.oomKillCount()) ?? known
        defer { known = max(known, count) }
        return count > known ? count - known : 0
    }
}
