// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLinux.h"
#include <linux/ioprio.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <grp.h>
#include <sys/resource.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif

int clinux_clone3(uint64_t flags, int *pidfd, int cgroup)
{
    struct clone_args arguments = {
        .flags = flags | CLONE_PIDFD | (cgroup >= 0 ? CLONE_INTO_CGROUP : 0),
        .pidfd = (uint64_t)(uintptr_t)pidfd,
        // A sibling's parent expects the signal that it asked for with the first clone.
        .exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,
        .cgroup = cgroup >= 0 ? (uint64_t)cgroup : 0,
    };
    return syscall(SYS_clone3, &arguments, sizeof arguments);
}

int clinux_pidfd_open(int pid, unsigned flags) { return syscall(SYS_pidfd_open, pid, flags); }

int clinux_pidfd_send_signal(int pidfd, int signal)
{
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int clinux_spawn_close_from(void *actions, int first)
{
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

int clinux_close_range(unsigned first, unsigned last, unsigned flags)
{
    return syscall(SYS_close_range, first, last, flags);
}

int clinux_setns(int fd, int flags) { return setns(fd, flags); }
int clinux_unshare(uint64_t flags) { return syscall(SYS_unshare, flags); }

int clinux_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
    return prctl(option, a, b, c, d);
}

int clinux_waitid_pidfd(int pidfd, int options, int *code, int *status)
{
    siginfo_t child;
    memset(&child, 0, sizeof child);
    int result = waitid((idtype_t)P_PIDFD, pidfd, &child, options);
    if (result == 0) {
        *code = child.si_pid == 0 ? 0 : child.si_code;
        *status = child.si_status;
    }
    return result;
}

int clinux_execveat(
    int directory, const char *path, char *const argv[], char *const envp[], int flags)
{
    return syscall(SYS_execveat, directory, path, argv, envp, flags);
}

char **clinux_environment(void) { return environ; }

int clinux_memfd_create(const char *name)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
    // Kernels before 6.3 do not know MFD_EXEC; their memory files are executable.
    return fd < 0 && errno == EINVAL ? memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING) : fd;
}

int clinux_getcwd(char *buffer, unsigned long size) { return syscall(SYS_getcwd, buffer, size); }

int clinux_prlimit(int pid, int resource, int set, uint64_t *soft, uint64_t *hard)
{
    struct rlimit limit = {.rlim_cur = *soft, .rlim_max = *hard};
    int result = prlimit(pid, resource, set ? &limit : NULL, set ? NULL : &limit);
    *soft = limit.rlim_cur;
    *hard = limit.rlim_max;
    return result;
}

// The bare calls: this process has one thread, and glibc's would look for others.
int clinux_setresuid(unsigned id) { return syscall(SYS_setresuid, id, id, id); }
int clinux_setresgid(unsigned id) { return syscall(SYS_setresgid, id, id, id); }

int clinux_setgroups(const unsigned *groups, unsigned long count)
{
    return syscall(SYS_setgroups, count, groups);
}

int clinux_sethostname(const char *name) { return sethostname(name, strlen(name)); }
int clinux_setdomainname(const char *name) { return setdomainname(name, strlen(name)); }

int clinux_ioprio_set(int class_and_level)
{
    return syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, class_and_level);
}

// struct sched_attr of sched_setattr(2); <linux/sched/types.h> clashes with glibc's <sched.h>.
struct scheduling {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

int clinux_sched_setattr(
    int pid, uint32_t policy, uint64_t flags, int32_t nice, uint32_t priority, uint64_t runtime,
    uint64_t deadline, uint64_t period)
{
    struct scheduling attributes = {
        .size = sizeof attributes, .policy = policy, .flags = flags, .nice = nice,
        .priority = priority, .runtime = runtime, .deadline = deadline, .period = period,
    };
    return syscall(SYS_sched_setattr, pid, &attributes, 0);
}

int clinux_sched_setaffinity(const void *mask, unsigned long bytes)
{
    return syscall(SYS_sched_setaffinity, 0, bytes, mask);
}

int clinux_personality(unsigned long domain) { return personality(domain); }

int clinux_pidfd_getfd(int pidfd, int fd) { return syscall(SYS_pidfd_getfd, pidfd, fd, 0); }

int clinux_join_new_session_keyring(void)
{
    return syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 ? -1 : 0;
}

void clinux_default_all_signals(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; number++)
        if (number != SIGKILL && number != SIGSTOP)
            sigaction(number, &action, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

int clinux_signalfd(const uint64_t *mask)
{
    sigset_t set;
    sigemptyset(&set);
    for (int number = 1; number < NSIG; number++)
        if (*mask & (1ull << (number - 1)))
            sigaddset(&set, number);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int clinux_eventfd(void)
{
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}
