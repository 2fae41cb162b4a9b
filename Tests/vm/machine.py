# SPDX-License-Identifier: Apache-2.0
"""One boot of the virtual machine: qemu, and virtiofsd for the host's files."""

import os
import resource
import selectors
import subprocess
import sys
import time

from kernel import Unusable

VIRTIOFSD = "/usr/lib/qemu/virtiofsd"
# However this program ends, what it started ends too.
BOUND = ["setpriv", "--pdeathsig", "KILL", "--"]


def accelerator():
    """The processor's own virtualisation where there is one, else emulation: slow, but everywhere."""
    with open("/proc/cpuinfo", encoding="ascii") as processor:
        capable = {"vmx", "svm"} & set(processor.read().split())
    if capable and os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "kvm", "host"
    return "tcg,thread=multi", "max"


class Machine:
    """Where its files lie, and how it starts."""

    def __init__(self, folder, kernel, memory=2048, processors=2):
        self.folder = folder
        self.kernel = kernel
        self.memory = memory
        self.processors = processors
        self.disk = f"{folder}/disk.ext4"
        self.console = f"{folder}/console.log"
        self.result = f"{folder}/exit-code"
        self.socket = f"{folder}/virtiofs"

    def make_disk(self, gigabytes=8):
        """An empty ext4 file system; sparse, so it costs what is written."""
        if os.path.exists(self.disk):
            os.remove(self.disk)
        subprocess.run(
            ["mke2fs", "-q", "-F", "-t", "ext4", "-E", "lazy_itable_init=1,lazy_journal_init=1",
                self.disk, f"{gigabytes}G"], stdout=subprocess.DEVNULL, check=True)

    def serve_files(self):
        """virtiofsd, with as many open files as we may have: it keeps one for each it has shown."""
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        with open(f"{self.folder}/virtiofsd.log", "w", encoding="utf-8") as log:
            return subprocess.Popen(
                BOUND + [VIRTIOFSD, f"--socket-path={self.socket}", "--rlimit-nofile=0", "-f",
                    "-o", "source=/,sandbox=chroot,cache=always,no_posix_lock,no_flock"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def words(self, options, shell):
        """qemu's command line. `options` become swocker.NAME=VALUE for init and guest."""
        accel, processor = accelerator()
        append = ["console=ttyS0", "quiet", "loglevel=4", "panic=-1", "mitigations=off",
            "random.trust_cpu=on"]
        if options["cgroups"] == "v2":
            append.append("cgroup_no_v1=all")
        append += [f"swocker.{name}={value}" for name, value in options.items()]
        return [
            "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-no-reboot",
            "-display", "none", "-accel", accel, "-cpu", processor, "-smp", str(self.processors),
            "-m", f"{self.memory}M",
            "-object", f"memory-backend-memfd,id=memory,size={self.memory}M,share=on",
            "-machine", "q35,memory-backend=memory",
            "-chardev", f"socket,id=files,path={self.socket}",
            "-device", "vhost-user-fs-pci,chardev=files,tag=host,queue-size=1024",
            "-drive", f"file={self.disk},format=raw,if=none,id=disk,cache=unsafe,discard=unmap",
            "-device", "virtio-blk-pci,drive=disk",
            "-chardev", f"file,id=console,path={self.console}",
            "-chardev", "stdio,id=output,signal=" + ("off" if shell else "on"),
            "-chardev", f"file,id=result,path={self.result}",
            "-serial", "chardev:console", "-serial", "chardev:output", "-serial", "chardev:result",
            "-kernel", self.kernel.image, "-initrd", f"{self.folder}/initrd",
            "-append", " ".join(append),
        ]

    def boot(self, options, limit, shell=False, output=None):
        """Runs it until it powers itself off, at most `limit` seconds. Returns its job's exit code.

        `output`, when given, gets each piece of output and may end the machine by returning True."""
        if os.path.exists(self.result):
            os.remove(self.result)
        files = self.serve_files()
        try:
            self.await_socket(files)
            with subprocess.Popen(
                BOUND + self.words(options, shell), stdin=None if shell else subprocess.DEVNULL,
                stdout=None if shell else subprocess.PIPE,
            ) as qemu:
                try:
                    self.follow(qemu, time.monotonic() + limit, output)
                finally:
                    if qemu.poll() is None:
                        qemu.kill()
        finally:
            files.kill()
            files.wait()
            if os.path.exists(self.socket):
                os.remove(self.socket)
        return self.exit_code()

    def await_socket(self, files):
        deadline = time.monotonic() + 10
        while not os.path.exists(self.socket):
            if files.poll() is not None or time.monotonic() > deadline:
                with open(f"{self.folder}/virtiofsd.log", encoding="utf-8") as log:
                    raise Unusable(f"virtiofsd did not start: {log.read().strip()}")
            time.sleep(0.02)

    def follow(self, qemu, deadline, output):
        if qemu.stdout is None:
            qemu.wait()
            return
        with selectors.DefaultSelector() as selector:
            selector.register(qemu.stdout, selectors.EVENT_READ)
            while time.monotonic() < deadline:
                if not selector.select(timeout=1):
                    continue
                piece = os.read(qemu.stdout.fileno(), 65536)
                if not piece:
                    qemu.wait(timeout=30)
                    return
                sys.stdout.buffer.write(piece)
                sys.stdout.flush()
                if output and output(piece):
                    return
        raise Unusable(
            f"the virtual machine did not end in time; {self.console} has its kernel's messages")

    def exit_code(self):
        try:
            with open(self.result, encoding="ascii") as result:
                return int(result.read())
        except (OSError, ValueError):
            return None
