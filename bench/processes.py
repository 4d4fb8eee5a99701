"""Processes as /proc has them: who was started by whom, what they have used, and which are still there."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def _fields(pid: int) -> list[str]:
    """Of /proc/PID/stat what follows the name: state, parent, ...; [] where there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return []


def descendants(pid: int) -> list[int]:
    """The processes that it started, and those that they did."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and (fields := _fields(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, rest = [], [pid]
    while rest:
        rest = [child for one in rest for child in children.get(one, ())]
        found += rest
    return found


def alive(pid: int) -> bool:
    """Whether it runs: there, and no zombie."""
    fields = _fields(pid)
    return bool(fields) and fields[0] not in "ZX"


def cpu_seconds(pid: int) -> float:
    """Of a process and all that it started, those that have ended as well."""
    ticks = 0
    for one in (pid, *descendants(pid)):
        with suppress(IndexError):
            ticks += sum(int(value) for value in _fields(one)[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> float:
    """Of a process and those it has started, in MB (2**20 bytes); what they share, as libraries, counts once."""
    total = 0
    for one in (pid, *descendants(pid)):
        with suppress(OSError):  # it has just ended
            lines = Path(f"/proc/{one}/smaps_rollup").read_text(encoding="utf-8").splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024
