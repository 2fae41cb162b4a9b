# SPDX-License-Identifier: Apache-2.0
"""Rounds in which the peers take turns, so that whatever else the machine does hits them alike."""

from peers import Engine
from timing import CommandFailed


class Rounds:
    """What all groups of rows stand on: the peers that are ready, and the taking of samples."""

    def __init__(self, bench):
        self.bench = bench
        self.options = bench.options
        self.commands = bench.commands
        self.peers = bench.ready
        self.engines = [peer for peer in bench.ready if isinstance(peer, Engine)]

    def only(self, *names):
        """These engines, the others with --full."""
        return [peer for peer in self.engines if self.options.full or peer.name in names]

    def rounds(self, peers, repeats, sample):
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
                    self.failed(peer, error)
                    continue
                if number >= warm_up:
                    samples[peer.name].append(value)
        return samples

    def failed(self, peer, error):
        """Keeps why a peer is not in a row, once."""
        text = f"{peer.name}: {error}"
        if text not in self.bench.failures:
            self.bench.failures.append(text)

    def time(self, peer, argv):
        return self.commands.seconds(argv, peer.env)

    def quietly(self, peer, argv):
        """Cleaning up: a failure is told, and stops nothing."""
        try:
            self.time(peer, argv)
        except CommandFailed as error:
            self.failed(peer, error)


def column(samples, index):
    """One part of samples that have several."""
    return {peer: [values[index] for values in taken] for peer, taken in samples.items()}
