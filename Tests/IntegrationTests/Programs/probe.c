// SPDX-License-Identifier: Apache-2.0
// Tries one forbidden thing inside a container and prints the kernel's answer: "ok" or an errno.
// Compiled by SecurityTests, static: probe VERB [ARGUMENT]
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int answer(long result) {
    puts(result == -1 ? strerrorname_np(errno) : "ok");
    return 0;
}

#ifdef __x86_64__
// A system call of 32-bit programs, from a 64-bit one.
static long i386(long number, long first) {
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(first), "c"(0), "d"(0)
                     : "memory", "r8", "r9", "r10", "r11");
    if ((int)result >= 0) return 0;
    errno = -(int)result;
    return -1;
}
#endif

static int connectTo(const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path + 1, name, sizeof address.sun_path - 2);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    return connect(fd, (struct sockaddr *)&address,
                   (socklen_t)(sizeof(sa_family_t) + 1 + strlen(name)));
}

// Waits for a process whose program is not this one and not busybox, takes hold of its program,
// and tries to open that for writing as soon as nobody runs it any more.
static int steal(void) {
    time_t end = time(NULL) + 6;
    while (time(NULL) < end) {
        DIR *proc = opendir("/proc");
        for (struct dirent *entry; (entry = readdir(proc));) {
            char path[300], target[300];
            snprintf(path, sizeof path, "/proc/%s/exe", entry->d_name);
            ssize_t length = readlink(path, target, sizeof target - 1);
            if (length <= 0) continue;
            target[length] = 0;
            if (strstr(target, "busybox") || strstr(target, "probe") || !strncmp(target, "/bin/", 5))
                continue;
            int fd = open(path, O_RDONLY);
            if (fd < 0) continue;
            snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
            for (int round = 0; round < 200000; round++) {
                int writable = open(path, O_WRONLY);
                if (writable >= 0 || errno != ETXTBSY) {
                    printf("%s: ", target);
                    return answer(writable);
                }
            }
        }
        closedir(proc);
    }
    puts("never seen");
    return 0;
}

// Exchanges two names for ever: the attacker of a race.
static int exchange(const char *one, const char *other) {
    for (;;)
        if (renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE) == -1) return answer(-1);
}

int main(int count, char **words) {
    const char *verb = count > 1 ? words[1] : "";
    const char *argument = count > 2 ? words[2] : "";
    if (!strcmp(verb, "unshare-user")) return answer(unshare(CLONE_NEWUSER));
    if (!strcmp(verb, "unshare-mount")) return answer(unshare(CLONE_NEWNS));
    if (!strcmp(verb, "mount")) return answer(mount("x", "/tmp", "tmpfs", 0, NULL));
    if (!strcmp(verb, "umount")) return answer(umount2(argument, MNT_DETACH));
    if (!strcmp(verb, "mount-cgroup"))
        return answer(mount("x", "/tmp", "cgroup", 0, "memory"));
    if (!strcmp(verb, "fsopen")) return answer(syscall(SYS_fsopen, "tmpfs", 0));
    if (!strcmp(verb, "keyctl")) return answer(syscall(SYS_keyctl, 0, -3, 0));
    if (!strcmp(verb, "add_key")) return answer(syscall(SYS_add_key, "user", "x", "y", 1, -3));
    if (!strcmp(verb, "bpf")) return answer(syscall(SYS_bpf, 0, NULL, 0));
    if (!strcmp(verb, "perf")) return answer(syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
    if (!strcmp(verb, "userfaultfd")) return answer(syscall(SYS_userfaultfd, 0));
    if (!strcmp(verb, "io_uring")) return answer(syscall(SYS_io_uring_setup, 1, NULL));
    if (!strcmp(verb, "open_by_handle"))
        return answer(syscall(SYS_open_by_handle_at, AT_FDCWD, NULL, 0));
    if (!strcmp(verb, "kexec")) return answer(syscall(SYS_kexec_load, 0, 0, NULL, 0));
    if (!strcmp(verb, "init_module")) return answer(syscall(SYS_init_module, NULL, 0, ""));
    if (!strcmp(verb, "swapon")) return answer(syscall(SYS_swapon, "/x", 0));
    if (!strcmp(verb, "reboot")) return answer(syscall(SYS_reboot, 0, 0, 0, NULL));
    if (!strcmp(verb, "settimeofday")) return answer(syscall(SYS_settimeofday, NULL, NULL));
    if (!strcmp(verb, "setns")) return answer(setns(open("/proc/self/ns/net", O_RDONLY), 0));
    if (!strcmp(verb, "clone3")) return answer(syscall(SYS_clone3, NULL, 0));
    if (!strcmp(verb, "socket")) return answer(socket(atoi(argument), SOCK_STREAM, 0));
    if (!strcmp(verb, "mknod"))
        return answer(mknod("/tmp/disk", S_IFBLK | 0600, makedev(254, 0)) == 0
                          ? open("/tmp/disk", O_RDONLY) : -1);
    if (!strcmp(verb, "connect")) return answer(connectTo(argument));
    if (!strcmp(verb, "write")) return answer(open(argument, O_WRONLY));
    if (!strcmp(verb, "tiocsti")) return answer(ioctl(0, TIOCSTI, "x"));
    if (!strcmp(verb, "steal")) return steal();
    if (!strcmp(verb, "exchange")) return exchange(argument, count > 3 ? words[3] : "");
#ifdef __x86_64__
    if (!strcmp(verb, "x32-getpid")) return answer(syscall(0x40000000 | SYS_getpid));
    if (!strcmp(verb, "x32-unshare")) return answer(syscall(0x40000000 | SYS_unshare, CLONE_NEWUSER));
    if (!strcmp(verb, "i386-unshare")) return answer(i386(310, CLONE_NEWUSER));
    if (!strcmp(verb, "i386-umount")) return answer(i386(22, 0));
    if (!strcmp(verb, "i386-keyctl")) return answer(i386(288, 0));
    if (!strcmp(verb, "i386-vsock")) {
        return answer(i386(359, 40));  // socket(AF_VSOCK)
    }
#endif
    fprintf(stderr, "probe: unknown verb %s\n", verb);
    return 2;
}
