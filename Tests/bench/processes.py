# SPDX-License-Identifier: Apache-2.0
"""What /proc says about other processes."""

import os
import time


def pss(pid):
    """Proportional set size in bytes (proc_pid_smaps_rollup)."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
        for line in file:
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    raise ValueError(f"no Pss for process {pid}")


def parent(pid):
    """The parent process; the name before it in `stat` may hold blanks and brackets."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return int(file.read().rsplit(")", 1)[1].split()[1])


def name_of(pid):
    """The name of the program, as the kernel keeps it: 15 bytes at most."""
    with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
        return file.read().rstrip("\n")


def children(pid):
    """The children of all its threads."""
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children", encoding="utf-8") as file:
            found += [int(word) for word in file.read().split()]
    return found


def wait_until_caught(pid, signal, seconds=5):
    """Until the process has a handler for the signal (SigCgt of proc_pid_status)."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            caught = [int(line.split()[1], 16) for line in file if line.startswith("SigCgt:")]
        if caught and caught[0] >> (signal - 1) & 1:
            return
        time.sleep(0.002)
    raise ValueError(f"process {pid} has no handler for signal {int(signal)} after {seconds} s")
