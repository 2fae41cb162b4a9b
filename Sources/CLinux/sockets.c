// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLinux.h"
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { most_fds = 16 };

int clinux_pipe(int *ends, int nonblocking)
{
    return pipe2(ends, O_CLOEXEC | (nonblocking ? O_NONBLOCK : 0));
}

int clinux_socketpair(int *ends, int packets)
{
    return socketpair(AF_UNIX, (packets ? SOCK_SEQPACKET : SOCK_STREAM) | SOCK_CLOEXEC, 0, ends);
}

int clinux_loopback_up(void)
{
    int socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_ < 0)
        return -1;
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int result = ioctl(socket_, SIOCSIFFLAGS, &request);
    close(socket_);
    return result;
}

int clinux_send_fds(int socket, const void *bytes, int length, const int *fds, int count)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * most_fds)];
    } control = {0};
    struct iovec vector = {.iov_base = (void *)bytes, .iov_len = (size_t)length};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    if (count > 0) {
        message.msg_control = control.space;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
        memcpy(CMSG_DATA(header), fds, sizeof(int) * (size_t)count);
    }
    return (int)sendmsg(socket, &message, MSG_NOSIGNAL);
}

int clinux_receive_fds(int socket, void *bytes, int length, int *fds, int *count)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * most_fds)];
    } control;
    struct iovec vector = {.iov_base = bytes, .iov_len = (size_t)length};
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1,
        .msg_control = control.space, .msg_controllen = sizeof control.space,
    };
    int room = *count;
    *count = 0;
    int received = (int)recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (received < 0)
        return -1;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        int number = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        for (int index = 0; index < number; index++) {
            int fd;
            memcpy(&fd, CMSG_DATA(header) + sizeof(int) * (size_t)index, sizeof fd);
            if (*count < room)
                fds[(*count)++] = fd;
            else
                close(fd);
        }
    }
    return received;
}
