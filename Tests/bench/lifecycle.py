# SPDX-License-Identifier: Apache-2.0
"""What scripts do with containers all day, and what many containers cost."""

import signal

from processes import wait_until_caught
from report import OWN, Row, milliseconds
from rounds import Rounds

MANY, MANY_OF_OTHERS, WATCHED = 1000, 200, 50
GROUP = "lifecycle"


class LifecycleRows(Rounds):
    """The engines beside each other."""

    ROWS = {
        "restart": "restart of a process that obeys", "stop": "stop of a process that obeys",
        "pause": "pause and unpause", "many": "ps -a, 1,000 containers",
        "stats": "stats --no-stream, 50 running",
    }

    def __init__(self, bench):
        super().__init__(bench)
        self.repeats = max(1, self.options.repeats // 2)

    def restart(self):
        name = "bench-restart"

        def sample(peer, number):
            if number == 0:
                self.time(peer, peer.run_obedient(name))
            wait_until_caught(peer.pid(name), signal.SIGTERM)
            return self.time(peer, peer.argv("restart", "-t", "10", name))

        yield from self._beside("restart", "restart", name, sample)

    def stop(self):
        name = "bench-stop"

        def sample(peer, number):
            verb = peer.run_obedient(name) if number == 0 else peer.argv("start", name)
            self.time(peer, verb)
            wait_until_caught(peer.pid(name), signal.SIGTERM)
            return self.time(peer, peer.argv("stop", "-t", "10", name))

        yield from self._beside("stop", "stop", name, sample)

    def pause(self):
        name = "bench-pause"

        def sample(peer, number):
            if number == 0:
                self.time(peer, peer.run_detached(name))
            return (self.time(peer, peer.argv("pause", name))
                    + self.time(peer, peer.argv("unpause", name)))

        yield from self._beside("pause", "pause and unpause", name, sample)

    def _beside(self, key, title, name, sample):
        try:
            yield Row(key, title, milliseconds,
                      self.rounds(self.engines, self.repeats, sample), group=GROUP)
        finally:
            for peer in self.engines:
                self.quietly(peer, peer.remove(name))

    def many(self):
        """Containers that were created once; the others' creation takes minutes, so without --full
        docker has fewer, the title says so, and only a goal that is met even so is judged."""
        peers = self.only(OWN, "docker")
        names = {peer.name: [f"bench-many{number}" for number in range(
            MANY if peer.name == OWN else MANY if self.options.full else MANY_OF_OTHERS)]
            for peer in peers}

        def fill(peer, _):
            for name in names[peer.name]:
                self.time(peer, peer.create(name))
            return 0

        filled = self.rounds(peers, 1, fill)
        ready = [peer for peer in peers if peer.name in filled]
        title = f"ps -a ({MANY:,} containers"
        title += ")" if self.options.full else f"; docker {MANY_OF_OTHERS})"
        try:
            yield Row("many", title, milliseconds, self.rounds(
                ready, self.repeats, lambda peer, _: self.time(peer, peer.argv("ps", "-a"))),
                group=GROUP, lenient=not self.options.full)
        finally:
            for peer in peers:
                self.quietly(peer, peer.remove(*names[peer.name]))

    def stats(self):
        """Docker waits for two samples of its daemon, a second apart: beside it with --full."""
        peers = self.only(OWN)
        names = [f"bench-stats{number}" for number in range(WATCHED)]

        def fill(peer, _):
            for name in names:
                self.time(peer, peer.run_detached(name))
            return 0

        def sample(peer, _):
            return self.time(peer, peer.argv("stats", "--no-stream"))

        filled = self.rounds(peers, 1, fill)
        try:
            yield Row("stats", f"stats --no-stream ({WATCHED} running)", milliseconds, self.rounds(
                [peer for peer in peers if peer.name in filled], min(5, self.repeats), sample),
                group=GROUP)
        finally:
            for peer in peers:
                self.quietly(peer, peer.remove(*names))
