// SPDX-License-Identifier: Apache-2.0

internal import CLinux

/// The file systems of the kernel's own that decide what may be done with a descriptor
/// (statfs(2) `f_type`).
public enum FilesystemKind: Equatable, Sendable {
    /// Anonymous pipes; a FIFO with a name lies in the file system of its name instead.
    case pipe
    /// Pseudo-terminals.
    case devpts
    case proc
    case tmpfs
    case other

    /// The kind of the file system that holds the open file `fd`.
    public init(of fd: CInt) {
        switch clinux_filesystem_magic(fd) {
        case clinux_PIPEFS_MAGIC: self = .pipe
        case clinux_DEVPTS_SUPER_MAGIC: self = .devpts
        case clinux_PROC_SUPER_MAGIC: self = .proc
        case clinux_TMPFS_MAGIC: self = .tmpfs
        default: self = .other
        }
    }

    /// Whether `fd` lies in a file system that shows the kernel's state rather than files: procfs,
    /// sysfs, control groups, pseudo-terminals.
    public static func showsKernelState(_ fd: CInt) -> Bool {
        [
            clinux_PROC_SUPER_MAGIC, clinux_SYSFS_MAGIC, clinux_CGROUP_SUPER_MAGIC,
            clinux_CGROUP2_SUPER_MAGIC, clinux_DEVPTS_SUPER_MAGIC,
        ].contains(clinux_filesystem_magic(fd))
    }
}
