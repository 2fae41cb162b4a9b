# SPDX-License-Identifier: Apache-2.0
"""Building: a small Dockerfile with a context of many files and two RUN steps, uncached and cached.
Docker builds with its own builder, not BuildKit, and podman's store is built in by buildah."""

import os

from peers import Docker, Podman
from report import Row, milliseconds
from rounds import Rounds

FILES = 2000
DOCKERFILE = """\
FROM busybox
COPY . /src
RUN find /src -type f | wc -l > /count
RUN md5sum /src/part0/file0 > /sum
CMD ["cat", "/count"]
"""


class BuildRows(Rounds):
    """What a build costs."""

    ROWS = {"build": "build, nothing cached", "rebuild": "build, everything cached"}

    def _context(self):
        top = os.path.join(self.bench.scratch, "context")
        if os.path.isdir(top):
            return top
        for number in range(FILES):
            part = os.path.join(top, f"part{number // 100}")
            os.makedirs(part, exist_ok=True)
            with open(os.path.join(part, f"file{number}"), "w", encoding="ascii") as file:
                file.write(f"{number}\n" * 200)
        with open(os.path.join(top, "Dockerfile"), "w", encoding="ascii") as file:
            file.write(DOCKERFILE)
        return top

    def _build(self, peer, *options):
        words = ["--network", "none", "-t", "bench-built", *options, self._context()]
        if isinstance(peer, Podman):
            # The same store and options, but for those that buildah does not have.
            own = peer.prefix[1:7]
            layers = [] if "--no-cache" in options else ["--layers"]
            return ["buildah", *own, "bud", *peer.run_options, *layers, *words]
        return peer.argv("build", *words)

    def _sample(self, peer, *options):
        if isinstance(peer, Docker):
            peer.env = {**os.environ, "DOCKER_BUILDKIT": "0"}
        try:
            return self.time(peer, self._build(peer, *options))
        finally:
            peer.env = None

    def build(self):
        yield Row("build", f"build ({FILES:,} files, two RUN)", milliseconds, self.rounds(
            self.engines, self.options.slow_repeats,
            lambda peer, _: self._sample(peer, "--no-cache")))

    def rebuild(self):
        yield Row("rebuild", "the same, all cached", milliseconds, self.rounds(
            self.engines, max(2, self.options.slow_repeats),
            lambda peer, _: self._sample(peer)))
