# SPDX-License-Identifier: Apache-2.0
"""What is measured. Each row answers {peer: [samples]}; peers take turns within every round, so
that whatever else the machine does hits them alike."""

import os

import archives
from peers import Engine
from timing import CommandFailed

RUNNING, CONTAINERS = 20, 100


class Rows:
    """The measurements, on the peers that are ready."""

    def __init__(self, bench, peers, failures):
        self.bench = bench
        self.commands = bench.commands
        self.peers = peers
        self.engines = [peer for peer in peers if isinstance(peer, Engine)]
        self.failures = failures

    def _rounds(self, peers, repeats, sample):
        """Calls `sample(peer, round)` for each peer in turn. Before several rounds comes one that
        warms up and does not count. A peer that fails is out of the row, and its words are kept."""
        samples = {peer.name: [] for peer in peers}
        warm_up = 1 if repeats > 1 else 0
        for number in range(warm_up + repeats):
            for peer in (peer for peer in peers if peer.name in samples):
                try:
                    value = sample(peer, number)
                except (CommandFailed, ValueError, OSError) as error:
                    del samples[peer.name]
                    self.failures.append(f"{peer.name}: {error}")
                    continue
                if number >= warm_up:
                    samples[peer.name].append(value)
        return samples

    def _time(self, peer, argv):
        return self.commands.seconds(argv, peer.env)

    def _quietly(self, peer, argv):
        try:
            self._time(peer, argv)
        except CommandFailed as error:
            self.failures.append(f"{peer.name}: {error}")

    def run(self):
        return self._rounds(self.peers, self.bench.options.repeats,
                            lambda peer, _: self._time(peer, peer.run()))

    def run_detached(self):
        def sample(peer, number):
            name = f"bench-detached{number}"
            try:
                return self._time(peer, peer.run_detached(name))
            finally:
                self._quietly(peer, peer.remove(name))

        capable = [peer for peer in self.peers if peer.run_detached("x")]
        return self._rounds(capable, self.bench.options.repeats, sample)

    def exec(self):
        def sample(peer, number):
            if number == 0:
                self._time(peer, peer.run_detached("bench-exec"))
            return self._time(peer, peer.exec("bench-exec"))

        capable = [peer for peer in self.peers if peer.exec("x")]
        try:
            return self._rounds(capable, max(2, self.bench.options.repeats), sample)
        finally:
            for peer in capable:
                self._quietly(peer, peer.remove("bench-exec"))

    def remove_running(self):
        def sample(peer, number):
            name = f"bench-remove{number}"
            self._time(peer, peer.run_detached(name))
            return self._time(peer, peer.remove(name))

        capable = [peer for peer in self.peers if peer.remove("x")]
        return self._rounds(capable, self.bench.options.repeats, sample)

    def crowd(self):
        """`ps -a`, `inspect` and memory, with a hundred containers of which twenty run."""
        names = [f"bench-crowd{number}" for number in range(CONTAINERS)]
        repeats = self.bench.options.repeats

        def fill(peer, _):
            for number, name in enumerate(names):
                running = number < RUNNING
                self._time(peer, peer.run_detached(name) if running else peer.create(name))
            return 0

        filled = self._rounds(self.engines, 1, fill)
        peers = [peer for peer in self.engines if peer.name in filled]
        try:
            return {
                "ps": self._rounds(
                    peers, repeats, lambda peer, _: self._time(peer, peer.argv("ps", "-a"))),
                "inspect": self._rounds(
                    peers, repeats,
                    lambda peer, _: self._time(peer, peer.argv("inspect", names[-1]))),
                "monitor": self._rounds(
                    peers, 1, lambda peer, _: self._monitors(peer, names[:RUNNING])),
                "daemon": self._rounds(peers, 1, lambda peer, _: sum(map(pss, peer.daemons()))),
            }
        finally:
            for peer in self.engines:
                self._quietly(peer, peer.remove(*names))

    def _monitors(self, peer, names):
        """Mean proportional set size of the process that stands over each container."""
        return sum(pss(parent(peer.pid(name))) for name in names) / len(names)

    def load(self):
        path = os.path.join(self.bench.scratch, "large.tar")
        archives.large(path, "bench-large:latest", self.bench.options.load_mb)

        def sample(peer, _):
            os.sync()
            try:
                return self._time(peer, peer.argv("load", "-i", path))
            finally:
                self._quietly(peer, peer.argv("rmi", "bench-large"))

        try:
            return self._rounds(self.engines, self.bench.options.slow_repeats, sample)
        finally:
            os.unlink(path)

    def log(self):
        """Writes so many bytes of short lines through the log, then reads them back."""
        size = self.bench.options.log_mb * 1000 * 1000
        script = f"yes | head -c {size}"
        name = "bench-log"
        result = {"write": {}, "read": {}}

        def sample(peer, _):
            os.sync()
            try:
                write = self._time(peer, peer.write_log(name, script))
                write += self._time(peer, peer.argv("wait", name))
                read, count = self.commands.seconds_and_bytes(peer.argv("logs", name), peer.env)
                if count != size:
                    raise ValueError(f"logs gave {count} bytes back of {size}")
                return size / write / 1e6, size / read / 1e6
            finally:
                self._quietly(peer, peer.remove(name))

        samples = self._rounds(self.engines, self.bench.options.log_repeats, sample)
        for peer, pairs in samples.items():
            result["write"][peer] = [write for write, _ in pairs]
            result["read"][peer] = [read for _, read in pairs]
        return result


def pss(pid):
    """Proportional set size in bytes (proc_pid_smaps_rollup)."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
        for line in file:
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    raise ValueError(f"no Pss for process {pid}")


def parent(pid):
    """The parent process; the name before it in `stat` may hold blanks and brackets."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return int(file.read().rsplit(")", 1)[1].split()[1])
