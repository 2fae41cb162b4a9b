// SPDX-License-Identifier: Apache-2.0
// The only file of the hello-world image: it prints its text and exits. No library, not even
// libc: two system calls, spoken directly, so that the whole image is a few kilobytes.

#if !defined(__x86_64__) && !defined(__aarch64__)
#error "hello.c knows the system calls of x86_64 and aarch64 only"
#endif

static const char text[] =
    "\n"
    "Hello from swocker!\n"
    "\n"
    "If you can read this, swocker works on this machine. To get here, it took these steps:\n"
    "\n"
    "  1. It looked up the image \"hello-world\": first in its own store, then in the archives\n"
    "     installed beside the program. The archive's digests were verified and its layer\n"
    "     unpacked into a directory of its own. That happens once.\n"
    "  2. It gave the container a root file system: an overlay mount, with the image's layer\n"
    "     below (read-only) and an empty directory on top for whatever the container writes.\n"
    "  3. It forked a monitor, a small process that keeps the log, serves `attach` and records\n"
    "     the exit. There is no daemon.\n"
    "  4. The monitor cloned a process into new namespaces: mount, pid, network, ipc, uts,\n"
    "     cgroup and user. Its root is an ordinary, unprivileged user of your machine.\n"
    "  5. A cgroup of its own counts and limits what that process may use.\n"
    "  6. Inside, it pivoted into the new root, mounted /proc, /sys and /dev, hid what a\n"
    "     container has no business seeing, dropped capabilities, loaded a seccomp filter,\n"
    "     and executed /hello, a static program of a few kilobytes. That is me.\n"
    "\n"
    "See every one of these steps, with its system call and the time it took:\n"
    "    swocker run --rm --explain hello-world\n"
    "\n"
    "Look around in a container:\n"
    "    swocker run -it --rm busybox sh\n"
    "\n"
    "Leave one running, read its log, and stop it:\n"
    "    swocker run -d --name clock busybox sh -c 'while sleep 1; do date; done'\n"
    "    swocker logs -f clock\n"
    "    swocker rm -f clock\n"
    "\n";

static long write_out(const char *bytes, unsigned long count) {
#if defined(__x86_64__)
    long answer;
    __asm__ volatile("syscall"
                     : "=a"(answer)
                     : "0"(1L), "D"(1L), "S"(bytes), "d"(count)
                     : "rcx", "r11", "memory");
    return answer;
#else
    register long number __asm__("x8") = 64;
    register long answer __asm__("x0") = 1;
    register const char *x1 __asm__("x1") = bytes;
    register unsigned long x2 __asm__("x2") = count;
    __asm__ volatile("svc 0" : "+r"(answer) : "r"(number), "r"(x1), "r"(x2) : "memory");
    return answer;
#endif
}

static _Noreturn void leave(long status) {
#if defined(__x86_64__)
    for (;;) __asm__ volatile("syscall" : : "a"(231L), "D"(status) : "rcx", "r11", "memory");
#else
    register long number __asm__("x8") = 94;
    register long x0 __asm__("x0") = status;
    for (;;) __asm__ volatile("svc 0" : : "r"(number), "r"(x0) : "memory");
#endif
}

_Noreturn void _start(void) {
    const char *rest = text;
    unsigned long count = sizeof text - 1;
    while (count > 0) {
        long written = write_out(rest, count);
        if (written == -4) continue;  // EINTR
        if (written <= 0) leave(1);
        rest += written;
        count -= (unsigned long)written;
    }
    leave(0);
}
