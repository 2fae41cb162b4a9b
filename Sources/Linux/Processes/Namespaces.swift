// SPDX-License-Identifier: Apache-2.0

internal import CLinux
public import Glibc

/// Kinds of namespaces (namespaces(7)), as the CLONE_NEW… bits.
public struct Namespaces: OptionSet, Hashable, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    private init(_ kernel: Int64) { rawValue = UInt64(kernel) }

    public static let mount = Namespaces(clinux_CLONE_NEWNS)
    public static let pid = Namespaces(clinux_CLONE_NEWPID)
    public static let network = Namespaces(clinux_CLONE_NEWNET)
    public static let ipc = Namespaces(clinux_CLONE_NEWIPC)
    public static let uts = Namespaces(clinux_CLONE_NEWUTS)
    public static let user = Namespaces(clinux_CLONE_NEWUSER)
    public static let cgroup = Namespaces(clinux_CLONE_NEWCGROUP)
    public static let time = Namespaces(clinux_CLONE_NEWTIME)

    /// The single kinds with the kernel's names and the names under /proc/PID/ns.
    public static let all: [(kind: Namespaces, flag: String, file: String)] = [
        (.user, "CLONE_NEWUSER", "user"), (.mount, "CLONE_NEWNS", "mnt"),
        (.pid, "CLONE_NEWPID", "pid"), (.network, "CLONE_NEWNET", "net"),
        (.ipc, "CLONE_NEWIPC", "ipc"), (.uts, "CLONE_NEWUTS", "uts"),
        (.cgroup, "CLONE_NEWCGROUP", "cgroup"), (.time, "CLONE_NEWTIME", "time"),
    ]

    /// "CLONE_NEWUSER|CLONE_NEWNS|…".
    public var flagNames: String {
        Self.all.filter { contains($0.kind) }.map(\.flag).joined(separator: "|")
    }

    /// Moves this process into new namespaces (unshare(2)).
    public static func unshare(_ kinds: Namespaces) throws(Errno) {
        try syscall { clinux_unshare(kinds.rawValue) }
    }

    /// The kind of the namespace that `fd` has open; empty for what is no namespace
    /// (ioctl_nsfs(2) NS_GET_NSTYPE).
    public static func kind(of fd: CInt) -> Namespaces {
        let kind = clinux_ioctl(fd, UInt(clinux_NS_GET_NSTYPE), nil)
        return kind < 0 ? [] : Namespaces(rawValue: UInt64(UInt32(bitPattern: kind)))
    }

    /// Moves this process into the namespace that `fd` has open, or, when `fd` is a pidfd, into all
    /// of `kinds` of that process (setns(2)).
    public static func join(_ fd: CInt, _ kinds: Namespaces) throws(Errno) {
        try syscall { clinux_setns(fd, CInt(truncatingIfNeeded: kinds.rawValue)) }
    }
}

/// Who a clone made: nil in the new process, its pid and pidfd in the old one.
public struct ClonedProcess: ~Copyable {
    public let pid: pid_t
    public let pidfd: OwnedFD

    /// Keeps the pidfd alone.
    public consuming func takePidfd() -> OwnedFD { pidfd }
}

/// Starts a process as fork(2) does, in new namespaces, and with cgroup v2 directly in the control
/// group whose directory is open (clone3(2)). The caller must have one thread.
public func cloneProcess(
    into namespaces: Namespaces = [], cgroup: CInt = -1, sharingParent: Bool = false
) throws(Errno) -> ClonedProcess? {
    var pidfd: CInt = -1
    var flags = namespaces.rawValue
    if sharingParent { flags |= UInt64(clinux_CLONE_PARENT) }
    let pid = try syscall { clinux_clone3(flags, &pidfd, cgroup) }
    if pid == 0 { return nil }
    return ClonedProcess(pid: pid, pidfd: OwnedFD(adopting: pidfd))
}
