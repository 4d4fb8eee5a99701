"""A classifier with a few of its rows: what is looked at costs what it shows, not what the network knows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from wsss_viz.errors import InputError
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.pixel_correlation import PixelCorrelation

__all__ = ["TOP", "narrow", "narrow_to_top", "with_rows"]

TOP = 20


def narrow(classifier: Classifier, names: Sequence[str]) -> Classifier:
    """The same network with the rows of `names` alone, in their order.

    A map is a row times the features, so maps and logits of these classes are the same numbers, and so is RIB's loss,
    which is of the labels alone. What is a mean over classes (a BCE, so CS-AE's losses) is a mean over these. The
    stages are shared with `classifier`, the rows are copied.

    Raises:
        InputError: a name that is no class of it, or none at all.

    Examples:
        >>> import wsss_viz
        >>> classifier = wsss_viz.load("scenes-classifier", device="cpu")
        >>> narrow(classifier, ["sofa", "cat"]).classes
        ('sofa', 'cat')
    """
    for name in names:
        if name not in classifier.classes:
            raise InputError(f"the classifier has no class {name!r}: it has {', '.join(classifier.classes[:20])}, ...")
    unique = tuple(dict.fromkeys(names))
    return with_rows(classifier, [classifier.classes.index(name) for name in unique], unique)


def narrow_to_top(
    classifier: Classifier, image: NDArray[np.uint8], labels: Sequence[str] = (), count: int = TOP
) -> Classifier:
    """`narrow` to the `labels` and the classes with the highest logits on an image, `count` together at least.

    Args:
        image: (H, W, 3) uint8 RGB.
        labels: kept whatever their logits, and first.

    Raises:
        InputError: a label that is no class of it.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> narrow_to_top(colour_network(), flag().image, ["green"], count=2).classes  # two thirds of the flag are blue
        ('green', 'blue')
    """
    with torch.no_grad():
        order = classifier.logits(classifier.preprocess(image))[0].argsort(descending=True).tolist()
    top = [classifier.classes[i] for i in order if classifier.classes[i] not in labels]
    return narrow(classifier, [*labels, *top[: max(0, count - len(labels))]])


def with_rows(classifier: Classifier, rows: Sequence[int], names: Sequence[str]) -> Classifier:
    """The same network with the head's `rows` under other names, a name for each.

    Raises:
        InputError: there are no rows.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network
        >>> network = with_rows(colour_network(), [2, 0], ["sky", "roof"])
        >>> network.classes, network.head.weight[:, :, 0, 0].tolist()
        (('sky', 'roof'), [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    """
    if not rows:
        raise InputError("none of these classes is one of the network's: give others, or another network")
    index = torch.tensor(list(rows), device=classifier.device)
    head = nn.Conv2d(classifier.head.in_channels, len(rows), 1, bias=False)
    head.weight = nn.Parameter(classifier.head.weight.detach()[index].clone(), requires_grad=False)
    refinement = classifier.refinement
    narrowed = Classifier(
        list(classifier.stages),
        head,
        names,
        stride=classifier.stride,
        split=classifier.split,
        bias=None if classifier.bias is None else classifier.bias[index].clone(),
        preprocessing=classifier.preprocessing,
        layout=classifier.layout,
        recipe=classifier.recipe,
        refinement=refinement.narrowed(rows) if isinstance(refinement, PixelCorrelation) else None,
        settings=classifier.settings,
    )
    narrowed.rows = classifier.rows
    narrowed.train(classifier.training)
    return narrowed
