# SPDX-License-Identifier: Apache-2.0
"""OCI runtimes beside each other: the same bundle, the same document, the same commands."""

import contextlib
import ctypes
import os
import select
import time

from bundles import PROFILE, BundleRuntime, OwnRuntime
from peers import Floor, Unavailable, compiled
from processes import children
from report import Row, mebibytes, milliseconds
from rounds import Rounds

PR_SET_CHILD_SUBREAPER = 36


class RuntimeRows(Rounds):
    """`swocker-runtime` beside crun and runc."""

    ROWS = {
        "runtime": "create, start, delete of a bundle",
        "seccomp": "the same with Docker's seccomp profile",
        "runtime-exec": "exec of true in a bundle", "peak": "peak memory of create",
    }

    def __init__(self, bench):
        super().__init__(bench)
        self.runtimes = [peer for peer in self.peers if isinstance(peer, BundleRuntime)]
        self.pid_file = os.path.join(bench.scratch, "pid")

    def _row(self, key, title, write, samples):
        return Row(key, title, write, samples, own=OwnRuntime.name, group="OCI runtimes")

    def runtime(self):
        """The floor starts, waits and removes in one command."""
        def sample(peer, number):
            if isinstance(peer, Floor):
                return self.time(peer, peer.run())
            return self._cycle(peer, f"bench-cycle{number}", "true")

        peers = [peer for peer in self.peers if isinstance(peer, (Floor, BundleRuntime))]
        with subreaper():
            yield self._row("runtime", "create, start, delete", milliseconds,
                            self.rounds(peers, self.options.repeats, sample))

    def seccomp(self):
        if not os.path.exists(PROFILE):
            self.bench.failures.append(
                f"seccomp: no {PROFILE} (Debian: golang-github-containers-common)")
            return
        with subreaper():
            yield self._row(
                "seccomp", "the same with seccomp", milliseconds,
                self.rounds(self.runtimes, self.options.repeats, lambda peer, number:
                            self._cycle(peer, f"bench-seccomp{number}", "seccomp")))

    def _cycle(self, peer, name, bundle):
        """Seconds from before `create` to after `delete`; the program's end is waited for in
        between, through its pidfd, for `delete` refuses what runs."""
        begin = time.perf_counter()
        try:
            self.time(peer, peer.create(name, bundle, self.pid_file))
            with open(self.pid_file, encoding="utf-8") as file:
                pid = int(file.read())
            pidfd = os.pidfd_open(pid)
            try:
                self.time(peer, peer.argv("start", name))
                if not select.select([pidfd], [], [], 10)[0]:
                    raise ValueError(f"true in {name} did not end within 10 s")
            finally:
                os.close(pidfd)
            os.waitpid(pid, 0)
            self.time(peer, peer.argv("delete", name))
        except BaseException:
            self.quietly(peer, peer.remove(name))
            raise
        return time.perf_counter() - begin

    def runtime_exec(self):
        name = "bench-runtime-exec"

        def sample(peer, number):
            if number == 0:
                self.time(peer, peer.run_detached(name))
            return self.time(peer, peer.exec(name))

        try:
            yield self._row("runtime-exec", "exec true", milliseconds, self.rounds(
                self.runtimes, max(2, self.options.repeats), sample))
        finally:
            for peer in self.runtimes:
                self.quietly(peer, peer.remove(name))

    def peak(self):
        """Of `create` itself; the container's process is not among what it waits for."""
        try:
            program = compiled(self.bench, "peak")
        except Unavailable as error:
            self.bench.failures.append(f"peak memory: {error}")
            return
        answer = os.path.join(self.bench.scratch, "peak-answer")

        def sample(peer, number):
            name = f"bench-peak{number}"
            try:
                create = peer.create(name, "true", self.pid_file)
                self.time(peer, [program, answer, *create])
                with open(answer, encoding="utf-8") as file:
                    return int(file.read()) * 1024
            finally:
                self.quietly(peer, peer.remove(name))

        with subreaper():
            yield self._row("peak", "peak memory of create", mebibytes,
                            self.rounds(self.runtimes, min(5, self.options.repeats), sample))


@contextlib.contextmanager
def subreaper():
    """A container's process becomes a child of this one when `create` ends, as it becomes one of
    containerd's shim: nobody else's speed at reaping counts then."""
    libc = ctypes.CDLL(None, use_errno=True)

    def become(value):
        if libc.prctl(PR_SET_CHILD_SUBREAPER, value, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "PR_SET_CHILD_SUBREAPER")

    become(1)
    try:
        yield
    finally:
        become(0)
        reap()


def reap():
    """What has ended and nobody asked for. A Popen whose child is gone takes it as an end."""
    for pid in children(os.getpid()):
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
