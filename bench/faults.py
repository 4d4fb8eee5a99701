"""What survives a kill, a full disk, a corrupt cache and too little memory: `python -m bench.faults`.

Each fault is done to a real process: kill -9 at a random moment, several times; a file system of a few hundred kB
(where one may be mounted, else a limit on file sizes); bytes of the stored files changed. Then the same command is
started again, and what it leaves must be what a run without the fault leaves, byte for byte.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.tables import Table, show

KILLS = 3
SMALL = ("--train-count", "64", "--val-count", "20")
CLASSIFIER = "checkpoints/scenes-classifier.safetensors"


def command(*words: str | Path) -> list[str]:
    """`python -m wsss_viz WORDS`."""
    return [sys.executable, "-m", "wsss_viz", *map(str, words)]


def run(words: Sequence[str], before: Callable[[], None] | None = None) -> subprocess.CompletedProcess[str]:
    """To its end."""
    return subprocess.run(words, capture_output=True, text=True, check=False, preexec_fn=before)


def digests(folder: Path, pattern: str) -> dict[str, str]:
    """SHA-256 of the files by name."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob(pattern))}


def leftovers(folder: Path) -> list[str]:
    """Half-written files that stand where finished ones should."""
    return [path.name for path in folder.rglob("*") if path.suffix in (".part", ".partial", ".state")]


def killed(words: Sequence[str], seed: int, longest: float) -> float:
    """Starts the command and kills it at a random moment; the seconds it had."""
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    moment = random.Random(seed).uniform(0.3, 0.9) * longest
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(moment)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return moment


def kill_row(title: str, words: Callable[[Path], list[str]], pattern: str, keep: str = "") -> tuple[str, str, str]:
    """A command killed `KILLS` times and then run to its end, against one that was left alone."""
    with tempfile.TemporaryDirectory() as text:
        calm, stormy = Path(text) / "calm", Path(text) / "stormy"
        calm.mkdir(), stormy.mkdir()
        start = time.perf_counter()
        answer = run(words(calm))
        longest = time.perf_counter() - start
        if answer.returncode:
            return title, f"failed without a fault: {answer.stderr.strip().splitlines()[-1]}", ""
        moments = [killed(words(stormy), seed, longest) for seed in range(KILLS)]
        half = [
            name
            for name in digests(stormy, pattern)
            if digests(stormy, pattern)[name] != digests(calm, pattern).get(name)
        ]
        last = run(words(stormy))
        same = digests(calm, pattern) == digests(stormy, pattern)
        left = [name for name in leftovers(stormy) if not keep or keep not in name]
        found = (
            "the same bytes"
            if same and not last.returncode
            else "DIFFERENT: " + (last.stderr.strip()[-120:] or "files")
        )
        after = ", ".join(f"{moment:.1f}" for moment in moments)
        note = f"killed after {after} of {longest:.1f} s; files wrong in between: {len(half)}"
        return title, found, f"{note}; left over: {', '.join(left) or 'nothing'}"


def kills() -> Table:
    """kill -9 in a training, a data-set run, a checkpoint's writing, a showcase's building."""
    rows = [
        kill_row(
            "training",
            lambda folder: command("train", "backbone", "--out", folder / "b.safetensors", "--epochs", "3", *SMALL),
            "*.safetensors",
        ),
        kill_row(
            "data-set run (`maps`)",
            lambda folder: command(
                "maps",
                "--method",
                "cam",
                "--data",
                "scenes:val",
                "--limit",
                "60",
                "--out",
                folder / "maps",
                "--device",
                "cpu",
            ),
            "maps/*.npz",
        ),
        kill_row(
            "showcase",
            lambda folder: command(
                "showcase",
                "--out",
                folder / "traces.zip",
                "--scene",
                "scenes:test:17",
                "--experiment",
                "0",
                "--device",
                "cpu",
            ),
            "traces.zip",
        ),
        write_row(),
    ]
    return Table(f"kill -9, {KILLS} times each, then started again", ("", "then", ""), rows)


WRITER = """
import sys
from pathlib import Path
from wsss_viz.models.checkpoint import write_checkpoint
from wsss_viz.models.loading import load
from wsss_viz.models.scene_network import NAME, WIDTHS
classifier = load("scenes-classifier", "cpu")
print("ready", flush=True)
while True:
    write_checkpoint(Path(sys.argv[1]), classifier, {"name": NAME, "widths": list(WIDTHS)})
"""


def write_row(kills: int = 40) -> tuple[str, str, str]:
    """A process that does nothing but write one checkpoint over and over, killed at random."""
    with tempfile.TemporaryDirectory() as text:
        path, broken = Path(text) / "c.safetensors", 0
        for seed in range(kills):
            process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE)
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(random.Random(seed).uniform(0.05, 0.4))
            process.kill()
            process.wait()
            check = "from wsss_viz.models.loading import load; load(__import__('sys').argv[1], 'cpu')"
            broken += path.exists() and bool(run([sys.executable, "-c", check, str(path)]).returncode)
        left = len(leftovers(Path(text)))
        return "writing a checkpoint", f"{broken} of {kills} broken", f"hidden temporary files left: {left}"


@contextlib.contextmanager
def full_disk(kilobytes: int) -> Iterator[tuple[Path, Callable[[], None] | None, str]]:
    """A folder that takes no more than so much, what to do before a process uses it, and how it was made."""
    with tempfile.TemporaryDirectory() as text:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", text]
        mounted = hasattr(os, "geteuid") and os.geteuid() == 0 and run(mount).returncode == 0

        def limited() -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1024, kilobytes * 1024))

        try:
            yield Path(text), None if mounted else limited, "a file system of that size" if mounted else "a file limit"
        finally:
            if mounted:
                run(["umount", text])


def full() -> Table:
    """Commands on a disk that is too small for what they write."""
    table = Table("A full disk", ("", "exit", "last line", "half-written files", "how"))
    for title, kilobytes, words in (
        ("checkpoint", 600, ("train", "backbone", "--epochs", "1", *SMALL, "--out", "b.safetensors")),
        (
            "maps",
            60,
            ("maps", "--method", "cam", "--data", "scenes:val", "--limit", "40", "--device", "cpu", "--out", "m"),
        ),
        ("scenes", 60, ("data", "scenes", "--split", "test", "--count", "20", "--out", "s")),
    ):
        with full_disk(kilobytes) as (folder, before, how):
            answer = run(command(*words[:-1], folder / words[-1]), before)
            lines = (answer.stderr.strip() or answer.stdout.strip()).splitlines() or [""]
            last = lines[-1].replace(str(folder), "DISK")
            one = "Traceback" not in answer.stderr
            table.rows.append(
                (title, str(answer.returncode), last[-160:] if one else "TRACEBACK", str(len(leftovers(folder))), how)
            )
    return table


CORRUPT = (
    ("checkpoints/showcase/traces.zip", "a page falls back to computing and says how to rebuild it"),
    ("checkpoints/manifest.json", "one line"),
    (CLASSIFIER, "one line"),
    ("wsss_viz/information/runs/tanh.npz", "one line"),
    ("wsss_viz/evaluation/results/scenes-test.json", "one line"),
)
PAGES = """
import sys
from streamlit.testing.v1 import AppTest
from wsss_viz.app.server import MAIN
trouble = []
for page in ("start", "compare", "erasing", "information", "results"):
    app = AppTest.from_file(str(MAIN), default_timeout=120).run()
    if page != "start":
        app.switch_page("../../../pages/" + page + ".py").run()
    trouble += [f"{page}: {error.value}"[:100] for error in app.exception]
print(len(trouble), "; ".join(trouble))
"""


def corrupt() -> Table:
    """Stored files with bytes overwritten or cut off: what the pages show then."""
    table = Table("Corrupt stored files", ("file", "what was done", "tracebacks on five pages"))
    root = Path.cwd()
    with tempfile.TemporaryDirectory() as text:
        copy = Path(text) / "app"
        shutil.copytree(
            root, copy, ignore=shutil.ignore_patterns(".git", ".venv", "*.state", "__pycache__", ".*_cache")
        )
        for file, _ in CORRUPT:
            whole = (copy / file).read_bytes()
            middle = len(whole) // 2
            for title, broken in (
                ("cut in half", whole[:middle]),
                ("64 bytes overwritten", whole[:middle] + os.urandom(64) + whole[middle + 64 :]),
                ("empty", b""),
            ):
                (copy / file).write_bytes(broken)
                answer = subprocess.run(
                    [sys.executable, "-c", PAGES], cwd=copy, capture_output=True, text=True, check=False
                )
                said = answer.stdout.strip() or f"died: {answer.stderr.strip()[-120:]}"
                table.rows.append((f"`{file}`", title, said))
            (copy / file).write_bytes(whole)
    return table


def memory() -> Table:
    """A command that may use less memory than it needs."""

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (6 * 2**29, 6 * 2**29))

    words = command("evaluate", "--methods", "rib", "--data", "scenes:val@2048x2048", "--limit", "1", "--device", "cpu")
    answer = run(words, limited)
    lines = answer.stderr.strip().splitlines() or [""]
    said = "TRACEBACK" if "Traceback" in answer.stderr else lines[-1][-160:]
    return Table(
        "Out of memory",
        ("", "exit", "last line"),
        [("RIB at 2048 x 2048 in 3 GB of address space", str(answer.returncode), said)],
    )


def main() -> list[Table]:
    """All tables of this file."""
    return [kills(), full(), corrupt(), memory()]


if __name__ == "__main__":
    show(main())
