"""CS-AE on a single image: the loss of `cse`, a few steps of it on one picture. Our own, and so named.

    theta_0     = the classifier's own late part (the stages after `split` and the head), copied
    A, p        = maps and logits of x by theta_k
    m, x^, p^   = the mask of a class r_k drawn from the labels, the erased image, OC's logits of it (`cse`)
    L           = BCE(p, y) + alpha BCE(p^, y - y_r)   the mean over `loss_rows`
    theta_{k+1} = theta_k - rate v_k               SGD with momentum, on this image alone

OC-CSE (`docs/sources.md#oc-cse`) trains one CGNet on a whole data set. Here a copy of the classifier is tuned on one
image against the classifier itself, so that a person can step through CS-AE on a picture and a checkpoint of their own.
What a data set teaches (the extent of a sofa, whatever its colour) one image cannot: read it as the loss at work, not
as a substitute for the trained network.

A network that knows ImageNet's classes has hundreds that look like the label and are none (malinois and kelpie beside a
German shepherd). The loss would unlearn them, and the label's features with them; and it is a mean, so that its rate
goes with the number of classes. There it is taken over the labels and the shipped photographs' classes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from wsss_viz.data.photographs import Photographs
from wsss_viz.data.sample import Sample
from wsss_viz.methods.core import check_finite, resolve, target_indices, top_class
from wsss_viz.methods.cse import Erased, cse_loss, draw_labels, erase_class, erasing_step
from wsss_viz.methods.late_copy import LateCopy, early_features
from wsss_viz.methods.ordinary import OrdinaryPrediction
from wsss_viz.methods.settings import CseSingleSettings
from wsss_viz.methods.view_centres import with_centres
from wsss_viz.methods.views import SINGLE, Views, fuse, map_grids, view_grids, view_inputs
from wsss_viz.models.classifier import Classifier
from wsss_viz.traces.step import Step
from wsss_viz.wording import quantity

__all__ = ["ROWS", "cs_ae_single", "loss_rows"]

ROWS = 16
"""Rows that the loss is a mean over where it is not taken over all: as many as the photographs have classes."""


@with_centres
def cs_ae_single(
    classifier: Classifier,
    sample: Sample,
    classes: Sequence[str] | None = None,
    views: Views = SINGLE,
    settings: CseSingleSettings | None = None,
    **changes: Any,
) -> Iterator[Step]:
    """Tunes a copy of the classifier's late part on one image with CS-AE's loss, `steps` times.

    Args:
        classifier: theta_0 and, unchanged, the ordinary classifier OC.
        sample: its labels are y; where it has none, the class with the top score.
        classes: the classes r is drawn from; default the sample's labels. They count as labels too.
        views: of the Steps' maps; the loss sees the image as it is.
        settings: None: the classifier's own for "cs-ae-single", else the defaults.
        changes: of single settings.

    Yields:
        Step k = 0 ... K: theta_k's `maps` (C, h, w) over the views and `scores`, the class r_k in `sampled`, and
        `mask`, `image`, `loss`, `arrays` and `terms` as `cse.cs_ae` has them. Step 0's maps are CAM's.

    Raises:
        InputError: a class the classifier lacks, an option out of range, or maps that are not finite (a damaged
            network, or a rate too high).

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> steps = list(cs_ae_single(colour_network(), flag(), steps=2, rate=0.1))
        >>> [step.sampled for step in steps], steps[2].loss < steps[0].loss
        ([0, 2, 0], True)
    """
    settings = resolve(CseSingleSettings, "cs-ae-single", classifier, settings, changes)
    targets = target_indices(classifier, sample, classes)
    tuned = _Tuned(classifier, sample, views, settings)
    maps, logits = tuned.forward()
    ordinary = OrdinaryPrediction.of(classifier, sample, tuned.x, targets or top_class(logits[0]))
    rows = loss_rows(classifier.classes, ordinary.labels[0].nonzero()[:, 0].tolist())
    candidates = torch.zeros(1, len(classifier.classes))
    candidates[0, list(ordinary.targets)] = 1
    generator = torch.Generator().manual_seed(settings.seed)
    for k in range(settings.steps + 1):
        cause = (
            "its checkpoint is damaged"
            if k == 0
            else f"they diverged after {quantity(k, 'step')}: lower cs-ae-single.rate"
        )
        check_finite("classifier", maps, cause=cause)
        sampled = draw_labels(candidates, generator).to(maps.device)
        erased, after, loss = _erased_loss(ordinary, maps, logits, sampled, rows, settings.weight)
        fused, grids = tuned.fused(maps)
        yield erasing_step(
            ordinary,
            k,
            int(sampled),
            erased,
            after,
            maps=maps,
            fused=fused,
            logits=logits[0].detach(),
            settings=settings,
            rows=rows,
            grids=map_grids(classifier, sample.size, views, [grids]),
        )
        if k < settings.steps:
            tuned.late.descend(loss, settings.rate)
            maps, logits = tuned.forward()


def loss_rows(classes: Sequence[str], labels: Sequence[int]) -> list[int]:
    """The rows that the loss is a mean over: all; of a network that knows the shipped photographs' classes the labels
    and of these classes so many that they are `ROWS` together (our own, `docs/experiments.md`).

    Args:
        classes: of the classifier.
        labels: indices of those that are in the picture.

    Examples:
        >>> loss_rows(("red", "green", "blue"), [2])
        [0, 1, 2]
        >>> loss_rows(("malinois", "kelpie", *Photographs().classes), [0])[:4]
        [0, 2, 3, 4]
    """
    known = Photographs().classes
    if not set(known) <= set(classes):
        return list(range(len(classes)))
    others = [row for row in map(classes.index, known) if row not in labels]
    return sorted([*labels, *others[: max(0, ROWS - len(labels))]])


def _erased_loss(
    ordinary: OrdinaryPrediction, maps: Tensor, logits: Tensor, sampled: Tensor, rows: list[int], weight: float
) -> tuple[Erased, Tensor, Tensor]:
    """The erased image, OC's logits of it, and the loss, which the tuned parameters can be differentiated by."""
    with torch.inference_mode(False), torch.enable_grad():
        labels = ordinary.labels.clone()  # where the caller is in inference mode, what it made cannot be learned from
        erased = erase_class(ordinary.x, maps, labels, sampled.clone())
        after = ordinary.classifier.logits(erased.x)
        l_cls = binary_cross_entropy_with_logits(logits[:, rows], labels[:, rows])
        return erased, after, l_cls + weight * cse_loss(after[:, rows], erased.remaining[:, rows])


class _Tuned:
    """The copy that is tuned, and the frozen features of every view, computed once."""

    def __init__(self, classifier: Classifier, sample: Sample, views: Views, settings: CseSingleSettings) -> None:
        split = classifier.split if settings.split is None else settings.split
        with torch.inference_mode(False), torch.no_grad():
            self.x = classifier.preprocess(sample.image)
            self._z = early_features(classifier, self.x, split)
            inputs = view_inputs(classifier, sample.image, views)
            self._views = [early_features(classifier, view, split) for view in inputs]
        self.late = LateCopy(classifier, split, head_rate=1.0, momentum=settings.momentum)
        self._fused_over, self._pool, self._recipe = views, classifier.pool, classifier.recipe

    def forward(self) -> tuple[Tensor, Tensor]:
        """Maps (1, C, h, w) and logits (1, C) of the image as it is, with their graph."""
        with torch.inference_mode(False), torch.enable_grad():
            maps = self.late.maps(self._z)
            return maps, self._pool(maps)

    @torch.no_grad()
    def fused(self, maps: Tensor) -> tuple[Tensor, list[Tensor]]:
        """(C, h, w) over the views, and their `view_grids`; maps: (1, C, h, w), those of the image as it is."""
        size, grid = (self.x.shape[2], self.x.shape[3]), (maps.shape[2], maps.shape[3])
        by_scale = [self.late.maps(z) for z in self._views]
        views = self._fused_over
        return fuse(by_scale, views, size, grid), view_grids(by_scale, views, self._recipe)
