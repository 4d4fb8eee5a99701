"""AE: adversarial erasing on a frozen classifier: find, erase, repeat.

    A_0 = CAM(x)                                  x is normalised: 0 is the mean colour
    F_k = mask(A_k)                               hard, top share, soft, or the map itself (`masking`)
    E_0 = 0,  E_{k+1} = 1 - (1 - E_k) (1 - F_k)   what is erased; of hard masks the union
    A_{k+1} = CAM(x (1 - E_{k+1}))                of the same classifier
    U_k = max_{j <= k} A_j max(A_0) / max(A_j)    the union, graded, in the unit of the first map

The loop of AE-PSL (Wei et al., "Object Region Mining with Adversarial Erasing", CVPR 2017) without its training: the
paper trains a new classifier on the erased images at every step, here the same one sees them. So it is our own method,
and the experiment that motivates CS-AE (`docs/sources.md#oc-cse`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import logsigmoid

from wsss_viz.data.sample import Sample
from wsss_viz.methods.core import as_array, check_finite, resolve, target_indices, top_class
from wsss_viz.methods.masking import enlarge, erase, make_mask, relu_max
from wsss_viz.methods.settings import ErasingSettings
from wsss_viz.methods.view_centres import with_centres
from wsss_viz.methods.views import SINGLE, Prediction, Seen, Views, map_grids, predict
from wsss_viz.models.classifier import Classifier
from wsss_viz.traces.step import Step

__all__ = ["ae"]


@with_centres
def ae(
    classifier: Classifier,
    sample: Sample,
    classes: Sequence[str] | None = None,
    views: Views = SINGLE,
    settings: ErasingSettings | None = None,
    **changes: Any,
) -> Iterator[Step]:
    """Erases what the map shows and computes the map anew, `steps` times; the maps of all steps together are the map.

    Each target class has an erased image of its own; with `agnostic` there is one image, from which all are erased.

    Args:
        classifier: in evaluation mode.
        sample: its image is preprocessed by the classifier to (H, W).
        classes: the targets; default the sample's labels, where it has none the class with the top score.
        views: each step's map is fused over them, and its mask is made from the fused map.
        settings: None: the classifier's own for "ae", else the defaults.
        changes: of single settings.

    Yields:
        Steps k = 0 ... K, fewer where every class has ended before; `_step` says what they hold. Step 0's `maps` are
        CAM's, the last step's are the method's.

    Raises:
        InputError: a class the classifier lacks, a setting out of range, maps that are not finite.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> first, second = ae(colour_network(), flag(), ["blue"])
        >>> second.mask.tolist(), second.scores.round(2)  # of the image without blue
        ([[0.0, 1.0, 1.0], [0.0, 1.0, 1.0]], array([0.33, 0.  , 0.  ], dtype=float32))
    """
    settings = resolve(ErasingSettings, "ae", classifier, settings, changes)
    targets = target_indices(classifier, sample, classes)
    x = classifier.preprocess(sample.image)
    size = (x.shape[2], x.shape[3])
    first = _forward(classifier, sample.image, views)
    targets = targets or top_class(first.logits)
    streams = [_Stream(group, first, size) for group in ([targets] if settings.agnostic else [(c,) for c in targets])]
    for k in range(settings.steps + 1):
        for stream in streams:
            stream.count(settings.stop_probability, settings.stop_area)
            if k == settings.steps:
                stream.end("the one erasing done" if settings.steps == 1 else f"all {settings.steps} erasings done")
            if stream.active:
                values = relu_max(enlarge(stream.prediction.maps[None, list(stream.active)], size)).amax(dim=1)[0]
                stream.plan(
                    make_mask(
                        values,
                        settings.mask,
                        threshold=settings.threshold,
                        share=settings.share,
                        sigma=settings.sigma,
                        omega=settings.omega,
                    )
                )
        maps = first.maps.clone()
        for stream in streams:
            for target in stream.targets:
                maps[target] = stream.union(target, settings.combine, settings.weighted)
        grids = map_grids(classifier, sample.size, views, _unions(first, streams, settings))
        yield replace(_step(k, classifier, sample, x, maps, streams, settings), grids=grids)
        if not any(stream.active for stream in streams):
            return
        for stream in streams:
            stream.advance()
            if stream.active:
                stream.prediction = _forward(classifier, erase(x, stream.erased), views)


def _forward(classifier: Classifier, seen: Seen, views: Views) -> Prediction:
    """One image at a time, so that a class's values do not depend on which others are asked for."""
    prediction = predict(classifier, seen, views)
    check_finite("classifier", prediction.maps, prediction.logits)
    return prediction


class _Stream:
    """One erased image, the classes that are erased from it, and their predictions.

    Attributes:
        targets: one class, or all of them where the erasing is class-agnostic.
        active: those that have not ended.
        prediction: the latest.
        erased, new, planned: (H, W), E_k, E_k - E_{k-1} and E_{k+1}.
        counted: for each target the steps that count, (A_j, log p_j, the class's `view_grids`) from j = 0.
        reason: why the last target ended, or None.
    """

    def __init__(self, targets: tuple[int, ...], first: Prediction, size: tuple[int, int]) -> None:
        self.targets = self.active = targets
        self.prediction = first
        self.erased = self.new = self.planned = first.maps.new_zeros(size)
        self.counted: dict[int, list[tuple[Tensor, Tensor, list[Tensor]]]] = {target: [] for target in targets}
        self.reason: str | None = None

    def count(self, stop_probability: float, stop_area: float) -> None:
        """Keeps the latest prediction of each active class where it counts, and ends the classes that are finished."""
        going = []
        for target in self.active:
            class_map, log_probability = self.prediction.maps[target], logsigmoid(self.prediction.logits[target])
            empty, unseen = bool(class_map.max() <= 0), bool(log_probability.exp() < stop_probability)
            if not self.counted[target] or not (empty or unseen):
                grids = [grid[target] for grid in self.prediction.grids]
                self.counted[target].append((class_map, log_probability, grids))
            if empty or unseen:
                self.reason = "no positive activation is left" if empty else f"probability below {stop_probability:g}"
            else:
                going.append(target)
        self.active = tuple(going)
        if self.erased.mean() > stop_area:
            self.end(f"more than {stop_area:.0%} of the image erased")

    def plan(self, mask: Tensor) -> None:
        """E_{k+1} from the mask F_k, (H, W); ends the stream where that erases less than one pixel more."""
        self.planned = 1 - (1 - self.erased) * (1 - mask)
        if (self.planned - self.erased).sum() < 1:
            self.end("nothing new was found")

    def end(self, reason: str) -> None:
        """Ends the classes that are still active."""
        if self.active:
            self.active, self.reason = (), reason

    def advance(self) -> None:
        """From k to k + 1; of a stream that has ended, nothing more is erased."""
        planned = self.planned if self.active else self.erased
        self.new, self.erased = planned - self.erased, planned

    def union(self, target: int, combine: str, weighted: bool) -> Tensor:
        """U_k of one target, (h, w), signed; the first step has the weight 1."""
        factors, weights = self.weights(target, weighted)
        maps = [self.counted[target][0][0]]
        for (class_map, _, _), factor in zip(self.counted[target][1:], factors[1:], strict=True):
            maps.append((class_map if combine == "max" else class_map.relu()) * factor)
        every = torch.stack(maps)
        return every.amax(dim=0) if combine == "max" else every.sum(dim=0) / torch.stack(weights).sum()

    def weights(self, target: int, weighted: bool) -> tuple[list[Tensor], list[Tensor]]:
        """What each counted step's map is multiplied by, and its weight; 1 and 1 of the first."""
        first, first_log, _ = self.counted[target][0]
        one = first.new_ones(())
        factors, weights = [one], [one]
        for class_map, log_probability, _ in self.counted[target][1:]:
            weight = (log_probability - first_log).clamp(max=0).exp() if weighted else one
            factors.append(first.max() / class_map.max() * weight)
            weights.append(weight)
        return factors, weights


def _unions(first: Prediction, streams: Sequence[_Stream], settings: ErasingSettings) -> list[list[Tensor]]:
    """The `view_grids` whose highest value is U_k: those of each step that counts, or their weighted mean.

    Classes that are no targets, and those with fewer steps, have the first look's again, which changes nothing.
    """
    unions = [[grid.clone() for grid in first.grids]]
    for stream in streams:
        for target in stream.targets if first.grids else ():
            factors, weights = stream.weights(target, settings.weighted)
            steps = [grids for _, _, grids in stream.counted[target]]
            if settings.combine == "mean":
                total = torch.stack(weights).sum()
                for v, grid in enumerate(unions[0]):
                    grid[target] = sum(g[v] * factor for g, factor in zip(steps, factors, strict=True)) / total
                continue
            while len(unions) < len(steps):
                unions.append([grid.clone() for grid in first.grids])
            for union, grids, factor in zip(unions, steps, factors, strict=False):
                for grid, seen in zip(union, grids, strict=True):
                    grid[target] = seen * factor
    return unions


def _step(
    k: int,
    classifier: Classifier,
    sample: Sample,
    x: Tensor,
    maps: Tensor,
    streams: Sequence[_Stream],
    settings: ErasingSettings,
) -> Step:
    """The Step at k. The S erased images are those of the T targets, S = T, or 1 where the erasing is agnostic.

    maps: (C, h, w), the targets' unions of the steps 0 to k; of the other classes, the map of the image as it is.
    image, scores: the first erased image, (H, W, 3), and its logits (C,).
    mask: (H, W), what was erased from that image since the last step.
    terms: `score` and `probability` of the first target on that image, `score NAME` of each other label on it; `area`
        and `new_area`, the shares of it that are erased and that were erased since the last step.
    arrays: `erased` (H, W), all that is erased from that image; `current` (C, h, w), its maps, raw and signed; and in
        the order of the targets `looks` (T, h, w), each one's map in its own erased image, raw and signed,
        `all_images` (S, H, W, 3), `all_masks` and `all_erased` (S, H, W), `all_scores` (S, C).
    """
    first = streams[0]
    target = first.targets[0]
    score = first.prediction.logits[target]
    names = [name for name in sample.labels or () if name in classifier.classes and name != classifier.classes[target]]
    terms = {
        "score": float(score),
        "probability": float(score.sigmoid()),
        "area": float(first.erased.mean()),
        "new_area": float(first.new.mean()),
    } | {f"score {name}": float(first.prediction.logits[classifier.classes.index(name)]) for name in names}
    images = [classifier.preprocessing.restore(erase(x, stream.erased)[0]) for stream in streams]
    arrays: dict[str, NDArray] = {
        "erased": as_array(first.erased),
        "current": as_array(first.prediction.maps),
        "looks": as_array(torch.cat([stream.prediction.maps[list(stream.targets)] for stream in streams])),
        "all_images": np.stack(images),
        "all_masks": as_array(torch.stack([stream.new for stream in streams])),
        "all_erased": as_array(torch.stack([stream.erased for stream in streams])),
        "all_scores": as_array(torch.stack([stream.prediction.logits for stream in streams])),
    }
    return Step(
        k,
        as_array(maps),
        as_array(first.prediction.logits),
        tuple(target for stream in streams for target in stream.targets),
        image=images[0],
        mask=as_array(first.new),
        terms=terms,
        arrays=arrays,
        stop=_reason(streams, classifier.classes),
        settings=settings.as_dict(),
    )


def _reason(streams: Sequence[_Stream], classes: Sequence[str]) -> str | None:
    """Why the trace ends: every stream's reason, once all have one."""
    if any(stream.active for stream in streams):
        return None
    reasons = [stream.reason or "" for stream in streams]
    if len(set(reasons)) == 1:
        return reasons[0]
    return "; ".join(f"{classes[s.targets[0]]}: {reason}" for s, reason in zip(streams, reasons, strict=True))
