# SPDX-License-Identifier: Apache-2.0
"""Debian's cloud kernel and the memory disk that it starts from: fetched and made once, kept."""

import os
import shutil
import subprocess

PACKAGE = "linux-image-cloud-amd64"
# What stands between the kernel and its root; everything else is loaded from the host's files.
MODULES = ["virtio_pci", "virtio_blk", "virtiofs", "overlay", "ext4"]


class Unusable(Exception):
    """The machine cannot be made here; the text says why and what to do."""


def command(*words, **options):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    if done.returncode != 0:
        raise Unusable(f"{' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def known(package):
    """Whether apt has the package in its lists."""
    return subprocess.run(
        ["apt-cache", "show", package], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        check=False).returncode == 0


class Kernel:
    """The unpacked package below `folder`."""

    def __init__(self, folder):
        self.folder = folder
        self.fetch()
        self.version = os.listdir(f"{folder}/lib/modules")[0]
        self.image = f"{folder}/boot/vmlinuz-{self.version}"

    def fetch(self):
        """Unpacked beside and renamed into place, so that an interrupted one is begun anew."""
        if os.path.isdir(self.folder):
            return
        new = self.folder + ".new"
        shutil.rmtree(new, ignore_errors=True)
        os.makedirs(new)
        if not known(PACKAGE):
            command("apt-get", "update", "-q")
        depends = command("apt-cache", "depends", "--important", PACKAGE).split()
        names = [word for word in depends if word.startswith("linux-image-") and word != PACKAGE]
        if not names:
            raise Unusable(f"apt knows no {PACKAGE}: the kernel of the tests is Debian's")
        command("apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", names[0], cwd=new)
        package, = os.listdir(new)
        command("dpkg", "-x", f"{new}/{package}", new)
        os.remove(f"{new}/{package}")
        command("depmod", "-b", new, os.listdir(f"{new}/lib/modules")[0])
        os.rename(new, self.folder)

    def modules(self):
        """The files of MODULES and of what they need, in the order of loading."""
        files = []
        for name in MODULES:
            needs = command("modprobe", "-S", self.version, "-d", self.folder, "--show-depends", name)
            for line in needs.splitlines():
                words = line.split()
                if words[0] == "insmod" and words[1] not in files:
                    files.append(words[1])
        return files

    def memory_disk(self, path, init):
        """An initramfs with busybox, the modules and `init`, written to `path`."""
        top = path + ".d"
        shutil.rmtree(top, ignore_errors=True)
        os.makedirs(f"{top}/bin")
        os.makedirs(f"{top}/modules")
        shutil.copy("/bin/busybox", f"{top}/bin/busybox")
        shutil.copy(init, f"{top}/init")
        order = self.modules()
        for file in order:
            shutil.copy(file, f"{top}/modules")
        with open(f"{top}/modules/order", "w", encoding="ascii") as names:
            names.writelines(os.path.basename(file) + "\n" for file in order)
        listing = command("find", ".", cwd=top)
        with open(path, "wb") as disk:
            subprocess.run(
                ["cpio", "-o", "-H", "newc", "--quiet"], input=listing.encode(), stdout=disk,
                cwd=top, check=True)
        shutil.rmtree(top)
