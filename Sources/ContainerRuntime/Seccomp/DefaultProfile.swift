// SPDX-License-Identifier: Apache-2.0

public import Linux
public import OCI

/// The system calls that a container may make when the user names no profile: those that Docker
/// allows, as of its list of 2026, less `socketcall` for new sockets.
///
/// The names are plain text, split when a filter is compiled: a start with a cached filter does not
/// touch them.
public enum DefaultProfile {
    /// Counts up whenever the profile changes, so that no cached filter of an older one is loaded.
    static let revision = 1

    /// What the capabilities of the bounding set, and nothing else, allow.
    /// - Parameters:
    ///   - architecture: libseccomp's name of the machine's own.
    ///   - allowsSocketcall: i386 can make a socket of any family with `socketcall`, whose arguments
    ///     no filter can see. Only images for i386 have programs that know no other way.
    public static func seccomp(
        capabilities: CapabilitySet, architecture: String = SeccompFilter.nativeArchitecture,
        allowsSocketcall: Bool = false
    ) -> Seccomp {
        var profile = Seccomp(defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 1)
        profile.architectures =
            architecture == "aarch64"
            ? ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]
            : ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
        profile.syscalls = [
            allow(always), socketcall(allowed: allowsSocketcall),
            allow(architecture == "aarch64" ? onARM : onX86),
        ]
        profile.syscalls += socketRules + personalityRules
        profile.syscalls += cloneRules(capabilities)
        profile.syscalls += grants.compactMap { capability, names in
            capabilities.contains(capability) ? allow(names) : nil
        }
        return profile
    }

    /// The capabilities that make a difference.
    public static var relevantCapabilities: CapabilitySet {
        var set: CapabilitySet = []
        for (capability, _) in grants { set.insert(capability) }
        return set
    }

    private static func allow(
        _ names: String, when args: [Seccomp.Argument] = []
    ) -> Seccomp.Rule {
        let words = names.split { $0 == " " || $0 == "\n" }.map(String.init)
        return Seccomp.Rule(words, action: "SCMP_ACT_ALLOW", args: args)
    }

    // MARK: Rules that look at arguments

    /// libseccomp turns a rule for `socket` into one for `socketcall` too, which asks for no
    /// family. A rule that is there before keeps that out; it must be for the whole call, or the
    /// two contradict each other. ENOSYS makes C libraries call `socket` itself, as they can since
    /// Linux 4.3.
    private static func socketcall(allowed: Bool) -> Seccomp.Rule {
        allowed
            ? allow("socketcall")
            : Seccomp.Rule(["socketcall"], action: "SCMP_ACT_ERRNO", errnoRet: 38)
    }

    /// Socket families by number (linux/socket.h). Missing are dead ones, such as DECnet (12) and
    /// IrDA (23), CAIF (37), the kernel's cryptography (AF_ALG, 38: CVE-2026-31431) and AF_VSOCK
    /// (40), which reaches the hypervisor past every network namespace. The list allows whole
    /// 64-bit values: the kernel reads 32 bits only, so "anything but 40" would let 2³² + 40 pass.
    private static var socketRules: [Seccomp.Rule] {
        let single: [UInt64] = [
            13, 14, 15, 16, 17, 18, 21, 22, 24, 26, 27, 28, 29, 30, 31, 32, 33, 35, 36, 39, 41, 42,
            43, 44, 45,
        ]
        let low = Seccomp.Argument(index: 0, op: "SCMP_CMP_LT", value: 12)
        return [allow("socket", when: [low])]
            + single.map { family in
                allow("socket", when: [.init(index: 0, op: "SCMP_CMP_EQ", value: family)])
            }
    }

    /// Linux and BSD personalities, each with and without 16-bit uname, and the question which one
    /// it is; no randomisation switched off.
    private static var personalityRules: [Seccomp.Rule] {
        [0, 0x8, 0x20000, 0x20008, 0xFFFF_FFFF].map { persona in
            allow("personality", when: [.init(index: 0, op: "SCMP_CMP_EQ", value: persona)])
        }
    }

    /// Without CAP_SYS_ADMIN a clone makes no namespaces. clone3's flags lie in memory, where a
    /// filter cannot look: ENOSYS makes C libraries use clone.
    private static func cloneRules(_ capabilities: CapabilitySet) -> [Seccomp.Rule] {
        if capabilities.contains(.sysAdmin) { return [allow("clone clone3")] }
        let namespaces: UInt64 = 0x7E02_0000
        let none = Seccomp.Argument(
            index: 0, op: "SCMP_CMP_MASKED_EQ", value: namespaces, valueTwo: 0)
        return [
            allow("clone", when: [none]),
            Seccomp.Rule(["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38),
        ]
    }

    // MARK: Names

    private static var grants: [(Capability, String)] {
        [
            (.dacReadSearch, "open_by_handle_at"),
            (
                .sysAdmin,
                """
                bpf fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr
                lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree
                perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount
                umount2 unshare
                """
            ),
            (.sysBoot, "reboot"), (.sysChroot, "chroot"),
            (.sysModule, "delete_module init_module finit_module"), (.sysPacct, "acct"),
            (.sysPtrace, "kcmp pidfd_getfd process_madvise"),
            (.sysRawio, "iopl ioperm"),
            (.sysTime, "settimeofday stime clock_settime clock_settime64"),
            (.sysTtyConfig, "vhangup"),
            (.sysNice, "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"),
            (.syslog, "syslog"), (.bpf, "bpf"), (.perfmon, "perf_event_open"),
        ]
    }

    private static let onX86 = "arch_prctl modify_ldt"
    private static let onARM = """
        arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls
        """

    /// ptrace and its kin are among them because Linux 4.8, older than any kernel that the engine
    /// runs on, stopped a tracer from changing a call behind the filter's back.
    private static let always = """
        accept accept4 access adjtimex alarm bind brk cachestat capget capset chdir chmod chown
        chown32 clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime
        clock_gettime64 clock_nanosleep clock_nanosleep_time64 close close_range connect
        copy_file_range creat dup dup2 dup3 epoll_create epoll_create1 epoll_ctl epoll_ctl_old
        epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 execve execveat exit
        exit_group faccessat faccessat2 fadvise64 fadvise64_64 fallocate fanotify_mark fchdir fchmod
        fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr
        flock fork fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate
        ftruncate64 futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake futimesat
        get_robust_list get_thread_area getcpu getcwd getdents getdents64 getegid getegid32 geteuid
        geteuid32 getgid getgid32 getgroups getgroups32 getitimer getpeername getpgid getpgrp getpid
        getppid getpriority getrandom getresgid getresgid32 getresuid getresuid32 getrlimit
        getrusage getsid getsockname getsockopt gettid gettimeofday getuid getuid32 getxattr
        getxattrat inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel
        io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit ioctl
        ioprio_get ioprio_set ipc kill landlock_add_rule landlock_create_ruleset
        landlock_restrict_self lchown lchown32 lgetxattr link linkat listen listmount listxattr
        listxattrat llistxattr _llseek lremovexattr lseek lsetxattr lstat lstat64 madvise
        map_shadow_stack membarrier memfd_create memfd_secret mincore mkdir mkdirat mknod mknodat
        mlock mlock2 mlockall mmap mmap2 mprotect mq_getsetattr mq_notify mq_open mq_timedreceive
        mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink mremap mseal msgctl msgget
        msgrcv msgsnd msync munlock munlockall munmap name_to_handle_at nanosleep newfstatat
        _newselect open openat openat2 pause pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc
        pkey_free pkey_mprotect poll ppoll ppoll_time64 prctl pread64 preadv preadv2 prlimit64
        process_mrelease process_vm_readv process_vm_writev pselect6 pselect6_time64 ptrace pwrite64
        pwritev pwritev2 read readahead readlink readlinkat readv recv recvfrom recvmmsg
        recvmmsg_time64 recvmsg remap_file_pages removexattr removexattrat rename renameat renameat2
        restart_syscall riscv_hwprobe rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask
        rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64
        rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min sched_getaffinity
        sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval
        sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam
        sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop
        semtimedop_time64 send sendfile sendfile64 sendmmsg sendmsg sendto set_robust_list
        set_thread_area set_tid_address setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32
        setgroups setgroups32 setitimer setpgid setpriority setregid setregid32 setresgid
        setresgid32 setresuid setresuid32 setreuid setreuid32 setrlimit setsid setsockopt setuid
        setuid32 setxattr setxattrat shmat shmctl shmdt shmget shutdown sigaltstack signalfd
        signalfd4 sigprocmask sigreturn socketpair splice stat stat64 statfs statfs64 statmount
        statx symlink symlinkat sync sync_file_range syncfs sysinfo tee tgkill time timer_create
        timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64
        timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 times
        tkill truncate truncate64 ugetrlimit umask uname unlink unlinkat uretprobe utime utimensat
        utimensat_time64 utimes vfork vmsplice wait4 waitid waitpid write writev
        """
}
