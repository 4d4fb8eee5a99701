"""Fuzzes the reading of data sets: python bench/fuzz_audit.py [COUNT] [FIRST SEED].

Prints how many generated data sets were read right, asked about, refused, or read wrong with and without a warning, and
the oddities of those without; exits with 1 where there is one.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.data.audit_generator import generate, judge


def main() -> int:
    count, first = (
        (int(text) for text in (*sys.argv[1:], "5000", "0")[:2]) if len(sys.argv) != 2 else (int(sys.argv[1]), 0)
    )
    judged: Counter[str] = Counter()
    silent: Counter[str] = Counter()
    for seed in range(first, first + count):
        root = Path(tempfile.mkdtemp())
        try:
            made = generate(root, seed)
            verdict = judge(made)
        finally:
            shutil.rmtree(root)
        judged[verdict.split(":")[0]] += 1
        if verdict.startswith("silently"):
            silent["; ".join(sorted(set(made.oddities)))] += 1
            print(seed, verdict, made.oddities)
    print(f"{count} data sets: {', '.join(f'{times} {verdict}' for verdict, times in judged.most_common())}")
    return bool(silent)


if __name__ == "__main__":
    sys.exit(main())
