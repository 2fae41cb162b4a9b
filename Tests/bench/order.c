// SPDX-License-Identifier: Apache-2.0
// Runs a program and notes which of its functions it executes, in the order of their first calls, its
// forks and what it executes of itself included: for scripts/order.
//
//     order FUNCTIONS OUTPUT PROGRAM [ARGUMENT …]
//
// FUNCTIONS has lines "address name" in ascending order (readelf), of a program at fixed addresses. A
// breakpoint at each of them is taken away when it is reached: a run takes milliseconds more.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BREAKPOINT = 0xcc };

struct function {
    unsigned long address;
    char *name;
    long byte;  // what stands at the address
    int seen;
};

static struct function *functions;
static size_t count;

static int later(const void *one, const void *other) {
    unsigned long a = ((const struct function *)one)->address;
    unsigned long b = ((const struct function *)other)->address;
    return (a > b) - (a < b);
}

static void readFunctions(const char *path) {
    FILE *file = fopen(path, "r");
    if (file == NULL) perror(path), exit(2);
    struct function function = {0};
    while (fscanf(file, "%lx %ms", &function.address, &function.name) == 2) {
        functions = realloc(functions, (count + 1) * sizeof *functions);
        if (functions == NULL) exit(2);
        functions[count++] = function;
    }
    fclose(file);
}

static void put(pid_t pid, unsigned long address, long word, long byte) {
    ptrace(PTRACE_POKETEXT, pid, address, (word & ~0xffL) | byte);
}

static void plant(pid_t pid) {
    for (struct function *one = functions; one < functions + count; one++) {
        errno = 0;
        long word = ptrace(PTRACE_PEEKTEXT, pid, one->address, 0);
        if (errno != 0) continue;
        one->byte = word & 0xff;
        put(pid, one->address, word, BREAKPOINT);
    }
}

// By its inode: a protected copy of the program has another path.
static int runs(pid_t pid, const char *program) {
    char path[64];
    struct stat running, wanted;
    snprintf(path, sizeof path, "/proc/%d/exe", pid);
    return stat(path, &running) == 0 && stat(program, &wanted) == 0
        && running.st_ino == wanted.st_ino && running.st_dev == wanted.st_dev;
}

// Whether it was a breakpoint of ours.
static int reached(pid_t pid, FILE *output) {
    struct user_regs_struct registers;
    ptrace(PTRACE_GETREGS, pid, 0, &registers);
    struct function key = {.address = registers.rip - 1};
    struct function *found = bsearch(&key, functions, count, sizeof key, later);
    if (found == NULL) return 0;
    put(pid, found->address, ptrace(PTRACE_PEEKTEXT, pid, found->address, 0), found->byte);
    registers.rip--;
    ptrace(PTRACE_SETREGS, pid, 0, &registers);
    if (!found->seen) fprintf(output, "%s\n", found->name);
    found->seen = 1;
    return 1;
}

int main(int words, char **arguments) {
    FILE *output = words > 3 ? fopen(arguments[2], "a") : NULL;
    if (output == NULL) return 2;
    readFunctions(arguments[1]);
    const char *program = arguments[3];
    pid_t first = fork();
    if (first == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        execv(program, arguments + 3);
        _exit(127);
    }
    int status = 0;
    waitpid(first, &status, 0);
    ptrace(PTRACE_SETOPTIONS, first, 0, PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK
        | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC);
    ptrace(PTRACE_CONT, first, 0, 0);
    for (pid_t pid; (pid = waitpid(-1, &status, __WALL)) > 0;) {
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            if (pid != first) continue;
            fclose(output);
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        int signal = WSTOPSIG(status), event = status >> 16;
        if (event == PTRACE_EVENT_EXEC && runs(pid, program)) plant(pid);
        int mine = event != 0 || signal == SIGSTOP || (signal == SIGTRAP && reached(pid, output));
        ptrace(PTRACE_CONT, pid, 0, mine ? 0 : signal);
    }
    return 2;
}
