# SPDX-License-Identifier: Apache-2.0
"""One boot of the virtual machine: qemu, and virtiofsd for the host's files."""

import os
import resource
import selectors
import subprocess
import time

from kernel import Unusable

VIRTIOFSD = "/usr/lib/qemu/virtiofsd"
# However this program ends, what it started ends too.
BOUND = ["setpriv", "--pdeathsig", "KILL", "--"]
# Seconds until the machine's first word. It takes some ten in emulation.
PATIENCE_AT_BOOT = 180


def accelerator():
    """The processor's own virtualisation where there is one, else emulation: slow, but everywhere."""
    with open("/proc/cpuinfo", encoding="utf-8") as processor:
        capable = {"vmx", "svm"} & set(processor.read().split())
    if capable and os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "kvm", "host"
    return "tcg,thread=multi", "max"


class Machine:
    """Where its files lie, and how it starts."""

    def __init__(self, folder, kernel, memory):
        self.folder = folder
        self.kernel = kernel
        self.memory = memory
        self.disk = f"{folder}/disk.ext4"
        self.console = f"{folder}/console.log"
        self.result = f"{folder}/exit-code"
        self.socket = f"{folder}/virtiofs"

    def make_disk(self, gigabytes=8):
        """An empty ext4 file system; sparse, so it costs what is written."""
        remove(self.disk)
        subprocess.run(
            ["mke2fs", "-q", "-F", "-t", "ext4", self.disk, f"{gigabytes}G"],
            stdout=subprocess.DEVNULL, check=True)

    def serve_files(self):
        """virtiofsd, with as many open files as we may have: it keeps one for each it has shown."""
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        remove(self.socket)
        with open(f"{self.folder}/virtiofsd.log", "w", encoding="utf-8") as log:
            files = subprocess.Popen(
                BOUND + [VIRTIOFSD, f"--socket-path={self.socket}", "--rlimit-nofile=0", "-f",
                    "-o", "source=/,sandbox=chroot,cache=always,no_posix_lock,no_flock"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while not os.path.exists(self.socket):
            if files.poll() is not None or time.monotonic() > deadline:
                files.kill()
                with open(f"{self.folder}/virtiofsd.log", encoding="utf-8") as log:
                    raise Unusable(f"virtiofsd did not start: {log.read().strip()}")
            time.sleep(0.02)
        return files

    def words(self, options, shell):
        """qemu's command line. `options` become swocker.NAME=VALUE for init and guest."""
        accel, processor = accelerator()
        append = ["console=ttyS0", "quiet", "loglevel=4", "panic=-1", "mitigations=off"]
        if options["cgroups"] == "v2":
            append.append("cgroup_no_v1=all")
        append += [f"swocker.{name}={value}" for name, value in options.items()]
        return [
            "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-no-reboot",
            "-display", "none", "-accel", accel, "-cpu", processor, "-smp", "2",
            "-m", f"{self.memory}M",
            "-object", f"memory-backend-memfd,id=memory,size={self.memory}M,share=on",
            "-machine", "q35,memory-backend=memory",
            "-chardev", f"socket,id=files,path={self.socket}",
            "-device", "vhost-user-fs-pci,chardev=files,tag=host,queue-size=1024",
            "-drive", f"file={self.disk},format=raw,if=none,id=disk,cache=unsafe,discard=unmap",
            "-device", "virtio-blk-pci,drive=disk", "-device", "virtio-rng-pci",
            "-chardev", f"file,id=console,path={self.console}",
            "-chardev", "stdio,id=output,signal=" + ("off" if shell else "on"),
            "-chardev", f"file,id=result,path={self.result}",
            "-serial", "chardev:console", "-serial", "chardev:output", "-serial", "chardev:result",
            "-kernel", self.kernel.image, "-initrd", f"{self.folder}/initrd",
            "-append", " ".join(append),
        ]

    def boot(self, options, limit, write=None):
        """Runs it until it powers itself off, at most `limit` seconds, and hands its output to
        `write`; without that, it talks to our terminal. Returns the exit code of its job."""
        remove(self.result)
        files = self.serve_files()
        try:
            streams = {} if write is None else {
                "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE}
            with subprocess.Popen(BOUND + self.words(options, write is None), **streams) as qemu:
                try:
                    if write is None:
                        qemu.wait()
                    else:
                        self.follow(qemu, limit, write)
                finally:
                    qemu.kill()
        finally:
            files.kill()
            files.wait()
        return self.exit_code()

    def follow(self, qemu, limit, write):
        began = time.monotonic()
        silent = True
        with selectors.DefaultSelector() as selector:
            selector.register(qemu.stdout, selectors.EVENT_READ)
            while time.monotonic() < began + (min(limit, PATIENCE_AT_BOOT) if silent else limit):
                if not selector.select(timeout=1):
                    continue
                piece = os.read(qemu.stdout.fileno(), 65536)
                if not piece:
                    qemu.wait(timeout=30)
                    return
                silent = False
                write(piece)
        raise Unusable(
            f"the virtual machine did not {'start' if silent else 'end'} in time; its kernel's "
            f"messages are in {self.console}")

    def exit_code(self):
        try:
            with open(self.result, encoding="ascii") as result:
                return int(result.read())
        except (OSError, ValueError) as error:
            raise Unusable(
                f"the virtual machine ended before its job; its kernel's messages are in "
                f"{self.console}") from error


def remove(path):
    if os.path.exists(path):
        os.remove(path)
