# SPDX-License-Identifier: Apache-2.0
"""OCI runtimes, and the bundles that all of them run: `runc spec`'s configuration on busybox."""

import json
import os
import platform
import shutil
import subprocess

from peers import FOREVER, Peer, Unavailable, first_line

# Derived from Docker's default profile; Debian's golang-github-containers-common has it.
PROFILE = "/usr/share/containers/seccomp.json"
# What Docker gives a container; the profile asks for them.
DOCKER_CAPABILITIES = {"CAP_" + name for name in (
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW "
    "SETFCAP SETGID SETPCAP SETUID SYS_CHROOT").split()}
# The profile's two names of a machine: its own, and libseccomp's.
MACHINES = {"x86_64": ("amd64", "SCMP_ARCH_X86_64"), "aarch64": ("arm64", "SCMP_ARCH_AARCH64")}


def seccomp(path=PROFILE):
    """Docker's form of a profile as the OCI's: conditions on capabilities and machine decided."""
    machine, architecture = MACHINES[platform.machine()]
    with open(path, encoding="utf-8") as file:
        profile = json.load(file)

    def holds(condition):
        capabilities = set(condition.get("caps") or [])
        return (capabilities <= DOCKER_CAPABILITIES
                and machine in (condition.get("arches") or [machine]))

    def excluded(condition):
        return (bool(DOCKER_CAPABILITIES & set(condition.get("caps") or []))
                or machine in (condition.get("arches") or []))

    also = [entry["subArchitectures"] for entry in profile["archMap"]
            if entry["architecture"] == architecture]
    return {
        "defaultAction": profile["defaultAction"],
        "defaultErrnoRet": profile.get("defaultErrnoRet", 1),
        "architectures": [architecture, *(also[0] if also else [])],
        "syscalls": [
            {key: rule[key] for key in ("names", "action", "args", "errnoRet") if rule.get(key)}
            for rule in profile["syscalls"]
            if holds(rule.get("includes") or {}) and not excluded(rule.get("excludes") or {})],
    }


class BundleRuntime(Peer):
    """An OCI runtime and prepared bundles: no image, no log, no monitor, a root without overlay."""

    def start(self):
        self.program = self.name
        self._make_bundles()

    def _make_bundles(self):
        self.version = first_line([self.program, "--version"])
        os.makedirs(self.directory)
        self._bundle("true", ["true"])
        self._bundle("sleep", FOREVER)
        if os.path.exists(PROFILE) and platform.machine() in MACHINES:
            self._bundle("seccomp", ["true"], seccomp())

    def _bundle(self, name, arguments, profile=None):
        """The same document for every runtime, whoever made it."""
        directory = os.path.join(self.directory, name)
        os.makedirs(directory)
        author = shutil.which("runc") or shutil.which("crun") or self.program
        subprocess.run([author, "spec"], cwd=directory, check=True)
        path = os.path.join(directory, "config.json")
        with open(path, encoding="utf-8") as file:
            spec = json.load(file)
        spec["root"] = {"path": self.bench.rootfs, "readonly": False}
        spec["process"].update(terminal=False, args=arguments)
        if profile is not None:
            spec["linux"]["seccomp"] = profile
        with open(path, "w", encoding="utf-8") as file:
            json.dump(spec, file)

    def argv(self, *words):
        return [self.program, "--root", os.path.join(self.directory, "state"), *words]

    def bundle(self, name):
        return os.path.join(self.directory, name)

    def run(self):
        return self.argv("run", "--bundle", self.bundle("true"), "bench-true")

    def run_detached(self, name):
        return self.argv("run", "--detach", "--bundle", self.bundle("sleep"), name)

    def create(self, name, bundle, pid_file):
        return self.argv("create", "--bundle", self.bundle(bundle), "--pid-file", pid_file, name)

    def exec(self, name):
        return self.argv("exec", name, "true")

    def remove(self, name):
        return self.argv("delete", "--force", name)


class OwnRuntime(BundleRuntime):
    """Our own, which stands beside `swocker`."""

    name = "swocker-runtime"

    def start(self):
        engine = os.environ.get("SWOCKER") or os.path.join(self.bench.top, "bin", "swocker")
        self.program = os.path.join(os.path.dirname(os.path.abspath(engine)), self.name)
        if not os.access(self.program, os.X_OK):
            raise Unavailable(f"{self.program} is not built (make build)")
        self._make_bundles()


class Runc(BundleRuntime):
    name = "runc"


class Crun(BundleRuntime):
    name = "crun"
