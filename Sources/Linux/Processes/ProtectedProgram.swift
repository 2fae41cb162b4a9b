// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// A program file that nobody can write to through its processes.
///
/// A process that enters a container runs, until its execve(2), the engine's own program file, and
/// /proc/PID/exe leads there from inside, past all mounts. If root inside is root outside, it needs
/// no more than a program named "/proc/self/exe" (or a script that begins with `#!/proc/self/exe`)
/// to run the engine's file once more, now in the container's hands: it opens /proc/PID/exe, waits
/// until the kernel no longer says ETXTBSY, and writes over the host's engine (CVE-2019-5736).
///
/// Permissions cannot help against root, but a mount can: what was executed through a read-only
/// mount is reached through that mount by /proc/PID/exe too, so opening it for writing gives EROFS
/// for ever. The mount is a detached copy that no path leads to: nobody can remount it, and nothing
/// has to be cleaned up. It costs one more execve(2), no copy of the file. With a user namespace
/// none of this is needed: root inside is nobody to the host's file.
public enum ProtectedProgram {
    /// Returns when this program runs from a read-only mount or from a sealed memory file.
    /// Otherwise executes the program again, with the same arguments and environment, from such a
    /// place, and does not return. To be called first of all: what the process has done so far is
    /// lost.
    /// - Throws: `KernelError` when the kernel allows neither.
    public static func ensure() throws(KernelError) {
        let program = try attempting("open /proc/self/exe") { () throws(Errno) in
            try OwnedFD.open("/proc/self/exe")
        }
        if isProtected(program.raw) { return }
        // The copy has no name; what was installed beside the program is still looked for by this one.
        setenv(pathVariable, linkedPath, 1)
        let copy = try protectedCopy(of: program.raw)
        // Without this check a kernel that does not keep its word would be asked again for ever.
        guard isProtected(copy.raw) else {
            throw KernelError(action: "protect the program file", errno: .notSupported)
        }
        try attempting("execute the program again") { () throws(Errno) in
            try execute(copy.raw, CommandLine.arguments)
        }
    }

    /// Where the program was installed, also when it runs from a protected copy.
    public static var installedPath: String {
        guard isEnsured, let path = getenv(pathVariable) else { return linkedPath }
        return String(cString: path)
    }

    /// Whether this process runs from a file that nobody can write to through it.
    public static var isEnsured: Bool {
        guard let program = try? OwnedFD.open("/proc/self/exe") else { return false }
        return isProtected(program.raw)
    }

    /// Tells the program executed again where it came from.
    private static let pathVariable = "SWOCKER_PROGRAM"

    private static var linkedPath: String {
        (try? TreeCopy.readLink("/proc/self/exe", at: currentDirectory)) ?? ""
    }

    private static func protectedCopy(of program: CInt) throws(KernelError) -> OwnedFD {
        if let mount = try? readOnlyMount() { return mount }
        return try attempting("copy the program into memory") { () throws(Errno) in
            try sealedCopy(of: program)
        }
    }

    /// Whether the open file can be written to by nobody who opens it again through /proc.
    static func isProtected(_ file: CInt) -> Bool {
        var status = statvfs()
        if fstatvfs(file, &status) == 0, status.f_flag & UInt(ST_RDONLY) != 0 { return true }
        // EINVAL, -1, for what is no memory file.
        let seals = clinux_fcntl(file, CInt(clinux_F_GET_SEALS), 0)
        return seals >= 0 && Int64(seals) & clinux_F_SEAL_WRITE != 0
    }

    /// The program opened through a detached, read-only copy of its mount. Needs CAP_SYS_ADMIN.
    static func readOnlyMount(of path: String = "/proc/self/exe") throws(Errno) -> OwnedFD {
        let mount = try Mounting.cloneTree(path)
        try Mounting.setAttributes(of: mount.raw, set: .readOnly)
        return mount
    }

    /// A copy in memory that cannot change any more (fcntl(2) F_ADD_SEALS).
    static func sealedCopy(of program: CInt) throws(Errno) -> OwnedFD {
        let copy = OwnedFD(adopting: try syscall { clinux_memfd_create("swocker") })
        let raw = copy.raw
        var status = stat()
        try syscall { fstat(program, &status) }
        var offset = off_t(0)
        while offset < status.st_size {
            let rest = Int(status.st_size - offset)
            let count = try syscall { sendfile(raw, program, &offset, rest) }
            guard count > 0 else { throw Errno.io }
        }
        try syscall { fchmod(raw, 0o500) }
        let seals =
            clinux_F_SEAL_WRITE | clinux_F_SEAL_SHRINK | clinux_F_SEAL_GROW | clinux_F_SEAL_SEAL
        try syscall { clinux_fcntl(raw, CInt(clinux_F_ADD_SEALS), Int(seals)) }
        return copy
    }

    /// Becomes the program in an open file. Returns only by throwing.
    static func execute(_ file: CInt, _ arguments: [String]) throws(Errno) {
        let environment = clinux_environment()
        try withCStrings(arguments) { (arguments) throws(Errno) in
            try syscall {
                clinux_execveat(file, "", arguments, environment, CInt(clinux_AT_EMPTY_PATH))
            }
        }
    }
}
