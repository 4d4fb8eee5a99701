"""Scenes drawn per second on one core: `python -m bench.draw_scenes [COUNT] [SIDE]`."""

from __future__ import annotations

import sys
import time

from wsss_viz.data.scenes import Scenes, Singles


def main(count: int = 200, side: int = 128) -> None:
    """Prints scenes and singles per second of processor time, the median of three runs."""
    for name, drawings in (
        ("scenes", Scenes("train", size=(side, side))),
        ("singles", Singles("train", size=(side, side))),
    ):
        for index in range(30):  # the sample photographs are read once, at the first scene that shows one
            drawings[index]
        rates = []
        for run in range(3):
            start = time.process_time()
            for index in range(run * count, (run + 1) * count):
                drawings[index]
            rates.append(count / (time.process_time() - start))
        print(f"{name}: {sorted(rates)[1]:.0f} a second on one core ({side} x {side}, {count} drawings, median of 3)")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]))
