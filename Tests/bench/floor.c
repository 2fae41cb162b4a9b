// SPDX-License-Identifier: Apache-2.0
// The floor of the benchmark: the least that a kernel must be asked for to run a program in a
// container, in C, and nothing else. No image store, no record, no monitor, no log, no cgroup, no
// capabilities, no seccomp.
//
//     floor ROOTFS SCRATCH PROGRAM [ARGUMENT …]
//
// ROOTFS is the overlay's lower; the upper is made in SCRATCH and removed again.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(int answer, const char *what) {
    if (answer != -1) return;
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(125);
}

static const char *below(const char *directory, const char *name) {
    char *path = NULL;
    must(asprintf(&path, "%s/%s", directory, name), "asprintf");
    return path;
}

static int unlink_entry(const char *path, const struct stat *status, int type, struct FTW *at) {
    (void)status, (void)type, (void)at;
    return remove(path);
}

// In the new namespaces: the overlay becomes the root, the old root goes, the program starts.
static _Noreturn void become(const char *rootfs, const char *scratch, char **program) {
    const char *merged = below(scratch, "merged");
    char options[3 * PATH_MAX];
    snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s", rootfs,
             below(scratch, "upper"), below(scratch, "work"));
    must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "make the mounts private");
    must(mount("overlay", merged, "overlay", 0, options), "mount the overlay");
    must(chdir(merged), "chdir");
    must((int)syscall(SYS_pivot_root, ".", "."), "pivot_root");
    must(umount2(".", MNT_DETACH), "detach the old root");
    must(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL), "mount /proc");
    setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
    execvp(program[0], program);
    must(-1, program[0]);
    abort();
}

int main(int count, char **arguments) {
    if (count < 4) {
        fprintf(stderr, "usage: floor ROOTFS SCRATCH PROGRAM [ARGUMENT ...]\n");
        return 125;
    }
    char *scratch = (char *)below(arguments[2], "floor-XXXXXX");
    if (mkdtemp(scratch) == NULL) must(-1, scratch);
    must(mkdir(below(scratch, "upper"), 0755), "make upper");
    must(mkdir(below(scratch, "work"), 0755), "make work");
    must(mkdir(below(scratch, "merged"), 0755), "make merged");

    struct clone_args clone = {
        .flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
                 CLONE_NEWCGROUP,
        .exit_signal = SIGCHLD,
    };
    pid_t child = (pid_t)syscall(SYS_clone3, &clone, sizeof clone);
    must(child, "clone3");
    if (child == 0) become(arguments[1], scratch, arguments + 3);

    int status = 0;
    while (waitpid(child, &status, 0) == -1 && errno == EINTR) {}
    must(nftw(scratch, unlink_entry, 16, FTW_DEPTH | FTW_PHYS), "remove the scratch directory");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
