// SPDX-License-Identifier: Apache-2.0
//
// The calls that glibc lacks or that Swift cannot import (variadic ones), each with libc's own
// convention: -1 and errno. Only <stdint.h> here: the kernel's headers would make names ambiguous
// with the Glibc module, so constants are `extern const` and defined beside the kernel's headers.
#pragma once
#include <stdint.h>
#include "CLinuxFiles.h"
#include "CLinuxNetwork.h"

// Processes: clone3(2), pidfd_open(2), pidfd_send_signal(2), setns(2), unshare(2), prctl(2).

/// clone3 without CLONE_VM: returns 0 in the child. `pidfd` and `cgroup` as in struct clone_args;
/// a negative `cgroup` means none.
int clinux_clone3(uint64_t flags, int *pidfd, int cgroup);
int clinux_pidfd_open(int pid, unsigned flags);
int clinux_pidfd_send_signal(int pidfd, int signal);
int clinux_close_range(unsigned first, unsigned last, unsigned flags);
/* posix_spawn_file_actions_addclosefrom_np(3), glibc 2.34; `actions` is a posix_spawn_file_actions_t. */
int clinux_spawn_close_from(void *actions, int first);
int clinux_setns(int fd, int flags);
int clinux_unshare(uint64_t flags);
int clinux_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
int clinux_waitid_pidfd(int pidfd, int options, int *code, int *status);
/// Runs `path` (or the open file `directory` itself when `path` is empty) with execveat(2).
/// prlimit(2): sets the limit, or with `set` 0 reads it.
int clinux_prlimit(int pid, int resource, int set, uint64_t *soft, uint64_t *hard);
int clinux_setresuid(unsigned id);
int clinux_setresgid(unsigned id);
int clinux_setgroups(const unsigned *groups, unsigned long count);
int clinux_sethostname(const char *name);
int clinux_setdomainname(const char *name);
int clinux_execveat(
    int directory, const char *path, char *const argv[], char *const envp[], int flags);
/// This process's environment as execve(2) takes it.
char **clinux_environment(void);
/// An executable memory file that can be sealed (memfd_create(2)).
int clinux_memfd_create(const char *name);
/// The bare call, which says "(unreachable)" where glibc says ENOENT; returns the length with NUL.
int clinux_getcwd(char *buffer, unsigned long size);
int clinux_ioprio_set(int class_and_level);
int clinux_sched_setattr(
    int pid, uint32_t policy, uint64_t flags, int32_t nice, uint32_t priority, uint64_t runtime,
    uint64_t deadline, uint64_t period);

/// sched_setaffinity(2) of the calling thread; `bytes` is the size of the mask.
int clinux_sched_setaffinity(const void *mask, unsigned long bytes);
int clinux_personality(unsigned long domain);
int clinux_pidfd_getfd(int pidfd, int fd);

// Mounts: mount_setattr(2), open_tree(2), move_mount(2), fsopen(2), fsconfig(2), fsmount(2).
int clinux_open_tree(int directory, const char *path, unsigned flags);
int clinux_move_mount(
    int from, const char *from_path, int to, const char *to_path, unsigned flags);
int clinux_mount_setattr(
    int directory, const char *path, unsigned flags, uint64_t set, uint64_t clear,
    uint64_t propagation, int userns);
int clinux_fsopen(const char *type, unsigned flags);
int clinux_fsconfig(int fs, unsigned command, const char *key, const void *value, int aux);
int clinux_fsmount(int fs, unsigned flags, unsigned attributes);
int clinux_pivot_root(const char *new_root, const char *put_old);

// Files: openat2(2), renameat2(2), statx.
int clinux_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
/// The magic number of the file system that holds an open file; -1 when it cannot be told.
int64_t clinux_filesystem_magic(int fd);
int64_t clinux_getrandom(void *bytes, unsigned long count);
int clinux_fcntl(int fd, int command, long argument);
int clinux_ioctl(int fd, unsigned long request, void *argument);
int clinux_makedev_major(uint64_t device);
int clinux_makedev_minor(uint64_t device);
uint64_t clinux_makedev(uint32_t major, uint32_t minor);

// Capabilities: capset(2) for this thread, all sets at once, bit n is capability n.
int clinux_capset(uint64_t effective, uint64_t permitted, uint64_t inheritable);
int clinux_capget(uint64_t *effective, uint64_t *permitted, uint64_t *inheritable);

// seccomp(2): installs a classic BPF program of `count` 8-byte instructions; returns a listener
// descriptor when `flags` ask for one, else 0.
int clinux_seccomp_filter(const void *program, unsigned short count, unsigned flags);

// keyctl(2) KEYCTL_JOIN_SESSION_KEYRING with an anonymous keyring.
int clinux_join_new_session_keyring(void);

// bpf(2): loads and attaches a device program (BPF_PROG_TYPE_CGROUP_DEVICE).
int clinux_bpf_load_device_program(const void *instructions, unsigned count, char *log, unsigned size);
/// Attaches beside others; with `replaced` (a program's descriptor, or -1) in its place.
int clinux_bpf_attach_device_program(int cgroup, int program, int replaced);
/// The numbers of the programs that are attached to the cgroup itself, at most `*count`; `*count`
/// becomes how many there are.
int clinux_bpf_query_device_programs(int cgroup, uint32_t *ids, uint32_t *count);
int clinux_bpf_program_fd(uint32_t id);
int clinux_bpf_detach_device_program(int cgroup, int program);

// Signals.
void clinux_default_all_signals(void);
int clinux_signalfd(const uint64_t *mask);
/// An eventfd(2), close-on-exec and non-blocking.
int clinux_eventfd(void);

// Network: brings the loopback interface of the current network namespace up.
int clinux_loopback_up(void);

// Pipes and sockets, always close-on-exec.
int clinux_pipe(int *ends, int nonblocking);
/// A connected pair of Unix sockets: a stream, or with `packets` SOCK_SEQPACKET.
int clinux_socketpair(int *ends, int packets);
int clinux_send_fds(int socket, const void *bytes, int length, const int *fds, int count);
/// Receives bytes and up to `*count` descriptors; `*count` becomes the number received.
int clinux_receive_fds(int socket, void *bytes, int length, int *fds, int *count);

// Terminals.
int clinux_open_pty_peer(int main, int flags);

// The kernel's numbers, under its own names.
#define CLINUX_CONSTANTS(X)                                                                       \
    X(CLONE_NEWNS) X(CLONE_NEWPID) X(CLONE_NEWNET) X(CLONE_NEWIPC) X(CLONE_NEWUTS)                \
    X(CLONE_NEWUSER) X(CLONE_NEWCGROUP) X(CLONE_NEWTIME) X(CLONE_PIDFD) X(CLONE_INTO_CGROUP)      \
    X(CLONE_PARENT) X(CLONE_FS) X(CLONE_FILES)                                                    \
    X(OPEN_TREE_CLONE) X(OPEN_TREE_CLOEXEC) X(AT_RECURSIVE) X(AT_EMPTY_PATH)                      \
    X(AT_SYMLINK_NOFOLLOW) X(MOVE_MOUNT_F_EMPTY_PATH) X(MOVE_MOUNT_T_EMPTY_PATH)                  \
    X(FSOPEN_CLOEXEC) X(FSMOUNT_CLOEXEC) X(FSCONFIG_SET_FLAG) X(FSCONFIG_SET_STRING)              \
    X(FSCONFIG_SET_FD) X(FSCONFIG_CMD_CREATE)                                                     \
    X(MOUNT_ATTR_RDONLY) X(MOUNT_ATTR_NOSUID) X(MOUNT_ATTR_NODEV) X(MOUNT_ATTR_NOEXEC)            \
    X(MOUNT_ATTR_NOATIME) X(MOUNT_ATTR_STRICTATIME) X(MOUNT_ATTR_RELATIME)                        \
    X(MOUNT_ATTR__ATIME) X(MOUNT_ATTR_NODIRATIME) X(MOUNT_ATTR_IDMAP) X(MOUNT_ATTR_NOSYMFOLLOW)   \
    X(RESOLVE_IN_ROOT) X(RESOLVE_BENEATH) X(RESOLVE_NO_SYMLINKS) X(RESOLVE_NO_MAGICLINKS)         \
    X(RESOLVE_NO_XDEV) X(CLOSE_RANGE_CLOEXEC) X(CLOSE_RANGE_UNSHARE)                              \
    X(MS_RDONLY) X(MS_NOSUID) X(MS_NODEV) X(MS_NOEXEC) X(MS_REMOUNT) X(MS_BIND) X(MS_REC)         \
    X(MS_PRIVATE) X(MS_SLAVE) X(MS_SHARED) X(MS_UNBINDABLE) X(MS_RELATIME) X(MS_NOATIME)          \
    X(MS_STRICTATIME) X(MS_SYNCHRONOUS) X(MS_DIRSYNC) X(MS_NODIRATIME) X(MS_MANDLOCK)             \
    X(MS_LAZYTIME) X(MS_I_VERSION) X(MS_SILENT) X(MS_NOSYMFOLLOW) X(MNT_DETACH)                   \
    X(PR_SET_DUMPABLE) X(PR_SET_NO_NEW_PRIVS) X(PR_SET_KEEPCAPS) X(PR_SET_PDEATHSIG)              \
    X(PR_SET_CHILD_SUBREAPER) X(PR_CAPBSET_DROP) X(PR_CAP_AMBIENT) X(PR_CAP_AMBIENT_RAISE)        \
    X(PR_CAP_AMBIENT_CLEAR_ALL) X(PR_SET_NAME) X(PR_SET_SECCOMP)                                  \
    X(P_PIDFD) X(WEXITED) X(WNOHANG) X(CLD_EXITED) X(CLD_KILLED) X(CLD_DUMPED)                    \
    X(TIOCSCTTY) X(TIOCSWINSZ) X(TIOCGWINSZ) X(TIOCGPTN) X(TIOCSPTLCK) X(TIOCNOTTY) X(FIONREAD)   \
    X(OVERLAYFS_SUPER_MAGIC) X(CGROUP2_SUPER_MAGIC) X(CGROUP_SUPER_MAGIC) X(TMPFS_MAGIC)          \
    X(PROC_SUPER_MAGIC) X(SYSFS_MAGIC) X(NSFS_MAGIC) X(PIPEFS_MAGIC) X(DEVPTS_SUPER_MAGIC)        \
    X(F_GET_SEALS) X(O_PATH) X(O_TMPFILE) X(NS_GET_NSTYPE) X(F_SETPIPE_SZ) X(F_ADD_SEALS) X(F_SEAL_SEAL) X(F_SEAL_WRITE)                \
    X(F_SEAL_SHRINK) X(F_SEAL_GROW) X(FICLONE) X(SPLICE_F_MOVE) X(SPLICE_F_NONBLOCK)              \
    X(SECCOMP_FILTER_FLAG_LOG) X(SECCOMP_FILTER_FLAG_TSYNC) X(SECCOMP_FILTER_FLAG_SPEC_ALLOW)     \
    X(SECCOMP_FILTER_FLAG_NEW_LISTENER) X(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)

#define CLINUX_DECLARE(name) extern const int64_t clinux_##name;
CLINUX_CONSTANTS(CLINUX_DECLARE)
#undef CLINUX_DECLARE

// The monitor: accept4(2) with SOCK_CLOEXEC and SOCK_NONBLOCK; malloc_trim(3).
int clinux_accept(int socket);
void clinux_malloc_trim(void);
/// Gives back the pages below the current end of the stack (madvise(2)).
void clinux_forget_stack(void);
/// Unmaps the pages of the program's own text (madvise(2)): what is needed again is mapped again.
void clinux_forget_text(void);
