# SPDX-License-Identifier: Apache-2.0
"""The engines beside each other, the runtimes among them where they can do the same. Each method
yields the rows that its measurement gives."""

import os

import archives
from bundles import OwnRuntime
from processes import parent, pss
from registry import LocalRegistry
from report import Row, mebibytes, milliseconds, throughput
from rounds import Rounds, column

RUNNING, CONTAINERS = 20, 100


class EngineRows(Rounds):
    """What a container costs: start, exec, end, memory, image, log."""

    ROWS = {
        "run": "run --rm busybox true", "detached": "run -d", "exec": "exec c true",
        "remove": "rm -f of a running one", "crowd": "ps, inspect and memory, 100 containers",
        "load": "load", "pull": "pull from a registry on loopback",
        "log": "log write and read", "lines": "a million lines through the log",
    }

    def __init__(self, bench):
        super().__init__(bench)
        # Our own runtime has rows of its own.
        self.peers = [peer for peer in self.peers if not isinstance(peer, OwnRuntime)]

    def run(self):
        yield Row("run", "run --rm busybox true", milliseconds, self.rounds(
            self.peers, self.options.repeats, lambda peer, _: self.time(peer, peer.run())))

    def detached(self):
        def sample(peer, number):
            name = f"bench-detached{number}"
            try:
                return self.time(peer, peer.run_detached(name))
            finally:
                self.quietly(peer, peer.remove(name))

        capable = [peer for peer in self.peers if peer.run_detached("x")]
        yield Row("detached", "run -d busybox", milliseconds,
                  self.rounds(capable, self.options.repeats, sample))

    def exec(self):
        def sample(peer, number):
            if number == 0:
                self.time(peer, peer.run_detached("bench-exec"))
            return self.time(peer, peer.exec("bench-exec"))

        capable = [peer for peer in self.peers if peer.exec("x")]
        try:
            yield Row("exec", "exec c true", milliseconds,
                      self.rounds(capable, max(2, self.options.repeats), sample))
        finally:
            for peer in capable:
                self.quietly(peer, peer.remove("bench-exec"))

    def remove(self):
        def sample(peer, number):
            name = f"bench-remove{number}"
            self.time(peer, peer.run_detached(name))
            return self.time(peer, peer.remove(name))

        capable = [peer for peer in self.peers if peer.remove("x")]
        yield Row("remove", "rm -f (running)", milliseconds,
                  self.rounds(capable, self.options.repeats, sample))

    def crowd(self):
        """`ps -a`, `inspect` and memory, with a hundred containers of which twenty run."""
        names = [f"bench-crowd{number}" for number in range(CONTAINERS)]
        repeats = self.options.repeats

        def fill(peer, _):
            for number, name in enumerate(names):
                running = number < RUNNING
                self.time(peer, peer.run_detached(name) if running else peer.create(name))
            return 0

        filled = self.rounds(self.engines, 1, fill)
        peers = [peer for peer in self.engines if peer.name in filled]
        try:
            yield Row("ps", "ps -a (100 containers)", milliseconds, self.rounds(
                peers, repeats, lambda peer, _: self.time(peer, peer.argv("ps", "-a"))))
            yield Row("inspect", "inspect", milliseconds, self.rounds(
                peers, repeats,
                lambda peer, _: self.time(peer, peer.argv("inspect", names[-1]))))
            yield Row("monitor", "monitor, per container", mebibytes, self.rounds(
                peers, 1, lambda peer, _: self._monitors(peer, names[:RUNNING])))
            yield Row("daemon", "daemons", mebibytes, self.rounds(
                peers, 1, lambda peer, _: sum(map(pss, peer.daemons()))))
        finally:
            for peer in self.engines:
                self.quietly(peer, peer.remove(*names))

    def _monitors(self, peer, names):
        """Mean proportional set size of the process that stands over each container."""
        return sum(pss(parent(peer.pid(name))) for name in names) / len(names)

    def load(self):
        path = os.path.join(self.bench.scratch, "large.tar")
        archives.large(path, "bench-large:latest", self.options.load_mb)

        def sample(peer, _):
            os.sync()
            try:
                return self.time(peer, peer.argv("load", "-i", path))
            finally:
                self.quietly(peer, peer.argv("rmi", "bench-large"))

        try:
            yield Row("load", f"load ({self.options.load_mb} MiB)", milliseconds,
                      self.rounds(self.engines, self.options.slow_repeats, sample))
        finally:
            os.unlink(path)

    def pull(self):
        """The image of `load`, compressed, from Debian's registry."""
        with LocalRegistry(self.bench.scratch) as host:
            image = f"{host}/bench-large:latest"
            path = os.path.join(self.bench.scratch, "large.tar")
            archives.large(path, "bench-large:latest", self.options.load_mb)
            try:
                self.commands.seconds([
                    "skopeo", "--insecure-policy", "copy", "-q", "--dest-tls-verify=false",
                    f"docker-archive:{path}", f"docker://{image}"], None)
            finally:
                os.unlink(path)

            def sample(peer, _):
                os.sync()
                try:
                    return self.time(peer, peer.pull(image))
                finally:
                    self.quietly(peer, peer.argv("rmi", image))

            yield Row("pull", f"pull ({self.options.load_mb} MiB)", milliseconds,
                      self.rounds(self.engines, self.options.slow_repeats, sample))

    def log(self):
        """Writes so many bytes of short lines through the log, then reads them back."""
        size = self.options.log_mb * 1000 * 1000
        name = "bench-log"

        def sample(peer, _):
            os.sync()
            try:
                write = self._write_log(peer, name, f"yes | head -c {size}")
                read, count = self.commands.seconds_and_bytes(peer.argv("logs", name), peer.env)
                if count != size:
                    raise ValueError(f"logs gave {count} bytes back of {size}")
                return size / write / 1e6, size / read / 1e6
            finally:
                self.quietly(peer, peer.remove(name))

        samples = self.rounds(self.engines, self.options.log_repeats, sample)
        title = f"log write ({self.options.log_mb} MB of `yes`)"
        yield Row("write", title, throughput, column(samples, 0), True)
        yield Row("read", "log read", throughput, column(samples, 1), True)

    def lines(self):
        """A million lines, each one a write(2) of its own; the shell that makes them is the same
        for all, and takes most of the time of a fast engine."""
        name = "bench-lines"
        script = "i=0; while [ $i -lt 1000000 ]; do echo $i; i=$((i+1)); done"

        def sample(peer, _):
            try:
                write = self._write_log(peer, name, script)
                _, count = self.commands.seconds_and_bytes(peer.argv("logs", name), peer.env)
                if count != 6888890:
                    raise ValueError(f"logs gave {count} bytes back of 6888890")
                return write
            finally:
                self.quietly(peer, peer.remove(name))

        yield Row("lines", "1,000,000 lines, one write each", milliseconds,
                  self.rounds(self.engines, self.options.log_repeats, sample))

    def _write_log(self, peer, name, script):
        """Seconds until a container has printed what it has to and has ended."""
        return (self.time(peer, peer.write_log(name, script))
                + self.time(peer, peer.argv("wait", name)))
