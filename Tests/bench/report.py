# SPDX-License-Identifier: Apache-2.0
"""The table of medians and ratios, the goals, and the Markdown that goes into the docs."""

import os
import platform
import re
import statistics
import time

OWN = "swocker"
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"


def milliseconds(value):
    value *= 1000
    return f"{value:.1f} ms" if value < 100 else f"{value:.0f} ms"


def mebibytes(value):
    return "0" if value == 0 else f"{value / (1 << 20):.2f} MiB"


def throughput(value):
    return f"{value:.0f} MB/s" if value >= 10 else f"{value:.1f} MB/s"


class Row:
    """One line of the table: samples per peer, and how to write a value."""

    def __init__(self, key, title, write, samples, more_is_better=False):
        self.key, self.title, self.write = key, title, write
        self.medians = {peer: statistics.median(values) for peer, values in samples.items()}
        self.more_is_better = more_is_better

    def cell(self, peer):
        """The median, and how many times swocker's it is."""
        if peer not in self.medians:
            return "–"
        text = self.write(self.medians[peer])
        own = self.medians.get(OWN)
        if own and peer != OWN and self.medians[peer]:
            ratio = self.medians[peer] / own
            text += f" ({ratio:.0f}×)" if ratio >= 10 else f" ({ratio:.2g}×)"
        return text


# Row, peer, factor: swocker's median has to be at most `factor` times the peer's (at least, where
# more is better).
GOALS = [
    ("run", "floor", 4), ("run", "docker", 0.1), ("run", "podman", 0.1), ("run", "runc", 1),
    ("exec", "docker", 0.2), ("ps", "docker", 0.5), ("inspect", "docker", 0.5),
    ("write", "docker", 2), ("write", "podman", 2), ("read", "docker", 1), ("read", "podman", 1),
    ("load", "docker", 1), ("load", "podman", 1),
]
MONITOR_GOAL = 1 << 20


def goals(rows):
    """One line per goal that can be judged."""
    by_key = {row.key: row for row in rows}
    for key, peer, factor in GOALS:
        row = by_key.get(key)
        if row is None or OWN not in row.medians or peer not in row.medians:
            continue
        ratio = row.medians[OWN] / row.medians[peer]
        met = ratio >= factor if row.more_is_better else ratio <= factor
        bound = "at least" if row.more_is_better else "at most"
        yield met, f"{row.title}: {ratio:.3g} × {peer}'s, {bound} {factor:g}"
    row = by_key.get("monitor")
    if row is not None and OWN in row.medians:
        size = row.medians[OWN]
        yield size <= MONITOR_GOAL, f"{row.title}: {mebibytes(size)}, at most 1 MiB"


def table(rows, names):
    """Header and cells as text."""
    yield ["", *names]
    for row in rows:
        yield [row.title, *(row.cell(name) for name in names)]


def as_text(rows, names):
    lines = list(table(rows, names))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
        for line in lines)


def as_markdown(rows, names):
    header, *body = table(rows, names)
    lines = [header, ["---"] * len(header), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def machine():
    """What was measured on."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    return (f"{os.cpu_count()} × {model[1] if model else platform.machine()}, "
            f"Linux {platform.release()}, load {os.getloadavg()[0]:.2f}")


def write_markdown(path, rows, names, bench):
    """Replaces the part between the markers, or makes the file."""
    lines = [BEGIN, f"{time.strftime('%Y-%m-%d')}, {bench.machine}; medians of "
             f"{bench.options.repeats} (load {bench.options.slow_repeats}, log "
             f"{bench.options.log_repeats}), in brackets the multiple of swocker's.", "",
             as_markdown(rows, names), ""]
    lines += [f"- {name}: {text}" for name, text in bench.notes()]
    lines += [f"- left out of a row: {text}" for text in bench.failures]
    judged = list(goals(rows))
    if judged:
        lines += ["", "| goal | |", "|---|---|"]
        lines += [f"| {text} | {'met' if met else '**missed**'} |" for met, text in judged]
    section = "\n".join([*lines, END])
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except FileNotFoundError:
        text = f"# Performance\n\nMade by `make bench`.\n\n{BEGIN}{END}\n"
    if BEGIN not in text or END not in text:
        text = f"{text.rstrip()}\n\n{BEGIN}{END}\n"
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    with open(path, "w", encoding="utf-8") as file:
        file.write(before + section + after)
