# SPDX-License-Identifier: Apache-2.0
"""The engines under measurement: how each one says the same thing, and how it is set up and gone.

A peer that cannot do a row has no such method or answers None; one that cannot run at all raises
Unavailable with the reason, which the report prints.
"""

import os
import resource
import signal
import subprocess
import time

from processes import children, name_of
from timing import CommandFailed

FOREVER = ["sleep", "1000000"]
OBEDIENT = "trap 'exit 0' TERM; sleep 1000000 & wait"


class Unavailable(Exception):
    """Why a peer takes no part."""


def first_line(argv):
    """The first line that a program prints, or its absence as Unavailable."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
    except OSError as error:
        raise Unavailable(f"{argv[0]}: {error.strerror}") from error
    return (done.stdout or done.stderr).strip().split("\n")[0]


def compiled(bench, name):
    """A C program of this directory as a static one in the scratch directory."""
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".c")
    program = os.path.join(bench.scratch, name + "-program")
    compiler = [os.environ.get("CC", "gcc"), "-O2", "-static", "-o", program, source]
    try:
        subprocess.run(compiler, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Unavailable(f"cannot compile {name}.c: {error}") from error
    return program


class Peer:
    """What the rows ask of every peer: argument lists, nothing is run here."""

    name = ""
    version = ""
    note = ""
    env = None

    def __init__(self, bench):
        self.bench = bench
        self.directory = os.path.join(bench.scratch, self.name)

    def start(self):
        """Makes the peer ready to run busybox."""

    def stop(self):
        """Leaves nothing of it behind."""

    def run(self):
        """A container that runs `true` and is gone."""

    def run_detached(self, name):
        """A container that is left running."""

    def exec(self, name):
        """`true` in a running container."""

    def remove(self, name):
        """The end of a container, running or not."""

    def daemons(self):
        """Process ids of what must run for the peer to work at all."""
        return []

    def port_keepers(self):
        """Process ids of what runs for published ports only."""
        return []


class Floor(Peer):
    """The bare launcher of floor.c."""

    name = "floor"
    version = "clone3, overlay, pivot_root, exec, in C"

    def start(self):
        self.program = compiled(self.bench, "floor")
        os.makedirs(self.directory)

    def run(self):
        return [self.program, self.bench.rootfs, self.directory, "true"]


class Engine(Peer):
    """An engine with Docker's command line."""

    prefix = []
    run_options = []
    remove_options = ["--force"]
    log_options = []

    def argv(self, *words):
        return [*self.prefix, *words]

    def container(self, verb, *words, network="none"):
        """`run` or `create` with what every container here has."""
        return self.argv(verb, "--network", network, *self.run_options, *words)

    def run(self):
        return self.container("run", "--rm", "busybox", "true")

    def run_detached(self, name):
        return self.container("run", "-d", "--name", name, "busybox", *FOREVER)

    def create(self, name):
        return self.container("create", "--name", name, "busybox", "true")

    def run_obedient(self, name):
        """A container that is left running and ends at SIGTERM."""
        return self.container("run", "-d", "--name", name, "busybox", "sh", "-c", OBEDIENT)

    def write_log(self, name, script):
        options = ["-d", "--name", name, *self.log_options]
        return self.container("run", *options, "busybox", "sh", "-c", script)

    def exec(self, name):
        return self.argv("exec", name, "true")

    def remove(self, *names):
        return self.argv("rm", *self.remove_options, *names)

    def pull(self, image):
        return self.argv("pull", "-q", image)

    def pid(self, name):
        text = self.bench.commands.text(
            self.argv("inspect", "-f", "{{.State.Pid}}", name), self.env)
        return int(text)

    def trial(self):
        """Loads busybox and has it say a word; any failure leaves the peer out."""
        echo = self.container("run", "--rm", "busybox", "echo", "bench")
        try:
            self.bench.commands.seconds(self.argv("load", "-i", self.bench.busybox), self.env)
            answer = self.bench.commands.text(echo, self.env)
        except CommandFailed as error:
            raise Unavailable(str(error)) from error
        if answer != "bench\n":
            raise Unavailable(f"run busybox echo bench: printed {answer!r}")


class Swocker(Engine):
    """The program under test, in a root of its own."""

    name = "swocker"

    def start(self):
        program = os.environ.get("SWOCKER") or os.path.join(self.bench.top, "bin", "swocker")
        if not os.access(program, os.X_OK):
            raise Unavailable(f"{program} is not built (make build)")
        os.makedirs(self.directory)
        self.prefix = [program, "--root", os.path.join(self.directory, "root"),
                       "--state", os.path.join(self.directory, "state")]
        self.version = first_line([program, "--version"])
        self.trial()


class Docker(Engine):
    """A dockerd of our own; its bridge and its rules die with the benchmark's network namespace."""

    name = "docker"
    daemon = None

    def start(self):
        client = first_line(["docker", "--version"])
        server = first_line(["dockerd", "--version"])
        self.version = f"{client}; {server}"
        os.makedirs(self.directory)
        self.prefix = ["docker", "-H", "unix://" + self._path("sock")]
        with open(self._path("config"), "w", encoding="utf-8") as config:
            config.write("{}")  # not the host's daemon.json
        try:
            self._start_daemon()
        except Unavailable as error:
            self.note = f"without a bridge ({error})"
            self._start_daemon("--iptables=false", "--bridge=none")
        self.trial()

    def _start_daemon(self, *options):
        with open(self._path("log"), "wb") as log:
            self.daemon = subprocess.Popen([
                "dockerd", "--data-root", self._path("data"), "--exec-root", self._path("exec"),
                "--pidfile", self._path("pid"), "-H", "unix://" + self._path("sock"),
                "--config-file", self._path("config"),
                "--ip6tables=false", *options,
            ], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._wait_until_it_answers()

    def _path(self, name):
        return os.path.join(self.directory, name)

    def _wait_until_it_answers(self):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.daemon.poll() is None:
            try:
                self.bench.commands.seconds(self.argv("version"))
                return
            except CommandFailed:
                time.sleep(0.1)
        with open(self._path("log"), encoding="utf-8", errors="replace") as log:
            raise Unavailable("dockerd: " + log.read().strip().split("\n")[-1][:400])

    def daemons(self):
        return [self.daemon.pid, *children(self.daemon.pid)]

    def port_keepers(self):
        return [pid for pid in children(self.daemon.pid) if name_of(pid) == "docker-proxy"]

    def stop(self):
        if self.daemon is None or self.daemon.poll() is not None:
            return
        self.daemon.send_signal(signal.SIGTERM)
        try:
            self.daemon.wait(30)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            self.daemon.wait()


class Podman(Engine):
    """podman in a root of its own, with its default runtime."""

    name = "podman"
    # Its `rm --force` asks politely for ten seconds first; docker's does not.
    remove_options = ["--force", "--time", "0"]
    log_options = ["--log-driver", "k8s-file"]
    ready = False

    def pull(self, image):
        return self.argv("pull", "-q", "--tls-verify=false", image)

    def start(self):
        self.version = first_line(["podman", "--version"])
        os.makedirs(self.directory)
        self.prefix = [
            "podman", "--root", os.path.join(self.directory, "root"),
            "--runroot", os.path.join(self.directory, "run"), "--storage-driver", "overlay",
            "--cgroup-manager", "cgroupfs", "--events-backend", "file",
        ]
        self.ready = True
        try:
            self.trial()
        except Unavailable:
            # Without CAP_SYS_RESOURCE it fails to raise the limits that it wants.
            limits = {"nofile": resource.RLIMIT_NOFILE, "nproc": resource.RLIMIT_NPROC}
            self.run_options = list(self.run_options)
            for name, limit in limits.items():
                value = min(1024, resource.getrlimit(limit)[1])
                self.run_options += ["--ulimit", f"{name}={value}:{value}"]
            self.note = "with --ulimit, since it may not raise limits here"
            self.trial()

    def stop(self):
        if self.ready:
            subprocess.run(self.remove("--all"), check=False, capture_output=True)
            subprocess.run(self.argv("unmount", "--all"), check=False, capture_output=True)
