"""RIB: the classifier tuned on one image, without the sigmoid that made it neglect the rest of the object.

Lee et al., "Reducing Information Bottleneck for Weakly Supervised Semantic Segmentation", NeurIPS 2021.
Official code: github.com/jbeomlee93/RIB, obtain_RIB_CAM.py.

The sigmoid saturates: once a class is recognised by its most discriminative part, sigma'(y) is all but 0 and nothing
else of it is learnt. RIB takes the sigmoid away and raises the logits themselves, up to a margin m, for K steps on one
image x with labels t and B companions, starting from the trained classifier theta_0:

    L(theta) = - sum_c t_c min(m, y^c)                                          summed over the batch
    theta_k  = theta_{k-1} - lambda_k grad L(theta_{k-1}),   lambda_k = lambda (1 - (k-1)/K)^0.9
    A^c      = sum_{k=0..K} CAM^c(x; theta_k)

y^c is pooled where the map is still low (GNDRP: `pooling`). The classifier itself is never changed: a copy of its late
part is tuned (`tuning`), on early features that are computed once. The full paper was not at hand: what is said of it
here follows `methods.md`, section 4, where [U] marks what was not read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.methods.cam import target_indices
from wsss_viz.methods.companions import Companions, find_companions
from wsss_viz.methods.pooling import GNDRP, check_pooling
from wsss_viz.methods.rib_batch import BCE, LOSSES, RIB, Batch, Objective, Seen
from wsss_viz.methods.tuning import LateCopy, poly
from wsss_viz.methods.views import MIRROR, SINGLE, Views
from wsss_viz.models.classifier import Classifier
from wsss_viz.traces.step import Step

OFFICIAL: dict[str, Any] = {
    "steps": 10,
    "margin": 600.0,
    "clamp": False,
    "stop_on": "sum",
    "pooling": "gndrp-official",
    "tau": 0.4,
    "companions": 20,
    "redraw": True,
    "rate": 8e-6,
    "head_rate": 10.0,
    "power": 0.9,
    "momentum": 1e-4,
    "decay": 1e-4,
    "gradient_views": Views(scales=(1.0, 1.5, 2.0), flip=True),
    "accumulate": "before",
    "explode_level": 0.3,
    "explode_share": 0.7,
}
"""What the official code does on VOC, as options of `rib`; it tunes layer3 and on, the classifier's own `split`.

Its momentum is the weight decay's value, which it hands to SGD in the wrong place (`methods.md` 0.3).
"""


def rib(
    classifier: Classifier,
    sample: Sample,
    classes: Sequence[str] | None = None,
    views: Views = SINGLE,
    *,
    steps: int = 10,
    margin: float | None = 25.0,
    clamp: bool = True,
    stop_on: str = "each",
    pooling: str = GNDRP,
    tau: float = 0.4,
    companions: int = 8,
    companion_samples: Sequence[Sample] | Companions | None = None,
    redraw: bool = False,
    rate: float = 1e-2,
    head_rate: float = 0.0,
    power: float = 0.9,
    momentum: float = 0.0,
    decay: float = 0.0,
    split: int | None = None,
    gradient_views: Views = MIRROR,
    accumulate: str = "after",
    explode_level: float = 0.3,
    explode_share: float = 0.7,
    loss: str = RIB,
    watch: Callable[[int, nn.Module], None] | None = None,
    seed: int = 0,
) -> Iterator[Step]:
    """RIB on one image; the last step's maps are the accumulated ones.

    Args:
        classifier: in evaluation mode.
        sample: its labels are t; where it has none, the class with the top score.
        classes: t, in place of the sample's labels.
        views: the views whose CAMs are computed anew and fused at each step.
        steps: K; 0 gives CAM.
        margin: m, in units of the logit, and a reason to stop (`stop_on`); None: neither. The paper has 600 on VOC [U],
            where logits are much higher; the scenes' start at about 5 [P].
        clamp: take min(m, y^c). The official code does not, there m is a reason to stop alone. On the scenes, at the
            default rate, the minimum is what keeps the logits from exploding (`docs/experiments.md`).
        stop_on: "each": once the logit of every target in every gradient view is at m, where the clamped loss has no
            slope left; "sum": once the absolute sum of them all is above m (official).
        pooling, tau: how y^c is pooled, see `pooling.pool`.
        companions: B; where fewer are to be had, those.
        companion_samples: what they are drawn from, see `companions.find_companions`.
        redraw: B others at each step (official), not the same ones.
        rate: lambda, of the first step; 8e-6 on VOC. The scenes' was chosen on their val split [P].
        head_rate: how many times faster the head learns; 0: it stays. IRN and the official code have 10. On the scenes
            a head that moves lifts the background with the object, and the features hardly change [P].
        power: of the poly schedule; 0: a constant rate.
        momentum, decay: of SGD.
        split: stages that are not tuned; None: the classifier's own, those that its training left alone (layer3 and on
            are tuned, as in the official code).
        gradient_views: the views whose logits are raised, each a row of the batch. Image and mirror image do for the
            scenes [P]; the official code takes the scales 1, 1.5 and 2 of them.
        accumulate: "after": the CAMs of theta_0 to theta_K; "before": of theta_0 to theta_{K-1}, so that the last
            update is never seen (official).
        explode_level, explode_share: after the first update, stop where more than this share of the cells has a
            target's normalised map above this level. The step is shown, its map is not accumulated (in the official
            code its scale 1 already was). A share of 1: never.
        loss: "rib", or "bce" for the control, see `rib_bce`.
        watch: called with k and the tuned stages and head by theta_k, to be looked at and left alone, before step k is
            yielded; not where theta_k gave no numbers.
        seed: of the companions' order.

    Yields:
        Step k. `maps` (C, h, w): the sum so far; `scores` (C,): the logits by theta_k; `loss`; `stop`: "K", "margin",
        "explode", or "diverged" where theta_k gave no numbers any more (the step then shows theta_{k-1}'s).
        `arrays`: "current" (C, h, w) the CAM by theta_k; "region" (C, h', w') bool, R_k of the image as it is;
        "logits" (V, C) y^c, a row a gradient view. `terms`: "logit NAME", the mean over the views, for each target;
        "total", the sum over views and targets; "coverage", the share `explode_share` is about; "step_norm", the
        length of the step from theta_{k-1}; "rate" of the step to come; "companions" and "companion_logit", how many
        and the mean logit of their labels (where there are any).

    Raises:
        InputError: a class the classifier lacks, or weights that are not finite.
        ValueError: an option that makes no sense.
    """
    _check(steps, margin, stop_on, rate, accumulate, loss)
    check_pooling(pooling, tau)
    depth = classifier.split if split is None else split
    late = LateCopy(classifier, depth, head_rate=head_rate, momentum=momentum, decay=decay)
    batch = Batch(classifier, sample, views, gradient_views, depth)
    targets = target_indices(classifier, sample, classes) or (int(batch.scores(late).argmax()),)
    barred = {*(sample.labels or ()), *(classifier.classes[i] for i in targets)}
    wanted = companions * max(1, steps) if redraw else companions
    others = find_companions(classifier, companion_samples, barred, wanted, split=depth, seed=seed)
    objective = Objective(pooling, tau, margin if clamp else None, loss)

    limits = _Limits(margin, stop_on, explode_level, explode_share)

    previous: Seen | None = None
    total, norm = torch.zeros((), device=classifier.device), 0.0
    last = steps if accumulate == "after" else steps - 1
    for k in range(last + 1):
        seen = batch.look(late, targets, _group(others, companions, k), objective, learn=k < last)
        stop = limits.passed(k, seen, targets) or ("K" if k == last else None)
        if stop == "diverged":
            if previous is None:
                raise InputError("the class maps are not finite: the weights hold NaN or infinity; restore them")
            seen = previous
        elif stop != "explode":
            total = total + seen.current
        if watch is not None and stop != "diverged":
            watch(k, late.module)
        now = rate * poly(k, max(1, steps), power)
        terms = {"coverage": limits.coverage(seen, targets), "step_norm": norm, "rate": now}
        yield _step(k, total, seen, targets, classifier.classes, terms, stop)
        if stop is not None:
            return
        norm, previous = late.descend(seen.loss, now), seen


def rib_bce(
    classifier: Classifier,
    sample: Sample,
    classes: Sequence[str] | None = None,
    views: Views = SINGLE,
    **options: Any,
) -> Iterator[Step]:
    """The control: the same tuning with the sigmoid kept, by the loss that the classifier was trained with.

    L = sum over rows and classes of BCE(sigma(y^c), t_c): where y^c is high already, dL/dy^c = sigma(y^c) - 1 is all
    but 0, and next to nothing moves. Classes that a row is not labelled with are pooled by GAP. Options and Steps as
    `rib`'s.
    """
    yield from rib(classifier, sample, classes, views, **{**options, "loss": BCE})


class _Limits(NamedTuple):
    """Where the tuning ends before K, as `rib`'s arguments of these names say."""

    margin: float | None
    stop_on: str
    explode_level: float
    explode_share: float

    def coverage(self, seen: Seen, targets: tuple[int, ...]) -> float:
        """The share of the cells that a target's map covers."""
        return seen.coverage(targets, self.explode_level)

    def passed(self, k: int, seen: Seen, targets: tuple[int, ...]) -> str | None:
        """Which limit theta_k is beyond: "diverged", "explode", "margin", or none."""
        if not seen.finite:
            return "diverged"
        if k > 0 and self.coverage(seen, targets) > self.explode_share:
            return "explode"
        if self.margin is None:
            return None
        logits = seen.logits[:, list(targets)]  # (V, T)
        if self.stop_on == "each":
            return "margin" if (logits >= self.margin).all() else None
        return "margin" if logits.sum().abs() > self.margin else None


def _group(others: Companions, count: int, k: int) -> Companions:
    """The `count` companions whose turn it is at step k, round and round; all of them where there are no more."""
    return others.take([(k * count + i) % len(others) for i in range(min(count, len(others)))])


def _step(
    k: int,
    total: Tensor,
    seen: Seen,
    targets: tuple[int, ...],
    classes: tuple[str, ...],
    terms: dict[str, float],
    stop: str | None,
) -> Step:
    logits = seen.logits[:, list(targets)]
    named = {f"logit {classes[c]}": float(value) for c, value in zip(targets, logits.mean(dim=0), strict=True)}
    others = seen.companion_logits
    company = {"companions": float(seen.companions)}
    if len(others):
        company["companion_logit"] = float(others.mean())
    return Step(
        k,
        total.float().cpu().numpy(),
        seen.scores.float().cpu().numpy(),
        targets,
        loss=float(seen.loss.detach()),
        terms={**named, "total": float(logits.sum()), **company, **terms},
        arrays={
            "current": seen.current.float().cpu().numpy(),
            "region": seen.region.cpu().numpy(),
            "logits": seen.logits.float().cpu().numpy(),
        },
        stop=stop,
    )


def _check(steps: int, margin: float | None, stop_on: str, rate: float, accumulate: str, loss: str) -> None:
    """Raises ValueError where an option makes no sense."""
    for name, value, known in (
        ("stop_on", stop_on, ("each", "sum")),
        ("accumulate", accumulate, ("after", "before")),
        ("loss", loss, LOSSES),
    ):
        if value not in known:
            raise ValueError(f"`{name}` is one of {', '.join(known)}, got {value!r}")
    fewest = 0 if accumulate == "after" else 1
    if steps < fewest:
        raise ValueError(f"`steps` is {fewest} or more where maps are accumulated {accumulate} the update, got {steps}")
    if margin is not None and not margin > 0:
        raise ValueError(f"`margin` is above 0 or None, got {margin}")
    if not rate >= 0:
        raise ValueError(f"`rate` is 0 or more, got {rate}")
