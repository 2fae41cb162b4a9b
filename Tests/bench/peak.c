// SPDX-License-Identifier: Apache-2.0
// The peak resident memory of a program, in KiB, written to a file:
//
//     peak FILE PROGRAM [ARGUMENT …]
//
// Its own memory is what makes it necessary: execve(2) carries the peak of the old image over into
// the new one (getrusage(2), ru_maxrss), so a program that is spawned by Python never has less than
// Python. This one is static and needs a few hundred KiB.
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **arguments) {
    if (count < 3) {
        fprintf(stderr, "usage: peak FILE PROGRAM [ARGUMENT ...]\n");
        return 125;
    }
    pid_t child = fork();
    if (child == 0) {
        execvp(arguments[2], arguments + 2);
        perror(arguments[2]);
        _exit(127);
    }
    int status = 0;
    struct rusage usage;
    pid_t ended;
    do ended = wait4(child, &status, 0, &usage);
    while (ended == -1 && errno == EINTR);
    FILE *file = child == -1 || ended == -1 ? NULL : fopen(arguments[1], "w");
    if (file == NULL || fprintf(file, "%ld\n", usage.ru_maxrss) < 0 || fclose(file) != 0) {
        perror("peak");
        return 125;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
