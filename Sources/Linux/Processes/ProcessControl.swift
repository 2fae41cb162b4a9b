// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// Acts of a process on itself, on its way to becoming another program.
public enum ThisProcess {
    /// Makes /proc/PID of this process belong to the kernel: neither its memory, its environment nor
    /// its program file can be opened through there by an unprivileged process, and a container's is
    /// one (prctl(2) PR_SET_DUMPABLE). execve(2) undoes it.
    public static func hideFromProc() throws(Errno) {
        try syscall { clinux_prctl(CInt(clinux_PR_SET_DUMPABLE), 0, 0, 0, 0) }
    }

    /// Whom new files of this process belong to (geteuid(2), getegid(2)).
    public static var effectiveOwner: (user: UInt32, group: UInt32) { (geteuid(), getegid()) }

    /// Nothing that is executed from now on gains privileges (prctl(2) PR_SET_NO_NEW_PRIVS).
    public static func forbidNewPrivileges() throws(Errno) {
        try syscall { clinux_prctl(CInt(clinux_PR_SET_NO_NEW_PRIVS), 1, 0, 0, 0) }
    }

    /// Becomes another user in every respect (setresuid(2), setresgid(2), setgroups(2)): real,
    /// effective and saved. The groups come first, while the right to change them lasts.
    public static func setIdentity(uid: UInt32, gid: UInt32, groups: [UInt32]) throws(Errno) {
        try syscall { clinux_setgroups(groups, UInt(groups.count)) }
        try setIdentity(uid: uid, gid: gid)
    }

    /// Becomes another user and leaves the supplementary groups as they are.
    public static func setIdentity(uid: UInt32, gid: UInt32) throws(Errno) {
        try syscall { clinux_setresgid(gid) }
        try syscall { clinux_setresuid(uid) }
    }

    /// The name of this UTS namespace (sethostname(2)).
    public static func setHostname(_ name: String) throws(Errno) {
        try syscall { clinux_sethostname(name) }
    }

    /// The NIS domain of this UTS namespace (setdomainname(2)).
    public static func setDomainname(_ name: String) throws(Errno) {
        try syscall { clinux_setdomainname(name) }
    }

    /// Capabilities survive the change of user ids that follows (prctl(2) PR_SET_KEEPCAPS).
    public static func keepCapabilities(_ keeps: Bool) throws(Errno) {
        try syscall { clinux_prctl(CInt(clinux_PR_SET_KEEPCAPS), keeps ? 1 : 0, 0, 0, 0) }
    }

    /// The kernel kills this process when its parent ends (prctl(2) PR_SET_PDEATHSIG).
    public static func dieWithParent(_ signal: Int32) throws(Errno) {
        try syscall { clinux_prctl(CInt(clinux_PR_SET_PDEATHSIG), UInt(signal), 0, 0, 0) }
    }

    /// Processes below this one whose parent ends become this one's children (prctl(2)
    /// PR_SET_CHILD_SUBREAPER).
    public static func adoptOrphans() throws(Errno) {
        try syscall { clinux_prctl(CInt(clinux_PR_SET_CHILD_SUBREAPER), 1, 0, 0, 0) }
    }

    /// The name that ps shows, at most 15 bytes (prctl(2) PR_SET_NAME).
    public static func setName(_ name: String) throws(Errno) {
        try syscall {
            name.withCString {
                clinux_prctl(CInt(clinux_PR_SET_NAME), UInt(bitPattern: $0), 0, 0, 0)
            }
        }
    }

    /// Blanks the arguments after the program's name, which /proc/PID/cmdline shows to every user.
    /// For a process that has read them and lives on.
    public static func forgetArguments() {
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let word = CommandLine.unsafeArgv[index] else { continue }
            memset(word, 0, strlen(word))
        }
    }

    /// A fresh, anonymous session keyring: the caller's keys stay behind (keyctl(2)).
    public static func joinNewSessionKeyring() throws(Errno) {
        try syscall { clinux_join_new_session_keyring() }
    }

    /// Every signal back to its default and unblocked.
    public static func resetSignals() { clinux_default_all_signals() }

    /// Marks every descriptor from `first` on close-on-exec (close_range(2), Linux 5.11).
    public static func closeOnExec(from first: CInt) throws(Errno) {
        try syscall {
            clinux_close_range(UInt32(first), .max, UInt32(clinux_CLOSE_RANGE_CLOEXEC))
        }
    }

    /// Closes every descriptor from `first` on, except those of `kept` (close_range(2)).
    public static func closeAll(from first: CInt, keeping kept: [CInt] = []) {
        var next = first
        for fd in kept.sorted() where fd >= next {
            if fd > next { _ = clinux_close_range(UInt32(next), UInt32(fd - 1), 0) }
            next = fd + 1
        }
        _ = clinux_close_range(UInt32(next), .max, 0)
    }

    /// The working directory as the kernel names it; "(unreachable)/…" when it lies outside of the
    /// root (getcwd(2)).
    public static func workingDirectory() throws(Errno) -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = try syscall { clinux_getcwd(&buffer, 4096) }
        return String(
            decoding: buffer[..<(Int(count) - 1)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Brings the loopback interface of this network namespace up.
    public static func raiseLoopback() throws(Errno) { try syscall { clinux_loopback_up() } }

    /// The execution domain (personality(2)).
    public static func setPersonality(_ domain: UInt) throws(Errno) {
        try syscall { clinux_personality(domain) }
    }

    /// I/O priority (ioprio_set(2)): class 1 to 3, level 0 to 7.
    public static func setIOPriority(class number: Int32, level: Int32) throws(Errno) {
        try syscall { clinux_ioprio_set(number << 13 | level) }
    }
}
