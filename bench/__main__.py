"""All measurements, one after another: `python -m bench [NAME ...]`, by hand and on a quiet machine.

Prints Markdown: date, machine and versions, then every table. Each file runs in a process of its own.
"""

from __future__ import annotations

import subprocess
import sys

from bench.tables import environment

FILES = (
    "peers",
    "erasing",
    "crf",
    "rib",
    "locking",
    "sessions",
    "soak",
    "proxy",
    "startup",
    "scale",
    "faults",
    "fuzz",
    "fuzz_files",
    "fuzz_checkpoints",
    "gpu",
    "draw_scenes",
)


def main(names: list[str]) -> None:
    """Runs the files in turn; one that fails is named at the end, and the others are run."""
    unknown = [name for name in names if name not in FILES]
    if unknown:
        sys.exit(f"unknown: {', '.join(unknown)}; give some of {', '.join(FILES)}")
    print(f"{environment()}\n", flush=True)
    failed = []
    for name in names or FILES:
        ended = subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False)
        failed += [name] if ended.returncode else []
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main(sys.argv[1:])
