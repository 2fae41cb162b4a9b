# SPDX-License-Identifier: Apache-2.0
"""Debian's registry on loopback, for as long as a measurement takes."""

import os
import socket
import subprocess
import time


class LocalRegistry:
    """A context that answers `host:port`."""

    def __init__(self, scratch):
        self.directory = os.path.join(scratch, "registry")

    def __enter__(self):
        os.makedirs(self.directory, exist_ok=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        path = os.path.join(self.directory, "config.yml")
        with open(path, "w") as config:
            config.write(
                "version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n"
                f"storage: {{filesystem: {{rootdirectory: {self.directory}/store}}}}\n"
                f'http: {{addr: "127.0.0.1:{port}"}}\n')
        self.process = subprocess.Popen(
            ["docker-registry", "serve", path], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return f"127.0.0.1:{port}"
            time.sleep(0.05)
        self.__exit__()
        raise OSError("docker-registry does not start")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
