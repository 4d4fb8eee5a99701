"""How the measurements are taken and printed: side by side in one run, medians and ratios, as Markdown."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("torch", "torchvision", "streamlit", "numpy", "torchcam", "grad-cam", "captum")


@dataclass
class Table:
    """One table of the record.

    Attributes:
        title: what was measured.
        header: of the columns.
        rows: a cell a column.
        notes: how it was measured, what did not reach its goal and why.
    """

    title: str
    header: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def markdown(self) -> str:
        """The table as Markdown."""
        lines = [f"### {self.title}", "", "| " + " | ".join(self.header) + " |", "|" + "---|" * len(self.header)]
        lines += ["| " + " | ".join(row) + " |" for row in self.rows]
        return "\n".join([*lines, "", *self.notes, ""])


def side_by_side(work: Mapping[str, Callable[[], Any]], rounds: int = 5) -> dict[str, list[float]]:
    """Seconds by the wall clock, `rounds` of each, in turn: what slows the machine down slows all of them.

    Each is run once before, uncounted: imports, allocations, caches.
    """
    for run in work.values():
        run()
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for turn in range(rounds):
        names = list(work) if turn % 2 == 0 else list(reversed(work))
        for name in names:
            start = time.perf_counter()
            work[name]()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def ratio(seconds: Mapping[str, Sequence[float]], name: str, base: str) -> float:
    """The median over the rounds of `name`'s seconds over `base`'s in the same round."""
    return statistics.median(a / b for a, b in zip(seconds[name], seconds[base], strict=True))


def spread(values: Sequence[float], unit: float = 1.0, digits: int = 3) -> str:
    """Median and range: "0.412 (0.405 to 0.420)"."""
    shown = [f"{value * unit:.{digits}f}" for value in (statistics.median(values), min(values), max(values))]
    return f"{shown[0]} ({shown[1]} to {shown[2]})"


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of them lie, by rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def environment() -> str:
    """Date, processor and versions, for the head of a record."""
    import torch

    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} not installed")
    today = datetime.now(tz=UTC).date().isoformat()
    where = f"{processor()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads"
    return f"{today}; {where}; Python {platform.python_version()}; {', '.join(found)}."


def processor() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def resident_mb(pid: int | str = "self") -> float:
    """The resident memory of a process in MB (2**20 bytes), from /proc."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def show(tables: Sequence[Table]) -> None:
    """Prints them."""
    for table in tables:
        print(table.markdown(), flush=True)
