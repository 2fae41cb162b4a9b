// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLinux.h"
#include <malloc.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

int clinux_accept(int socket)
{
    return accept4(socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

void clinux_malloc_trim(void) { malloc_trim(0); }

void clinux_forget_stack(void)
{
    // What lies below this frame was somebody's once. The range may reach below the stack's own
    // mapping: the kernel takes what there is.
    enum { reach = 256 * 1024 };
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t end = ((uintptr_t)__builtin_frame_address(0) & ~(page - 1)) - page;
    madvise((void *)(end - reach), reach, MADV_DONTNEED);
}

// The linker's marks around the program's text.
extern char __executable_start, etext;

void clinux_forget_text(void)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t start = (uintptr_t)&__executable_start & ~(page - 1);
    uintptr_t end = (uintptr_t)&etext & ~(page - 1);
    madvise((void *)start, end - start, MADV_DONTNEED);
}
