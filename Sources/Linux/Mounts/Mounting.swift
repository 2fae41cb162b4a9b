// SPDX-License-Identifier: Apache-2.0

internal import CLinux
public import Glibc

/// The mount calls that work on descriptors instead of paths (Linux 5.2 and later): a mount is made
/// detached, adjusted, and moved onto a place that is itself an open descriptor, so nothing can be
/// exchanged between the check and the mount.
public enum Mounting {
    /// A detached copy of the mount at `path`, with all mounts below it when `recursive`
    /// (open_tree(2) OPEN_TREE_CLONE).
    public static func cloneTree(
        _ path: String, at directory: CInt = AT_FDCWD, recursive: Bool = false
    ) throws(Errno) -> OwnedFD {
        var flags = clinux_OPEN_TREE_CLONE | clinux_OPEN_TREE_CLOEXEC
        if recursive { flags |= clinux_AT_RECURSIVE }
        if path.isEmpty { flags |= clinux_AT_EMPTY_PATH }
        return OwnedFD(adopting: try syscall { clinux_open_tree(directory, path, UInt32(flags)) })
    }

    /// Puts a detached mount onto the directory or file that `target` has open (move_mount(2)).
    public static func attach(_ mount: CInt, onto target: CInt) throws(Errno) {
        let flags = clinux_MOVE_MOUNT_F_EMPTY_PATH | clinux_MOVE_MOUNT_T_EMPTY_PATH
        try syscall { clinux_move_mount(mount, "", target, "", UInt32(flags)) }
    }

    /// Puts a detached mount onto `path`.
    public static func attach(_ mount: CInt, onto path: String) throws(Errno) {
        try syscall {
            clinux_move_mount(
                mount, "", AT_FDCWD, path, UInt32(clinux_MOVE_MOUNT_F_EMPTY_PATH))
        }
    }

    /// Changes attributes of a mount, and of all below it when `recursive` (mount_setattr(2)).
    public static func setAttributes(
        of mount: CInt, set: MountAttributes = [], clear: MountAttributes = [],
        propagation: Propagation? = nil, recursive: Bool = false
    ) throws(Errno) {
        var flags = clinux_AT_EMPTY_PATH
        if recursive { flags |= clinux_AT_RECURSIVE }
        try syscall {
            clinux_mount_setattr(
                mount, "", UInt32(flags), set.rawValue, clear.rawValue, propagation?.flag ?? 0, -1)
        }
    }

    /// Shifts the owners that a detached mount shows by the mapping of a user namespace
    /// (mount_setattr(2) MOUNT_ATTR_IDMAP, Linux 5.12).
    public static func mapIDs(
        of mount: CInt, by userNamespace: CInt, recursive: Bool = false
    ) throws(Errno) {
        var flags = clinux_AT_EMPTY_PATH
        if recursive { flags |= clinux_AT_RECURSIVE }
        try syscall {
            clinux_mount_setattr(
                mount, "", UInt32(flags), UInt64(clinux_MOUNT_ATTR_IDMAP), 0, 0, userNamespace)
        }
    }

    /// Begins a new file system of the kernel's (fsopen(2)).
    public static func openFilesystem(_ type: String) throws(Errno) -> OwnedFD {
        OwnedFD(
            adopting: try syscall { clinux_fsopen(type, UInt32(clinux_FSOPEN_CLOEXEC)) })
    }

    /// Sets an option of a file system that is not yet created; without a value it is a flag.
    public static func setOption(
        _ key: String, _ value: String? = nil, of filesystem: CInt
    ) throws(Errno) {
        if let value {
            try syscall {
                clinux_fsconfig(
                    filesystem, UInt32(clinux_FSCONFIG_SET_STRING), key, value, 0)
            }
        } else {
            try syscall {
                clinux_fsconfig(filesystem, UInt32(clinux_FSCONFIG_SET_FLAG), key, nil, 0)
            }
        }
    }

    /// Sets an option whose value is an open descriptor.
    public static func setOption(
        _ key: String, descriptor: CInt, of filesystem: CInt
    ) throws(Errno) {
        try syscall {
            clinux_fsconfig(filesystem, UInt32(clinux_FSCONFIG_SET_FD), key, nil, descriptor)
        }
    }

    /// Creates the file system with the options set so far.
    public static func create(_ filesystem: CInt) throws(Errno) {
        try syscall {
            clinux_fsconfig(filesystem, UInt32(clinux_FSCONFIG_CMD_CREATE), nil, nil, 0)
        }
    }

    /// A detached mount of a created file system (fsmount(2)).
    public static func mount(
        _ filesystem: CInt, _ attributes: MountAttributes = []
    ) throws(Errno) -> OwnedFD {
        OwnedFD(
            adopting: try syscall {
                clinux_fsmount(
                    filesystem, UInt32(clinux_FSMOUNT_CLOEXEC), UInt32(attributes.rawValue))
            })
    }

    /// mount(2) of a new file system, for options longer than fsconfig(2) takes.
    /// - Parameter options: comma-separated, shorter than a page.
    public static func mountAtOnce(
        _ type: String, source: String, onto path: String, _ options: String
    ) throws(Errno) {
        try syscall { Glibc.mount(source, path, type, 0, options) }
    }

    /// Changes the propagation of every mount of this namespace.
    public static func setPropagationOfAll(_ propagation: Propagation) throws(Errno) {
        try syscall {
            Glibc.mount(nil, "/", nil, UInt(propagation.flag | UInt64(clinux_MS_REC)), nil)
        }
    }

    /// Makes the current directory, which must be a mount's root, the root of this mount namespace,
    /// and takes the old root away (pivot_root(2), the "." "." form).
    public static func pivotIntoCurrentDirectory() throws(Errno) {
        try syscall { clinux_pivot_root(".", ".") }
        try detach(".")
        try syscall { chdir("/") }
    }

    /// Takes a mount away as soon as nobody uses it (umount2(2) MNT_DETACH).
    public static func detach(_ path: String) throws(Errno) {
        try syscall { umount2(path, CInt(clinux_MNT_DETACH)) }
    }
}
