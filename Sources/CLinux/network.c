// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLinuxNetwork.h"
#include <netinet/in.h>
#include <net/if.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
// After libc's, whose structures they then leave alone.
#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/inet_diag.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/veth.h>

enum { original_destination = 80 }; // SO_ORIGINAL_DST and IP6T_SO_ORIGINAL_DST

#define CLINUX_DEFINE(name) const int64_t clinux_##name = (int64_t)(name);
CLINUX_NETWORK_CONSTANTS(CLINUX_DEFINE)

int clinux_netlink_socket(int protocol)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    if (fd < 0)
        return -1;
    struct sockaddr_nl address = {.nl_family = AF_NETLINK};
    int one = 1;
    // Answers name the reason in words, and do not repeat the request.
    setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof one);
    setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one);
    int room = 8 << 20;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        int number = errno;
        close(fd);
        errno = number;
        return -1;
    }
    return fd;
}

intptr_t clinux_netlink_send(int socket, const void *bytes, uintptr_t count)
{
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    return sendto(socket, bytes, count, 0, (struct sockaddr *)&kernel, sizeof kernel);
}

intptr_t clinux_netlink_receive(int socket, void *bytes, uintptr_t size)
{
    struct iovec vector = {.iov_base = bytes, .iov_len = size};
    struct sockaddr_nl sender = {0};
    struct msghdr message = {
        .msg_name = &sender, .msg_namelen = sizeof sender, .msg_iov = &vector, .msg_iovlen = 1,
    };
    for (;;) {
        intptr_t count = recvmsg(socket, &message, 0);
        if (count < 0)
            return -1;
        if (message.msg_flags & MSG_TRUNC) {
            errno = EMSGSIZE;
            return -1;
        }
        if (sender.nl_pid == 0) // from the kernel, not from another process
            return count;
    }
}

int clinux_original_destination(int socket, uint8_t *address, uint16_t *port)
{
    struct sockaddr_in6 six;
    struct sockaddr_in four;
    socklen_t size = sizeof six;
    if (getsockopt(socket, IPPROTO_IPV6, original_destination, &six, &size) == 0) {
        memcpy(address, &six.sin6_addr, 16);
        *port = six.sin6_port;
        return 0;
    }
    size = sizeof four;
    if (getsockopt(socket, IPPROTO_IP, original_destination, &four, &size) < 0)
        return -1;
    memset(address, 0, 10);
    memset(address + 10, 0xff, 2);
    memcpy(address + 12, &four.sin_addr, 4);
    *port = four.sin_port;
    return 0;
}

// What an answer to a datagram needs: struct msghdr's name and control data, with their lengths.
struct origin {
    uint32_t name_size;
    uint32_t control_size;
    uint8_t name[32];
    uint8_t control[64];
};
_Static_assert(sizeof(struct origin) == CLINUX_ORIGIN_SIZE, "the size that Swift knows");

int clinux_note_origins(int socket, int is_ipv4)
{
    int one = 1;
    return is_ipv4 ? setsockopt(socket, IPPROTO_IP, IP_PKTINFO, &one, sizeof one)
                   : setsockopt(socket, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof one);
}

// An answer takes the route that it finds: only a link-local address needs its device.
static void forget_device(struct cmsghdr *header)
{
    if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
        struct in_pktinfo *place = (void *)CMSG_DATA(header);
        place->ipi_ifindex = 0;
    } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
        struct in6_pktinfo *place = (void *)CMSG_DATA(header);
        if (!IN6_IS_ADDR_LINKLOCAL(&place->ipi6_addr))
            place->ipi6_ifindex = 0;
    }
}

intptr_t clinux_receive_datagram(int socket, void *bytes, uintptr_t size, uint8_t *into)
{
    struct origin origin = {0};
    struct iovec vector = {.iov_base = bytes, .iov_len = size};
    struct msghdr message = {
        .msg_name = origin.name, .msg_namelen = sizeof origin.name, .msg_iov = &vector,
        .msg_iovlen = 1, .msg_control = origin.control, .msg_controllen = sizeof origin.control,
    };
    intptr_t count = recvmsg(socket, &message, MSG_DONTWAIT);
    if (count < 0)
        return -1;
    origin.name_size = message.msg_namelen;
    origin.control_size = message.msg_controllen;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    for (; header; header = CMSG_NXTHDR(&message, header))
        forget_device(header);
    memcpy(into, &origin, sizeof origin);
    return count;
}

intptr_t clinux_answer_datagram(
    int socket, const void *bytes, uintptr_t count, const uint8_t *from)
{
    struct origin origin;
    memcpy(&origin, from, sizeof origin);
    struct iovec vector = {.iov_base = (void *)bytes, .iov_len = count};
    struct msghdr message = {
        .msg_name = origin.name, .msg_namelen = origin.name_size, .msg_iov = &vector,
        .msg_iovlen = 1, .msg_control = origin.control, .msg_controllen = origin.control_size,
    };
    return sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

int clinux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int clinux_epoll_set(int queue, int fd, uint32_t events, int is_new)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    int operation = is_new ? EPOLL_CTL_ADD : events ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;
    return epoll_ctl(queue, operation, fd, &event);
}

int clinux_epoll_take(int queue, int *fds, uint32_t *events, int most)
{
    struct epoll_event found[64];
    int count = epoll_wait(queue, found, most < 64 ? most : 64, 0);
    for (int i = 0; i < count; i++) {
        fds[i] = found[i].data.fd;
        events[i] = found[i].events;
    }
    return count;
}
