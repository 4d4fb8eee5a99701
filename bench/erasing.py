"""Adversarial erasing beside a plain loop around torchcam's extractor: `python -m bench.erasing [IMAGES]`.

The loop is what one would write with the peer: forward, extractor, normalise, enlarge, threshold, erase; all classes of
the image one after another. RIB beside a plain loop is `bench.rib`.
"""

from __future__ import annotations

import copy
import sys

import numpy as np
import torch
import torchcam.methods
from torch import Tensor, nn
from torch.nn.functional import interpolate

import wsss_viz
from bench.tables import Table, ratio, show, side_by_side, spread
from wsss_viz.data.sample import Sample
from wsss_viz.data.scenes import Scenes
from wsss_viz.methods import ae
from wsss_viz.models.classifier import Classifier
from wsss_viz.traces.step import last_step

STEPS, THRESHOLD = 3, 0.5


class Plain(nn.Module):
    """The classifier as the network torchcam wants: features, pooling, a linear layer."""

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        twin = copy.deepcopy(classifier)
        self.features = nn.Sequential(*twin.stages)
        self.fc = nn.Linear(twin.head.in_channels, twin.head.out_channels, bias=False)
        self.fc.weight = nn.Parameter(twin.head.weight[:, :, 0, 0], requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to the logits (N, C)."""
        return self.fc(self.features(x).mean(dim=(2, 3)))


@torch.no_grad()
def plain_erasing(network: nn.Module, extractor: torchcam.methods.CAM, x: Tensor, targets: list[int]) -> Tensor:
    """(T, h, w): for each target the union of its looks, each by its own maximum, in the unit of the first."""
    unions = []
    for target in targets:
        erased, union, first = torch.zeros(x.shape[-2:]), None, None
        for k in range(STEPS + 1):
            network(x * (1 - erased))
            found = extractor(target, normalized=False)[0][0]  # without torchcam's ReLU: signed, as it is
            first = found.max() if first is None else first
            look = found * (first / found.max())
            union = look if union is None else torch.maximum(union, look)
            if k < STEPS:
                large = interpolate(found[None, None], x.shape[-2:], mode="bilinear", align_corners=False)[0, 0].relu()
                erased = torch.maximum(erased, (large / (large.max() + 1e-5) > THRESHOLD).float())
        unions.append(union)
    return torch.stack(unions)


def table(images: int = 10, rounds: int = 3) -> Table:
    """Seconds an image of both, and the largest difference of their maps."""
    classifier, scenes = wsss_viz.load("scenes-classifier", "cpu"), Scenes("val")
    network = Plain(classifier).eval()
    extractor = torchcam.methods.CAM(network, "features", "fc")
    samples = [scenes[index] for index in range(images)]

    def ours(sample: Sample) -> Tensor:
        step = last_step(ae(classifier, sample, steps=STEPS, threshold=THRESHOLD))
        return torch.from_numpy(step.maps[list(step.targets)])

    def plain(sample: Sample) -> Tensor:
        targets = [classifier.classes.index(name) for name in sample.labels or ()]
        return plain_erasing(network, extractor, classifier.preprocess(sample.image), targets)

    work = {
        "wsss_viz erasing": lambda: [ours(sample) for sample in samples],
        "plain loop, torchcam": lambda: [plain(sample) for sample in samples],
    }
    seconds = side_by_side(work, rounds)
    differences = [float((ours(s) - plain(s)).abs().max() / plain(s).abs().max()) for s in samples]
    rows = [
        (name, spread(seconds[name], 1000 / images, 1), f"{ratio(seconds, name, 'wsss_viz erasing'):.2f}")
        for name in work
    ]
    note = (
        "Ours also keeps what a Step shows: erased images, masks, all scores. Largest difference of the maps, relative "
        f"to their maximum, median and largest over the images: {np.median(differences):.1e}, {max(differences):.1e}; "
        "a class ends early in ours where nothing new is found."
    )
    title = f"Erasing, K = {STEPS}, hard mask, 128 x 128, {images} scenes"
    return Table(title, ("", "ms an image, median (range)", "x ours"), rows, [note])


def main(images: int = 10) -> list[Table]:
    """All tables of this file."""
    return [table(images)]


if __name__ == "__main__":
    show(main(*(int(argument) for argument in sys.argv[1:2])))
