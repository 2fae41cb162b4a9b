// SPDX-License-Identifier: Apache-2.0
// A server that says who asks: it answers every datagram with the sender's address and what it said, and
// every connection with the peer's address and then, line by line, what it says. Compiled by PortTests,
// static: echo PORT
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int bound(int type, int port) {
    int fd = socket(AF_INET6, type, 0), off = 0, on = 1, family = AF_INET6;
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (fd < 0) {
        fd = socket(AF_INET, type, 0);
        family = AF_INET;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, family == AF_INET6 ? (void *)&six : (void *)&four,
             family == AF_INET6 ? sizeof six : sizeof four) < 0) exit(1);
    return fd;
}

static void name(const struct sockaddr_storage *peer, char *text) {
    const void *address = peer->ss_family == AF_INET6
        ? (void *)&((struct sockaddr_in6 *)peer)->sin6_addr
        : (void *)&((struct sockaddr_in *)peer)->sin_addr;
    inet_ntop(peer->ss_family, address, text, INET6_ADDRSTRLEN);
}

static void serve(int fd, const char *who) {
    char bytes[4096];
    dprintf(fd, "%s\n", who);
    for (ssize_t count; (count = read(fd, bytes, sizeof bytes)) > 0;) {
        for (ssize_t done = 0, n; done < count; done += n)
            if ((n = write(fd, bytes + done, count - done)) < 0) _exit(0);
        if (memcmp(bytes, "POST", 4) == 0) break; // curl waits for the end
    }
    _exit(0);
}

int main(int count, char **arguments) {
    int port = count > 1 ? atoi(arguments[1]) : 7;
    struct pollfd set[2] = {{bound(SOCK_DGRAM, port), POLLIN, 0}, {bound(SOCK_STREAM, port), POLLIN, 0}};
    listen(set[1].fd, 64);
    while (poll(set, 2, -1) > 0) {
        struct sockaddr_storage peer;
        socklen_t size = sizeof peer;
        char who[INET6_ADDRSTRLEN], bytes[4096];
        if (set[0].revents) {
            ssize_t n = recvfrom(set[0].fd, bytes, 2048, 0, (void *)&peer, &size);
            name(&peer, who);
            char answer[4096];
            int length = snprintf(answer, sizeof answer, "%s %.*s", who, (int)n, bytes);
            sendto(set[0].fd, answer, length, 0, (void *)&peer, size);
        }
        if (set[1].revents) {
            int fd = accept(set[1].fd, (void *)&peer, &size);
            name(&peer, who);
            if (fd >= 0 && fork() == 0) serve(fd, who);
            close(fd);
        }
    }
}
