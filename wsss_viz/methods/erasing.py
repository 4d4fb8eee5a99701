"""Adversarial erasing on a frozen classifier: find, erase, look again.

    A_0 = CAM(x)                                  x is normalised: 0 is the mean colour
    F_k = mask(A_k)                               hard, top share, soft, or the map itself (`masking`)
    E_0 = 0,  E_{k+1} = 1 - (1 - E_k) (1 - F_k)   what is erased; of hard masks the union
    A_{k+1} = CAM(x (1 - E_{k+1}))                the same classifier looks again
    U_k = max_{j <= k} A_j max(A_0) / max(A_j)    the union, graded, in the unit of the first map

The loop of AE-PSL (Wei et al., "Object Region Mining with Adversarial Erasing", CVPR 2017; `methods.md` 2a) without its
training: the paper trains a new classifier on the erased images at every step, here the one that is there looks again.
So it is our own method, and the experiment that motivates CS-AE (Kweon et al., ICCV 2021; `methods.md` 3.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import logsigmoid

from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.methods.cam import target_indices
from wsss_viz.methods.masking import enlarge, erase, make_mask, relu_max
from wsss_viz.methods.views import SINGLE, Views, class_maps
from wsss_viz.models.classifier import Classifier
from wsss_viz.traces.step import Step

COMBINE = ("max", "mean")


def erasing(
    classifier: Classifier,
    sample: Sample,
    classes: Sequence[str] | None = None,
    views: Views = SINGLE,
    *,
    steps: int = 3,
    mask: str = "hard",
    threshold: float = 0.5,
    share: float = 0.2,
    sigma: float = 0.5,
    omega: float = 10.0,
    agnostic: bool = False,
    combine: str = "max",
    weighted: bool = False,
    stop_probability: float = 0.0,
    stop_area: float = 1.0,
) -> Iterator[Step]:
    """Erases what the map shows and looks again, `steps` times; the looks together are the map.

    Each target class has an erased image of its own; with `agnostic` there is one image, from which all are erased.

    Args:
        classifier: in evaluation mode.
        sample: its image is preprocessed by the classifier to (H, W).
        classes: the targets; default the sample's labels, where it has none the class with the top score.
        views: each look is fused over them, and its mask is made from the fused map.
        steps: K, the number of erasings; 0 is CAM.
        mask: one of `masking.MASKS`, made from the map enlarged to (H, W) and divided by its maximum.
        threshold: of the hard mask. share: of the top mask; AE-PSL's "top 20 %" is 0.2 (recalled, unverified).
        sigma, omega: of the soft mask.
        agnostic: class-agnostic erasing, from the highest of the targets' maps at each pixel.
        combine: "max", U_k as above, our graded form of AE-PSL's union of regions; "mean" over the looks instead, those
            after the first rectified, for brought to the maximum of the first, a weak look has huge negative values.
        weighted: a look at x_k counts by min(1, p_k / p_0), p = sigma(s_c): little, where the class is hardly seen any
            more. Our own.
        stop_probability: a class ends when its p on the erased image is below; that look does not count.
        stop_area: a class ends when more than this share of its image is erased; that look does count.

    Yields:
        Steps k = 0 ... K, fewer where every class has ended before; `_step` says what they hold. Step 0's `maps` are
        CAM's, the last step's are the method's.

    Raises:
        InputError: a class the classifier lacks, an option out of range, maps that are not finite.
    """
    _check(steps, combine, stop_probability, stop_area)
    to_mask = partial(make_mask, kind=mask, threshold=threshold, share=share, sigma=sigma, omega=omega)
    to_mask(torch.zeros(1, 1))  # what it refuses is refused before any work
    x = classifier.preprocess(sample.image)
    size = (x.shape[2], x.shape[3])
    targets = tuple(dict.fromkeys(target_indices(classifier, sample, classes)))
    first = _look(classifier, x, views)
    targets = targets or (int(first.logits.argmax()),)
    streams = [_Stream(group, first, size) for group in ([targets] if agnostic else [(c,) for c in targets])]
    for k in range(steps + 1):
        for stream in streams:
            stream.judge(stop_probability, stop_area)
            if k == steps:
                stream.end(f"all {steps} erasings done")
            if stream.active:
                values = relu_max(enlarge(stream.look.maps[None, list(stream.active)], size)).amax(dim=1)[0]
                stream.plan(to_mask(values))
        maps = first.maps.clone()
        for stream in streams:
            for target in stream.targets:
                maps[target] = stream.union(target, combine, weighted)
        yield _step(k, classifier, sample, x, maps, streams)
        if not any(stream.active for stream in streams):
            return
        for stream in streams:
            stream.advance()
            if stream.active:
                stream.look = _look(classifier, erase(x, stream.erased), views)


def _check(steps: int, combine: str, stop_probability: float, stop_area: float) -> None:
    if steps < 0:
        raise InputError(f"`steps` is 0 or more, the number of erasings, got {steps}")
    if combine not in COMBINE:
        raise InputError(f"`combine` is one of {', '.join(COMBINE)}, got {combine!r}")
    for name, value in (("stop_probability", stop_probability), ("stop_area", stop_area)):
        if not 0 <= value <= 1:
            raise InputError(f"`{name}` is 0 to 1, got {value}")


class _Look(NamedTuple):
    """What the classifier sees in one image: maps (C, h, w), fused over the views, and logits (C,)."""

    maps: Tensor
    logits: Tensor


def _look(classifier: Classifier, x: Tensor, views: Views) -> _Look:
    """One image (1, 3, H, W) at a time, so that a class's values do not depend on which others are asked for."""
    look = _Look(*class_maps(classifier, x, views))
    if not (look.maps.isfinite().all() and look.logits.isfinite().all()):
        raise InputError("the class maps hold NaN or infinity: the checkpoint is damaged, or its training diverged")
    return look


class _Stream:
    """One erased image, the classes that are erased from it, and their looks.

    Attributes:
        targets: one class, or all of them where the erasing is class-agnostic.
        active: those that have not ended.
        look: the latest.
        erased, new, planned: (H, W), E_k, E_k - E_{k-1} and E_{k+1}.
        counted: for each target the looks that count, (A_j, log p_j) from j = 0.
        reason: why the last target ended, or None.
    """

    def __init__(self, targets: tuple[int, ...], first: _Look, size: tuple[int, int]) -> None:
        self.targets = self.active = targets
        self.look = first
        self.erased = self.new = self.planned = first.maps.new_zeros(size)
        self.counted: dict[int, list[tuple[Tensor, Tensor]]] = {target: [] for target in targets}
        self.reason: str | None = None

    def judge(self, stop_probability: float, stop_area: float) -> None:
        """Keeps the latest look of each active class where it counts, and ends the classes that are finished."""
        going = []
        for target in self.active:
            class_map, log_probability = self.look.maps[target], logsigmoid(self.look.logits[target])
            empty, unseen = bool(class_map.max() <= 0), bool(log_probability.exp() < stop_probability)
            if not self.counted[target] or not (empty or unseen):
                self.counted[target].append((class_map, log_probability))
            if empty or unseen:
                self.reason = "no positive activation is left" if empty else f"probability below {stop_probability:g}"
            else:
                going.append(target)
        self.active = tuple(going)
        if self.erased.mean() > stop_area:
            self.end(f"more than {stop_area:.0%} of the image erased")

    def plan(self, found: Tensor) -> None:
        """E_{k+1} from the mask F_k, (H, W); ends the stream where that erases less than one pixel more."""
        self.planned = 1 - (1 - self.erased) * (1 - found)
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
        """U_k of one target, (h, w), signed; the first look has the weight 1."""
        first, first_log = self.counted[target][0]
        looks, weights = [first], [first.new_ones(())]
        for class_map, log_probability in self.counted[target][1:]:
            weight = (log_probability - first_log).clamp(max=0).exp() if weighted else first.new_ones(())
            look = class_map if combine == "max" else class_map.relu()
            looks.append(look * (first.max() / class_map.max() * weight))
            weights.append(weight)
        every = torch.stack(looks)
        return every.amax(dim=0) if combine == "max" else every.sum(dim=0) / torch.stack(weights).sum()


def _step(k: int, classifier: Classifier, sample: Sample, x: Tensor, maps: Tensor, streams: Sequence[_Stream]) -> Step:
    """What is shown at k. The S erased images are those of the T targets, S = T, or 1 where the erasing is agnostic.

    maps: (C, h, w), the targets' unions of the looks 0 to k; of the other classes, the map of the image as it is.
    image, scores: the first erased image, (H, W, 3), and its logits (C,).
    mask: (H, W), what was erased from that image since the last step.
    terms: `score` and `probability` of the first target on that image, `score NAME` of each other label on it; `area`
        and `new_area`, the shares of it that are erased and that were erased since the last step.
    arrays: `erased` (H, W), all that is erased from that image; `current` (C, h, w), its maps, raw and signed; and in
        the order of the targets `looks` (T, h, w), each one's map in its own erased image, raw and signed,
        `all_images` (S, H, W, 3), `all_masks` and `all_erased` (S, H, W), `all_scores` (S, C).
    """
    shown = streams[0]
    target = shown.targets[0]
    score = shown.look.logits[target]
    names = [name for name in sample.labels or () if name in classifier.classes and name != classifier.classes[target]]
    terms = {
        "score": float(score),
        "probability": float(score.sigmoid()),
        "area": float(shown.erased.mean()),
        "new_area": float(shown.new.mean()),
    } | {f"score {name}": float(shown.look.logits[classifier.classes.index(name)]) for name in names}
    images = [classifier.preprocessing.restore(erase(x, stream.erased)[0]) for stream in streams]
    arrays: dict[str, NDArray] = {
        "erased": _numpy(shown.erased),
        "current": _numpy(shown.look.maps),
        "looks": _numpy(torch.cat([stream.look.maps[list(stream.targets)] for stream in streams])),
        "all_images": np.stack(images),
        "all_masks": _numpy(torch.stack([stream.new for stream in streams])),
        "all_erased": _numpy(torch.stack([stream.erased for stream in streams])),
        "all_scores": _numpy(torch.stack([stream.look.logits for stream in streams])),
    }
    return Step(
        k,
        _numpy(maps),
        _numpy(shown.look.logits),
        tuple(target for stream in streams for target in stream.targets),
        image=images[0],
        mask=_numpy(shown.new),
        terms=terms,
        arrays=arrays,
        stop=_reason(streams, classifier.classes),
    )


def _reason(streams: Sequence[_Stream], classes: Sequence[str]) -> str | None:
    """Why the trace ends: every stream's reason, once all have one."""
    if any(stream.active for stream in streams):
        return None
    reasons = [stream.reason or "" for stream in streams]
    if len(set(reasons)) == 1:
        return reasons[0]
    return "; ".join(f"{classes[s.targets[0]]}: {reason}" for s, reason in zip(streams, reasons, strict=True))


def _numpy(values: Tensor) -> NDArray[np.float32]:
    """A copy of its own: a Step belongs to nobody else."""
    return np.array(values.float().cpu().numpy())
