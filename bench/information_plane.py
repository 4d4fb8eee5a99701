"""Processor time of the information plane's preset, both networks: `python -m bench.information_plane [PRESET]`.

The promise is 120 s for tanh and ReLU on two cores; what one core spends on both is an upper bound of that.
"""

from __future__ import annotations

import sys
import time


def main(preset: str = "fast") -> None:
    """Prints seconds of processor time on one thread, an activation a line, and their sum."""
    import torch

    from wsss_viz.information import networks, plane, runs

    torch.set_num_threads(1)
    total = 0.0
    for activation in ("tanh", "relu"):
        start = time.process_time()
        run = networks.train(runs.recipe(preset, activation))
        trained = time.process_time() - start
        plane.measure(run)
        spent = time.process_time() - start
        total += spent
        print(f"{activation}, {preset}: {spent:.1f} s, of them {trained:.1f} s in training")
    print(f"both: {total:.1f} s of one core")


if __name__ == "__main__":
    main(*sys.argv[1:2])
