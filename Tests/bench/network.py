# SPDX-License-Identifier: Apache-2.0
"""Published ports: what they cost at the start, in flight, and in great number. Everything happens
in the benchmark's network namespace, where HOST stands for an address of the host."""

import socket
import time

from processes import parent, pss
from report import OWN, Row, mebibytes, milliseconds, throughput
from rounds import Rounds, column

HOST = "192.0.2.1"  # RFC 5737: an address for examples
LOCALHOST = "127.0.0.1"
PORT, PORTS = 18080, 1000
GROUP = "network"
CONNECTIONS = 100


class NetworkRows(Rounds):
    """swocker and docker. podman takes no part: its networks leave state outside its root."""

    ROWS = {
        "bridge": "run on a bridge, with a published port", "http": "HTTP through a published port",
        "ports": "1,000 published ports",
    }

    def __init__(self, bench):
        super().__init__(bench)
        self.engines = [peer for peer in self.engines if peer.name in (OWN, "docker")]

    def bridge(self):
        """The three take turns in every round, for the goal is a difference."""
        def run(peer, network, *options, program=("true",)):
            return self.time(peer, peer.container(
                "run", "--rm", *options, "busybox", *program, network=network))

        def sample(peer, number):
            if number == 0:
                run(peer, "bridge", program=("test", "-e", "/sys/class/net/eth0"))
            return run(peer, "none"), run(peer, "bridge"), run(peer, "bridge", "-p", "80")

        samples = self.rounds(self.engines, self.options.repeats, sample)
        for index, (key, title) in enumerate([
                ("none", "run --rm, --network none"), ("bridge", "run --rm, bridge"),
                ("publish", "run --rm, bridge, -p 80")]):
            yield Row(key, title, milliseconds, column(samples, index), group=GROUP)

    def http(self):
        """busybox's httpd sends a file of zeros that is in the page cache after the first round."""
        name = "bench-http"
        size = self.options.http_mb * 1000 * 1000
        server = (f"mkdir /tmp/www && truncate -s {size} /tmp/www/large && "
                  "echo ok > /tmp/www/small && exec httpd -f -p 80 -h /tmp/www")

        def sample(peer, number):
            if number == 0:
                self.time(peer, peer.container(
                    "run", "-d", "--name", name, "-p", f"{PORT}:80", "busybox", "sh", "-c", server,
                    network="bridge"))
                wait_until_served(LOCALHOST)
                wait_until_served(HOST)
            rates = [size / fetch(address, "/large", size) / 1e6 for address in (LOCALHOST, HOST)]
            return *rates, latency(LOCALHOST), latency(HOST)

        # One server at a time, on the same port of the same addresses.
        samples = {}
        for peer in self.engines:
            try:
                samples |= self.rounds([peer], self.options.http_repeats, sample)
            finally:
                self.quietly(peer, peer.remove(name))
        mega = self.options.http_mb
        for index, (key, title, write, more) in enumerate([
                ("http-local", f"HTTP, {mega} MB, {LOCALHOST}", throughput, True),
                ("http-host", f"HTTP, {mega} MB, host's address", throughput, True),
                ("latency-local", f"HTTP, 3 bytes, {LOCALHOST}", microseconds, False),
                ("latency-host", "HTTP, 3 bytes, host's address", microseconds, False)]):
            yield Row(key, title, write, column(samples, index), more, group=GROUP)

    def ports(self):
        """Docker starts two processes for each port, which takes a minute: with --full."""
        peers = self.only(OWN)
        name = "bench-ports"
        published = f"20000-{20000 + PORTS - 1}:20000-{20000 + PORTS - 1}"

        def sample(peer, _):
            def start(*options):
                seconds = self.time(peer, peer.container(
                    "run", "-d", "--name", name, *options, "busybox", "sleep", "1000",
                    network="bridge"))
                memory = pss(parent(peer.pid(name))) + sum(map(pss, peer.port_keepers()))
                self.time(peer, peer.remove(name))
                return seconds, memory

            try:
                _, without = start("-p", "20000:20000")
                return *start("-p", published), without
            except BaseException:
                self.quietly(peer, peer.remove(name))
                raise

        samples = self.rounds(peers, min(5, self.options.repeats), sample)
        for index, (key, title, write) in enumerate([
                ("ports", f"run -d, {PORTS:,} ports", milliseconds),
                ("ports-memory", f"monitor, {PORTS:,} ports", mebibytes),
                ("port-memory", "monitor, 1 port", mebibytes)]):
            yield Row(key, title, write, column(samples, index), group=GROUP)


def microseconds(value):
    return f"{value * 1e6:.0f} µs"


def fetch(address, path, size):
    """Seconds from the connection until the last byte; ValueError if there are fewer or more."""
    buffer = bytearray(1 << 20)
    count, head = 0, b""
    begin = time.perf_counter()
    with socket.create_connection((address, PORT), 10) as client:
        client.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        while b"\r\n\r\n" not in head:
            part = client.recv(65536)
            if not part:
                raise ValueError(f"http://{address}{path}: the answer ends in its head")
            head += part
        count = len(head) - head.index(b"\r\n\r\n") - 4
        while length := client.recv_into(buffer):
            count += length
    seconds = time.perf_counter() - begin
    if count != size or b" 200 " not in head.split(b"\r\n")[0]:
        raise ValueError(f"http://{address}{path}: {count} bytes of {size}: {head[:40]!r}")
    return seconds


def latency(address):
    """Mean seconds of a connection, a request and its answer, one after the other."""
    return sum(fetch(address, "/small", 3) for _ in range(CONNECTIONS)) / CONNECTIONS


def wait_until_served(address):
    """Until the server answers, whose container has only just begun."""
    deadline = time.monotonic() + 10
    while True:
        try:
            fetch(address, "/small", 3)
            return
        except (OSError, ValueError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
