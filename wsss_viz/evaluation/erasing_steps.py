"""The erasing experiment on one class of one image, step by step: what `erasing_experiment` measures, to be seen.

Step k erases at theta_k what the class's map of the whole image says, and computes the map again; unlike adversarial
erasing no step builds on another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.evaluation.erasing_experiment import SWEPT, THRESHOLDS, erasures
from wsss_viz.methods.masking import erase
from wsss_viz.methods.views import SINGLE, Views, class_maps
from wsss_viz.models.classifier import Classifier
from wsss_viz.traces.step import Step

__all__ = ["erasing_steps"]


def erasing_steps(
    classifier: Classifier,
    sample: Sample,
    name: str,
    kind: str = "class",
    views: Views = SINGLE,
    *,
    thresholds: Sequence[float] = THRESHOLDS,
    seed: int = 0,
) -> Iterator[Step]:
    """The sweep of one kind of erasure.

    Args:
        classifier: in evaluation mode; left as it is.
        name: the class, a label of the sample.
        kind: one of `erasing_experiment.SWEPT`.
        views: of every look.
        thresholds: theta, falling from 1, where nothing is erased.
        seed: of the random places.

    Yields:
        Step k: `maps` A' (C, h, w) and `scores` s' (C,) of the image erased at thresholds[k], that image, its `mask`
        (H, W), and in `terms` `theta` and `area`.

    Raises:
        InputError: the sample has no masks, the class is not a label of it that the classifier knows, or the kind is
            unknown.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> steps = list(erasing_steps(colour_network(), flag(), "blue", thresholds=(1.0, 0.5)))
        >>> [(round(step.terms["area"], 2), round(float(step.scores[2]), 2)) for step in steps]
        [(0.0, 0.67), (0.67, 0.0)]
    """
    if kind not in SWEPT:
        raise InputError(f"`kind` is one of {', '.join(SWEPT)}, got {kind!r}")
    if name not in classifier.classes or name not in (sample.labels or ()):
        raise InputError(f"{name!r} is not a label of {sample.name} that the classifier knows: give one of its labels")
    x = classifier.preprocess(sample.image)
    before, _ = class_maps(classifier, x, views)
    sequence = [e for e in erasures(classifier, sample, name, before, thresholds, seed) if e.kind == kind]
    for k, erasure in enumerate(sequence):
        seen = erase(x, torch.from_numpy(erasure.mask).to(x))
        maps, scores = class_maps(classifier, seen, views)
        yield Step(
            k,
            np.array(maps.float().cpu().numpy()),
            np.array(scores.float().cpu().numpy()),
            (classifier.classes.index(name),),
            image=classifier.preprocessing.restore(seen[0]),
            mask=erasure.mask,
            terms={"theta": float(erasure.threshold or 0.0), "area": float(erasure.mask.mean())},
        )
