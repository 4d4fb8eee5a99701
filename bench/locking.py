"""One shared model behind a lock, as a demo would have it, and our forward without one: `python -m bench.locking`.

A hooked extractor keeps its activations on the shared model, so threads need a lock around forward and read-out, or
they read each other's maps. Ours returns what is needed from the forward.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
import torchcam.methods
from torch import Tensor, nn

from bench.tables import Table, ratio, show, side_by_side, spread
from wsss_viz.models import adapt

THREADS, CALLS, SIDE = 8, 40, 224


def _network() -> nn.Module:
    from torchvision.models import resnet18

    torch.manual_seed(0)
    return resnet18(num_classes=20).eval()


def table(threads: int = THREADS, calls: int = CALLS, rounds: int = 3) -> Table:
    """Throughput of all three, and how many of their maps belong to another thread's image."""
    generator = torch.Generator().manual_seed(0)
    inputs = [torch.randn(1, 3, SIDE, SIDE, generator=generator) for _ in range(calls)]
    classifier, hooked = adapt(_network(), [str(c) for c in range(20)]), _network()
    extractor, lock = torchcam.methods.CAM(hooked, "layer4", "fc"), threading.Lock()

    @torch.no_grad()
    def ours(x: Tensor) -> Tensor:
        return classifier.maps(x)[0, 3]

    @torch.no_grad()
    def racing(x: Tensor) -> Tensor:
        hooked(x)
        return extractor(3, normalized=False)[0][0]

    def locked(x: Tensor) -> Tensor:
        with lock:
            return racing(x)

    right = [ours(x).relu() for x in inputs]
    wrong: dict[str, int] = {}

    def all_at_once(name: str, look: Callable[[Tensor], Tensor]) -> None:
        with ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(look, inputs))
        off = [not np.allclose(a.relu(), b, atol=1e-4) for a, b in zip(found, right, strict=True)]
        wrong[name] = wrong.get(name, 0) + sum(off)

    looks = {"wsss_viz, no lock": ours, "torchcam, behind a lock": locked, "torchcam, no lock": racing}
    work = {name: (lambda n=name, f=look: all_at_once(n, f)) for name, look in looks.items()}
    seconds = side_by_side(work, rounds)
    total = calls * (rounds + 1)
    rows = [
        (
            name,
            spread([calls / value for value in seconds[name]], digits=1),
            f"{ratio(seconds, name, 'wsss_viz, no lock'):.2f}",
            f"{wrong[name]} of {total}",
        )
        for name in looks
    ]
    return Table(
        f"One shared ResNet-18, {threads} threads, {SIDE} x {SIDE}",
        ("", "maps per second, median (range)", "time, x ours", "maps of another image"),
        rows,
    )


def main() -> list[Table]:
    """All tables of this file."""
    return [table()]


if __name__ == "__main__":
    show(main())
