"""RIB beside a plain loop that recomputes everything: `python -m bench.rib [IMAGES] [--memory]`.

Prints seconds an image, the ratio of the two, and the difference of their maps; with --memory, how the
process's memory stands after every 100 of 500 images.
"""

from __future__ import annotations

import copy
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.optim.lr_scheduler import PolynomialLR

import wsss_viz
from wsss_viz.data.sample import Sample
from wsss_viz.data.scenes import CLASSES, Scenes
from wsss_viz.errors import InputError
from wsss_viz.methods import rib
from wsss_viz.methods.rib_companions import Companions, shipped_companions
from wsss_viz.methods.rib_loss import pool
from wsss_viz.methods.views import MIRROR, Views, class_maps, view_inputs
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.scene_network import scene_network
from wsss_viz.traces.step import last_step

STEPS, COMPANIONS, RATE, HEAD_RATE, POWER = 10, 8, 1e-2, 0.0, 0.9


def plain_rib(
    classifier: Classifier,
    sample: Sample,
    others: Sequence[Sample],
    *,
    views: Views = MIRROR,
    gradient_views: Views = MIRROR,
    steps: int = STEPS,
    rate: float = RATE,
    head_rate: float = HEAD_RATE,
    momentum: float = 0.0,
    decay: float = 0.0,
    split: int,
    margin: float | None,
    pooling: str = "gndrp",
    accumulate: str = "after",
    everything: bool = True,
) -> list[Tensor]:
    """The accumulated maps after each step: all rows through the whole network at every step, CAMs separately.

    Nothing is shared with `rib` but the pooling: torch's own optimiser and schedule, no stop rules, no cache.

    Args:
        others: the companions, one batch.
        everything: autograd goes through the whole network, though only what follows `split` is updated.
    """
    model = copy.deepcopy(classifier).requires_grad_(everything)
    tuned = [*model.stages[split:], model.head]
    for module in tuned:
        module.requires_grad_(True)
    body = [p for stage in tuned[:-1] for p in stage.parameters()]
    groups: list[dict[str, Any]] = [{"params": model.head.parameters(), "lr": rate * head_rate}]
    groups += [{"params": body, "lr": rate}] if body else []
    optimiser = torch.optim.SGD(groups, lr=rate, momentum=momentum, weight_decay=decay)
    schedule = PolynomialLR(optimiser, total_iters=max(1, steps), power=POWER)
    x, image = model.preprocess(sample.image), sample.image
    rest = torch.cat([model.preprocess(other.image) for other in others]) if others else None
    label_rows = [torch.from_numpy(other.label_vector(model.classes)) for other in others]
    labels = torch.from_numpy(sample.label_vector(model.classes)).to(x)

    def loss_of(maps: Tensor, t: Tensor) -> Tensor:
        y, _ = pool(maps, pooling)
        return -(t * (y if margin is None else torch.minimum(y, torch.full_like(y, margin)))).sum()

    accumulated: list[Tensor] = []
    for k in range(steps + (accumulate == "after")):
        cam, _ = class_maps(model, image, views)
        accumulated.append(cam if k == 0 else accumulated[-1] + cam)
        if k < steps:
            optimiser.zero_grad()
            loss = torch.zeros((), dtype=x.dtype)
            for view in view_inputs(model, image, gradient_views):
                loss = loss + loss_of(model.maps(view), labels.expand(len(view), -1))
            if rest is not None:
                loss = loss + loss_of(model.maps(rest), torch.stack(label_rows).to(x))
            loss.backward()
            optimiser.step()
            schedule.step()
    return accumulated


def _classifier() -> Classifier:
    try:
        return wsss_viz.load("scenes-classifier", "cpu")
    except InputError:
        print("no scenes-classifier: a random network of its architecture stands in")
        torch.manual_seed(0)
        network = scene_network(CLASSES)
        torch.nn.init.normal_(network.head.weight, std=0.05)
        return network.eval().requires_grad_(False)


def _seconds(run: Callable[[], Any]) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - wall, time.process_time() - processor


def compare(images: int = 10) -> None:
    """Prints the seconds of both on the first scenes of val, by the wall clock and of processor time."""
    classifier, scenes = _classifier(), Scenes("val")
    split = classifier.split
    drawn = [sample for sample, _ in zip(shipped_companions(CLASSES), range(64), strict=False)]
    everyone = Companions.of(classifier, drawn, split)
    rows: dict[str, list[tuple[float, float]]] = {
        "rib": [],
        "rib, companions ready": [],
        "plain": [],
        "plain, late": [],
    }
    differences = []
    for index in range(images + 1):
        sample = scenes[index]
        free = {"margin": 1e9, "explode_share": 1.0, "rate": RATE, "views": MIRROR}
        chosen = everyone.eligible(sample.labels or (), 0)[:COMPANIONS]
        others, same = everyone.take(chosen), [drawn[i] for i in chosen]
        options = {"split": split, "margin": None, "rate": RATE}
        steps, plain = [], []
        taken = {
            "rib": _seconds(lambda s=sample, f=free: last_step(rib(classifier, s, companions=COMPANIONS, **f))),
            "rib, companions ready": _seconds(
                lambda s=sample, f=free, o=others, out=steps: out.extend(rib(classifier, s, companion_samples=o, **f))
            ),
            "plain": _seconds(
                lambda s=sample, o=same, p=options, out=plain: out.extend(plain_rib(classifier, s, o, **p))
            ),
            "plain, late": _seconds(
                lambda s=sample, o=same, p=options: plain_rib(classifier, s, o, everything=False, **p)
            ),
        }
        difference = float((torch.from_numpy(steps[-1].maps) - plain[-1]).abs().max() / plain[-1].abs().max())
        if index:  # the first image pays for imports and allocations
            differences.append(difference)
            for name, seconds in taken.items():
                rows[name].append(seconds)
    middle = {
        name: [statistics.median(column) for column in zip(*seconds, strict=True)] for name, seconds in rows.items()
    }
    for name, (wall, processor) in middle.items():
        ratio = processor / middle["rib"][1]
        print(f"{name:<24}{wall:>8.3f} s {processor:>8.3f} s of processor time {ratio:>6.2f} x rib's")
    print(
        f"K = {STEPS}, B = {COMPANIONS}, 128 x 128, image and mirror image, {torch.get_num_threads()} threads, median"
    )
    print(
        "difference of the maps, relative to their maximum, median and largest over the images: "
        f"{statistics.median(differences):.1e}, {max(differences):.1e}"
    )


def memory(images: int = 500) -> None:
    """Prints the process's highest resident memory after every fifth of the images."""
    classifier, scenes = _classifier(), Scenes("val")
    for index in range(images):
        last_step(rib(classifier, scenes[index % len(scenes)], views=MIRROR, steps=2))
        if (index + 1) % (images // 5) == 0:
            print(f"{index + 1} images: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at most")


if __name__ == "__main__":
    if "--memory" in sys.argv:
        memory()
    else:
        compare(*(int(argument) for argument in sys.argv[1:2]))
