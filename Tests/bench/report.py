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
    """One line of a table: samples per peer, and how to write a value. `own` is the peer whose
    multiples the others are; `group` the table; of a `lenient` row only a goal that is met counts,
    since the others had an easier task."""

    def __init__(self, key, title, write, samples, more_is_better=False, *, own=OWN,
                 group="engines", lenient=False):
        self.key, self.title, self.write = key, title, write
        self.medians = {peer: statistics.median(values) for peer, values in samples.items()}
        self.more_is_better, self.own, self.group, self.lenient = more_is_better, own, group, lenient

    def cell(self, peer):
        """The median, and how many times our own it is."""
        if peer not in self.medians:
            return "–"
        text = self.write(self.medians[peer])
        own = self.medians.get(self.own)
        if own and peer != self.own and self.medians[peer]:
            ratio = self.medians[peer] / own
            text += f" ({ratio:.0f}×)" if ratio >= 10 else f" ({ratio:.2g}×)"
        return text


# Row, peer, factor: our own median has to be at most `factor` times the peer's (at least, where
# more is better).
RATIOS = [
    ("run", "floor", 4), ("run", "docker", 0.1), ("run", "podman", 0.1), ("run", "runc", 1),
    ("exec", "docker", 0.2), ("remove", "docker", 0.2), ("ps", "docker", 0.5),
    ("inspect", "docker", 0.5),
    ("write", "docker", 2), ("write", "podman", 2), ("read", "docker", 1), ("read", "podman", 1),
    ("lines", "docker", 1), ("load", "docker", 1), ("load", "podman", 1),
    ("runtime", "crun", 1), ("runtime", "runc", 1 / 3), ("seccomp", "crun", 0.5),
    ("runtime-exec", "crun", 1), ("peak", "crun", 1),
    ("restart", "docker", 0.2), ("stop", "docker", 0.2), ("pause", "docker", 0.2),
    ("many", "docker", 1 / 3),
    ("publish", "docker", 0.1), ("http-local", "docker", 1), ("http-host", "docker", 1),
    ("latency-local", "docker", 1), ("latency-host", "docker", 1),
]
# Row, bound: our own median has to be at most this (at least, where more is better).
BOUNDS = [("monitor", 1 << 20), ("stats", 0.15), ("write", 2)]
# Row, other row, difference: our own median may be at most so much more than in the other row.
DIFFERENCES = [("publish", "none", 0.006), ("ports-memory", "port-memory", 64 << 10)]


def goals(rows):
    """One line per goal that can be judged."""
    by_key = {row.key: row for row in rows if row.own in row.medians}

    def judge(row, value, bound, text):
        met = value >= bound if row.more_is_better else value <= bound
        if met or not row.lenient:
            yield met, text

    for key, peer, factor in RATIOS:
        row = by_key.get(key)
        if row is not None and peer in row.medians:
            ratio = row.medians[row.own] / row.medians[peer]
            word = "at least" if row.more_is_better else "at most"
            yield from judge(
                row, ratio, factor, f"{row.title}: {ratio:.3g} × {peer}'s, {word} {factor:.3g}")
    for key, bound in BOUNDS:
        row = by_key.get(key)
        if row is not None:
            value = row.medians[row.own]
            word = "at least" if row.more_is_better else "at most"
            yield from judge(
                row, value, bound, f"{row.title}: {row.write(value)}, {word} {row.write(bound)}")
    for key, other, bound in DIFFERENCES:
        row, base = by_key.get(key), by_key.get(other)
        if row is not None and base is not None:
            more = row.medians[row.own] - base.medians[base.own]
            yield from judge(
                row, more, bound, f"{row.title}: {row.write(more)} more than {base.title}, "
                f"at most {row.write(bound)}")


def tables(rows, names):
    """For each group of rows: header and cells as text, of the peers that could do any of it."""
    for group in dict.fromkeys(row.group for row in rows):
        own = [row for row in rows if row.group == group]
        able = [name for name in names if any(name in row.medians for row in own)]
        yield [[group, *able], *([row.title, *(row.cell(name) for name in able)] for row in own)]


def as_text(rows, names):
    return "\n\n".join(_aligned(lines) for lines in tables(rows, names))


def _aligned(lines):
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
        for line in lines)


def as_markdown(rows, names):
    return "\n\n".join(
        "\n".join("| " + " | ".join(line) + " |"
                  for line in [header, ["---"] * len(header), *body])
        for header, *body in tables(rows, names))


def machine():
    """What was measured on."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    return (f"{os.cpu_count()} × {model[1] if model else platform.machine()}, "
            f"Linux {platform.release()}, load {os.getloadavg()[0]:.2f}")


def write_markdown(path, rows, names, bench):
    """Replaces the part between the markers, or makes the file."""
    lines = [BEGIN, f"{time.strftime('%Y-%m-%d')}, {bench.machine}; medians of "
             f"{bench.options.repeats} (lifecycle {max(1, bench.options.repeats // 2)}, load "
             f"{bench.options.slow_repeats}, log {bench.options.log_repeats}, HTTP "
             f"{bench.options.http_repeats}), in brackets the multiple of ours.", "",
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
