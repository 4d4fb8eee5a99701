"""RIB: the classifier tuned on one image, without the sigmoid that made it neglect the rest of the object.

Lee et al., "Reducing Information Bottleneck for Weakly Supervised Semantic Segmentation", NeurIPS 2021.
Official code: github.com/jbeomlee93/RIB, obtain_RIB_CAM.py.

The sigmoid saturates: once a class is recognised by its most discriminative part, sigma'(y) is all but 0 and nothing
else of it is learnt. RIB takes the sigmoid away and raises the logits themselves, up to a margin m, for K steps on one
image x with labels t and B companions, starting from the trained classifier theta_0:

    L(theta) = - sum_c t_c min(m, y^c)                                          summed over the batch
    theta_k  = theta_{k-1} - lambda_k grad L(theta_{k-1}),   lambda_k = lambda (1 - (k-1)/K)^0.9
    A^c      = sum_{k=0..K} CAM^c(x; theta_k)

y^c is pooled where the map is still low (GNDRP: `rib_loss`). The classifier itself is never changed: a copy of its late
part is tuned (`late_copy`), on early features that are computed once. What could not be verified of the paper stands in
`docs/sources.md#rib`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.methods.core import as_array, resolve, target_indices, top_class
from wsss_viz.methods.late_copy import LateCopy, poly
from wsss_viz.methods.rib_batch import Batch, Prediction
from wsss_viz.methods.rib_companions import WINDOW, Companions, find_companions, windowed_companions
from wsss_viz.methods.rib_loss import BCE, RIB, Objective
from wsss_viz.methods.settings import RibSettings
from wsss_viz.methods.view_centres import with_centres
from wsss_viz.methods.views import SINGLE, Views, map_grids
from wsss_viz.models.classifier import Classifier
from wsss_viz.traces.step import Step

__all__ = ["Callback", "rib", "rib_bce"]

Callback = Callable[[int, nn.Module], None]


@with_centres
def rib(
    classifier: Classifier,
    sample: Sample,
    classes: Sequence[str] | None = None,
    views: Views = SINGLE,
    settings: RibSettings | str | None = None,
    *,
    companion_samples: Sequence[Sample] | Companions | None = None,
    callback: Callback | None = None,
    **changes: Any,
) -> Iterator[Step]:
    """RIB on one image; the last step's maps are the accumulated ones.

    Args:
        classifier: in evaluation mode.
        sample: its labels are t; where it has none, the class with the top score.
        classes: t, in place of the sample's labels.
        views: the views whose CAMs are computed anew and fused at each step.
        settings: None: the classifier's own for "rib", else the official code's; "official": these in any case.
        companion_samples: what the companions are drawn from, see `rib_companions`.
        callback: called with k and the tuned stages and head by theta_k, to be read and left alone, before step k is
            yielded; not where theta_k gave no numbers.
        changes: of single settings.

    Yields:
        Step k. `maps` (C, h, w): the sum so far; `scores` (C,): the logits by theta_k; `loss`; `stop`: "K", "margin",
        "explode", or "diverged" where theta_k gave no numbers any more (the step then has theta_{k-1}'s).
        `arrays`: "current" (C, h, w) the CAM by theta_k; "region" (C, h', w') bool, R_k of the image as it is;
        "logits" (V, C) y^c, a row per gradient view. `terms`: "logit NAME", the mean over the views, for each target;
        "total", the sum over views and targets; "coverage", the share `explode_share` is about; "step_norm", the
        length of the step from theta_{k-1}; "rate" of the step to come; "companions" and "companion_logit", how many
        and the mean logit of their labels (where there are any).

    Raises:
        InputError: a class the classifier lacks, weights that are not finite, or a setting that makes no sense.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> steps = list(rib(colour_network(), flag(), ["red"], steps=3, rate=0.01, companions=0))
        >>> [round(float(step.scores[0]), 2) for step in steps]  # red's logit is raised
        [0.33, 0.61]
    """
    settings = resolve(RibSettings, "rib", classifier, settings, changes)
    yield from _tune(classifier, sample, classes, views, settings, RIB, companion_samples, callback)


@with_centres
def rib_bce(
    classifier: Classifier,
    sample: Sample,
    classes: Sequence[str] | None = None,
    views: Views = SINGLE,
    settings: RibSettings | str | None = None,
    *,
    companion_samples: Sequence[Sample] | Companions | None = None,
    callback: Callback | None = None,
    **changes: Any,
) -> Iterator[Step]:
    """The control: the same tuning with the sigmoid kept, by the loss that the classifier was trained with.

    L = sum over rows and classes of BCE(sigma(y^c), t_c): where y^c is high already, dL/dy^c = sigma(y^c) - 1 is all
    but 0, and next to nothing moves. Classes that a row is not labelled with are pooled by GAP. Arguments and Steps as
    `rib`'s, the classifier's own settings those it has for "rib".

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> steps = list(rib_bce(colour_network(), flag(), ["red"], steps=3, rate=0.01, companions=0))
        >>> [round(float(step.scores[0]), 2) for step in steps]
        [0.33, 0.46, 0.55]
    """
    settings = resolve(RibSettings, "rib", classifier, settings, changes)
    yield from _tune(classifier, sample, classes, views, settings, BCE, companion_samples, callback)


def _tune(
    classifier: Classifier,
    sample: Sample,
    classes: Sequence[str] | None,
    views: Views,
    settings: RibSettings,
    loss: str,
    companion_samples: Sequence[Sample] | Companions | None,
    callback: Callback | None,
) -> Iterator[Step]:
    depth = classifier.split if settings.split is None else settings.split
    late = LateCopy(classifier, depth, head_rate=settings.head_rate, momentum=settings.momentum, decay=settings.decay)
    batch = Batch(classifier, sample, views, settings.gradient_views, depth)
    targets = target_indices(classifier, sample, classes) or top_class(batch.scores(late))
    excluded = {*(sample.labels or ()), *(classifier.classes[i] for i in targets)}
    groups = _companions(classifier, companion_samples, excluded, depth, settings)
    objective = Objective(settings.pooling, settings.tau, settings.margin if settings.clamp else None, loss)

    previous: Prediction | None = None
    total, norm = torch.zeros((), device=classifier.device), 0.0
    grids: list[Tensor] = []
    last = settings.steps if settings.accumulate == "after" else settings.steps - 1
    for k in range(last + 1):
        prediction = batch.forward(late, targets, next(groups), objective, learn=k < last)
        stop = _limit_passed(k, prediction, targets, settings) or ("K" if k == last else None)
        if stop == "diverged":
            if previous is None:
                raise InputError("the class maps are not finite: the weights hold NaN or infinity; restore them")
            prediction = previous
        elif stop != "explode":
            total = total + prediction.current
            grids = [a + b for a, b in zip(grids, prediction.grids, strict=True)] if grids else prediction.grids
        if callback is not None and stop != "diverged":
            callback(k, late.module)
        rate = settings.rate * poly(k, max(1, settings.steps), settings.power)
        coverage = prediction.coverage(targets, settings.explode_level)
        terms = {"coverage": coverage, "step_norm": norm, "rate": rate}
        step = _step(k, total, prediction, targets, classifier.classes, terms, stop, settings)
        yield replace(step, grids=map_grids(classifier, sample.size, views, [grids]))
        if stop is not None:
            return
        norm, previous = late.descend(prediction.loss, rate), prediction


def _limit_passed(k: int, prediction: Prediction, targets: tuple[int, ...], settings: RibSettings) -> str | None:
    """Which limit theta_k is beyond: "diverged", "explode", "margin", or none."""
    if not prediction.finite:
        return "diverged"
    if k > 0 and prediction.coverage(targets, settings.explode_level) > settings.explode_share:
        return "explode"
    if settings.margin is None:
        return None
    logits = prediction.logits[:, list(targets)]  # (V, T)
    if settings.stop_on == "each":
        return "margin" if (logits >= settings.margin).all() else None
    return "margin" if logits.sum().abs() > settings.margin else None


def _companions(
    classifier: Classifier,
    samples: Sequence[Sample] | Companions | None,
    excluded: set[str],
    depth: int,
    settings: RibSettings,
) -> Iterator[Companions]:
    """Those of each step. Ready-made ones are taken as they are, seen whole."""
    count, seed = settings.companions, settings.seed
    if settings.redraw and settings.augment and not isinstance(samples, Companions):
        return windowed_companions(classifier, samples, excluded, count, split=depth, seed=seed, window=WINDOW)
    wanted = count * max(1, settings.steps) if settings.redraw else count
    pool = find_companions(classifier, samples, excluded, wanted, split=depth, seed=seed)
    return (pool.group(count, k) for k in itertools.count())


def _step(
    k: int,
    total: Tensor,
    prediction: Prediction,
    targets: tuple[int, ...],
    classes: tuple[str, ...],
    terms: dict[str, float],
    stop: str | None,
    settings: RibSettings,
) -> Step:
    logits = prediction.logits[:, list(targets)]
    named = {f"logit {classes[c]}": float(value) for c, value in zip(targets, logits.mean(dim=0), strict=True)}
    others = prediction.companion_logits
    company = {"companions": float(prediction.companions)}
    if len(others):
        company["companion_logit"] = float(others.mean())
    return Step(
        k,
        as_array(total),
        as_array(prediction.scores),
        targets,
        loss=float(prediction.loss.detach()),
        terms={**named, "total": float(logits.sum()), **company, **terms},
        arrays={
            "current": as_array(prediction.current),
            "region": prediction.region.cpu().numpy(),
            "logits": as_array(prediction.logits),
        },
        stop=stop,
        settings=settings.as_dict(),
    )
