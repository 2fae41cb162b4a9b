// SPDX-License-Identifier: Apache-2.0

internal import CLinux
public import Glibc

/// A device's number in the kernel's packing.
public struct DeviceNumber: Equatable, Sendable {
    public let rawValue: dev_t

    public init(rawValue: dev_t) { self.rawValue = rawValue }

    public init(major: UInt32, minor: UInt32) { rawValue = dev_t(clinux_makedev(major, minor)) }

    public var major: UInt32 { UInt32(clinux_makedev_major(UInt64(rawValue))) }
    public var minor: UInt32 { UInt32(clinux_makedev_minor(UInt64(rawValue))) }
}

extension OwnedFD {
    /// Opens the `proc` directory below `root` and makes sure that procfs is mounted there: a file
    /// system of somebody's own could stand in its place (CVE-2019-16884, CVE-2025-52881).
    public static func openProc(beneath root: CInt) throws(Errno) -> OwnedFD {
        let proc = try open("proc", beneath: root, openPath | O_DIRECTORY, resolution: .noLinks)
        guard clinux_filesystem_magic(proc.raw) == clinux_PROC_SUPER_MAGIC else {
            throw Errno.invalid
        }
        return proc
    }
}

extension OwnedFD {
    /// Tells ext4 to place each directory that is made in this one far from the others, as it does in
    /// the root directory (FS_TOPDIR_FL of ioctl_iflags(2)). A layer then finds free inodes at once, where
    /// it would search through those of layers just removed, which ext4 does not give out again for a
    /// while. Other file systems need no hint and may refuse it.
    public func spreadSubdirectories() { _ = clinux_spread_subdirectories(raw) }
}
