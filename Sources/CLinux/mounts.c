// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLinux.h"
#include <linux/mount.h>
#include <linux/openat2.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

int clinux_open_tree(int directory, const char *path, unsigned flags)
{
    return syscall(SYS_open_tree, directory, path, flags);
}

int clinux_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags)
{
    return syscall(SYS_move_mount, from, from_path, to, to_path, flags);
}

int clinux_mount_setattr(
    int directory, const char *path, unsigned flags, uint64_t set, uint64_t clear,
    uint64_t propagation, int userns)
{
    struct mount_attr attributes = {
        .attr_set = set, .attr_clr = clear, .propagation = propagation,
        .userns_fd = userns >= 0 ? (uint64_t)userns : 0,
    };
    return syscall(SYS_mount_setattr, directory, path, flags, &attributes, sizeof attributes);
}

int clinux_fsopen(const char *type, unsigned flags) { return syscall(SYS_fsopen, type, flags); }

int clinux_fsconfig(int fs, unsigned command, const char *key, const void *value, int aux)
{
    return syscall(SYS_fsconfig, fs, command, key, value, aux);
}

int clinux_fsmount(int fs, unsigned flags, unsigned attributes)
{
    return syscall(SYS_fsmount, fs, flags, attributes);
}

int clinux_pivot_root(const char *new_root, const char *put_old)
{
    return syscall(SYS_pivot_root, new_root, put_old);
}

int clinux_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
    struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    return syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int64_t clinux_filesystem_magic(int fd)
{
    struct statfs status;
    return fstatfs(fd, &status) < 0 ? -1 : (int64_t)status.f_type;
}

int64_t clinux_getrandom(void *bytes, unsigned long count) { return getrandom(bytes, count, 0); }

int clinux_fcntl(int fd, int command, long argument) { return fcntl(fd, command, argument); }

int clinux_ioctl(int fd, unsigned long request, void *argument)
{
    return ioctl(fd, request, argument);
}

int clinux_makedev_major(uint64_t device) { return (int)major(device); }
int clinux_makedev_minor(uint64_t device) { return (int)minor(device); }
uint64_t clinux_makedev(uint32_t major_, uint32_t minor_) { return makedev(major_, minor_); }

int clinux_open_pty_peer(int main, int flags) { return ioctl(main, TIOCGPTPEER, flags); }
