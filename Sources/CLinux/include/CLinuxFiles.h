// SPDX-License-Identifier: Apache-2.0
//
// Calls on files and processes that Swift's Glibc module does not show; libc's convention.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// fork(2); Swift marks libc's own as unavailable.
int clinux_fork(void);
/// Sets FS_TOPDIR_FL of ioctl_iflags(2) on a directory.
int clinux_spread_subdirectories(int fd);
int clinux_syncfs(int fd);
int clinux_fsetxattr(int fd, const char *name, const void *value, size_t size);
/// A negative result is an error as always; else the value's size, of which `size` bytes are stored.
intptr_t clinux_fgetxattr(int fd, const char *name, void *value, size_t size);
/// The names of a descriptor's extended attributes, each with its NUL; the size as above.
intptr_t clinux_flistxattr(int fd, char *names, size_t size);
