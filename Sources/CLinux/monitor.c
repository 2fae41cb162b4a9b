// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLinux.h"
#include <malloc.h>
#include <sys/socket.h>

int clinux_accept(int socket)
{
    return accept4(socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

void clinux_malloc_trim(void) { malloc_trim(0); }
