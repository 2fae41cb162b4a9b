# SPDX-License-Identifier: Apache-2.0
"""Starting a command and timing it, with as little of Python in between as can be."""

import os
import time


class CommandFailed(Exception):
    """A command under measurement did not do its work; carries its own words."""

    def __init__(self, argv, code, words, scratch):
        command = " ".join([os.path.basename(argv[0]), *argv[1:]])
        text = f"{command}: exit code {code}: {words or '(no message)'}"
        super().__init__(text.replace(scratch, "…"))


class Commands:
    """Runs commands with stdin and stdout at /dev/null and stderr in a file."""

    def __init__(self, scratch):
        self.scratch = scratch
        self.stderr = os.path.join(scratch, "stderr")
        self.stdout = os.path.join(scratch, "stdout")

    def seconds(self, argv, env=None):
        """Wall time from before the spawn until the command has been waited for."""
        return self._run(argv, env, "/dev/null")

    def text(self, argv, env=None):
        """What the command prints."""
        self._run(argv, env, self.stdout)
        with open(self.stdout, encoding="utf-8", errors="replace") as file:
            return file.read()

    def seconds_and_bytes(self, argv, env=None):
        """Wall time of a command whose output is read through a pipe, and how much came."""
        reader, writer = os.pipe()
        # Larger reads than most readers make: the pipe must not be what is measured.
        begin = time.perf_counter()
        pid = self._spawn(argv, env, [(os.POSIX_SPAWN_DUP2, writer, 1)])
        os.close(writer)
        count = 0
        while chunk := os.read(reader, 1 << 20):
            count += len(chunk)
        os.close(reader)
        self._wait(pid, argv)
        return time.perf_counter() - begin, count

    def _run(self, argv, env, stdout):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        begin = time.perf_counter()
        pid = self._spawn(argv, env, [(os.POSIX_SPAWN_OPEN, 1, stdout, flags, 0o600)])
        self._wait(pid, argv)
        return time.perf_counter() - begin

    def _spawn(self, argv, env, stdout):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        actions = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0), *stdout,
                   (os.POSIX_SPAWN_OPEN, 2, self.stderr, flags, 0o600)]
        return os.posix_spawnp(argv[0], argv, env or os.environ, file_actions=actions)

    def _wait(self, pid, argv):
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if code != 0:
            with open(self.stderr, encoding="utf-8", errors="replace") as file:
                lines = [line.strip() for line in file if line.strip()]
            raise CommandFailed(argv, code, " / ".join(lines[-3:])[:400], self.scratch)
