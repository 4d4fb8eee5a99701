"""The batch RIB tunes on: the image in its views, and its companions (`docs/sources.md#rib`).

Companions are the other images that steady the tuning on one image. Each step raises the logits of B more images, none
of which shares a label with the image at hand; so the direction that raises every class at once is no way out. Early
features never change while the late part is tuned: those of the image's views and of the companions are computed once.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from wsss_viz.data.sample import Sample
from wsss_viz.methods.core import is_finite
from wsss_viz.methods.late_copy import LateCopy, early_features
from wsss_viz.methods.rib_loss import Objective, pool
from wsss_viz.methods.views import Views, fuse, view_grids, view_inputs
from wsss_viz.models.classifier import Classifier

__all__ = ["SCENES_DRAWN_FROM", "Batch", "Companions", "Prediction", "find_companions", "shipped_companions"]

_LOG = logging.getLogger(__name__)

SCENES_DRAWN_FROM = 128
_READ_PER_COMPANION = 16


@dataclass(frozen=True, eq=False)
class Companions:
    """Images with their early features: built once, read by any number of calls and threads, never written.

    Attributes:
        features: one (1, D, h, w) per image, after `split` stages.
        labels: one set of class names per image.
        split: stages computed.
        classes: of the classifier.
    """

    features: tuple[Tensor, ...]
    labels: tuple[frozenset[str], ...]
    split: int
    classes: tuple[str, ...]

    @classmethod
    def of(cls, classifier: Classifier, samples: Sequence[Sample], split: int) -> Companions:
        """The early features of `samples`, each alone, so that they do not depend on the others."""
        features = tuple(early_features(classifier, classifier.preprocess(s.image), split) for s in samples)
        return cls(features, tuple(frozenset(s.labels or ()) for s in samples), split, classifier.classes)

    def choose(self, excluded_labels: Collection[str], count: int, seed: int) -> Companions:
        """At most `count` of them without a label in `excluded_labels`, in an order that follows from the seed."""
        return self.take(self.eligible(excluded_labels, seed)[:count])

    def eligible(self, excluded_labels: Collection[str], seed: int) -> list[int]:
        """The indices of those without a label in `excluded_labels`, in an order that follows from the seed."""
        return [i for i in _order(len(self), seed) if _is_eligible(self.labels[i], excluded_labels, self.classes)]

    def take(self, indices: Sequence[int]) -> Companions:
        """Those at `indices`, in that order."""
        features, labels = tuple(self.features[i] for i in indices), tuple(self.labels[i] for i in indices)
        return Companions(features, labels, self.split, self.classes)

    def __len__(self) -> int:
        return len(self.labels)

    def batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """(n, D, h, w) features and (n, C) labels in {0, 1}, those of one shape together."""
        shapes = sorted({tuple(z.shape) for z in self.features})
        for shape in shapes:
            group = [i for i, z in enumerate(self.features) if tuple(z.shape) == shape]
            z = torch.cat([self.features[i] for i in group])
            yield z, z.new_tensor([[float(name in self.labels[i]) for name in self.classes] for i in group])


def find_companions(
    classifier: Classifier,
    samples: Sequence[Sample] | Companions | None,
    excluded_labels: Collection[str],
    count: int,
    *,
    split: int,
    seed: int = 0,
) -> Companions:
    """At most `count` companions without a label in `excluded_labels` and with at least one that the classifier knows.

    Where there are fewer, those there are (the official code's loader gives none then, and crashes).

    Args:
        samples: what they are drawn from, without replacement, in an order that follows from the seed; a sequence is
            read no further than needed, and at most 16 `count` deep. None: `shipped_companions`.
        excluded_labels: the labels of the image at hand.
        split: stages whose features are computed once.

    Raises:
        ValueError: `count` is negative, or ready-made `Companions` are of another split or other classes.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> network = colour_network()
        >>> [sorted(labels) for labels in find_companions(network, [flag()], {"green"}, 20, split=1).labels]
        [['blue', 'red']]
        >>> find_companions(network, [flag()], {"red"}, 20, split=1).labels
        ()
    """
    if count < 0:
        raise ValueError(f"`companions` is 0 or more, got {count}")
    if isinstance(samples, Companions):
        if (samples.split, samples.classes) != (split, classifier.classes):
            raise ValueError(
                f"the companions' features are of split {samples.split} and {len(samples.classes)} classes, want split "
                f"{split} and the classifier's {len(classifier.classes)}: make them by Companions.of(classifier, ...)"
            )
        return samples.choose(excluded_labels, count, seed)
    if samples is None:
        samples = shipped_companions(classifier.classes)
    _LOG.debug("drawing companions")
    drawn: list[Sample] = []
    for position in _order(len(samples), seed)[: _READ_PER_COMPANION * count]:
        if len(drawn) == count:
            break
        sample = samples[position]
        if _is_eligible(frozenset(sample.labels or ()), excluded_labels, classifier.classes):
            drawn.append(sample)
    return Companions.of(classifier, drawn, split)


def shipped_companions(classes: Sequence[str]) -> Sequence[Sample]:
    """What a classifier's companions are drawn from where nothing is given: data that ships and that it knows.

    For the scenes' classes the first 128 scenes of scenes:train, drawn once; for classes that name every shipped
    photograph (ImageNet's, or the rows of a narrowed network) the photographs; for others nothing.

    >>> len(shipped_companions(("cow", "sofa")))
    0
    """
    from wsss_viz.data.photographs import Photographs
    from wsss_viz.data.scenes import CLASSES
    from wsss_viz.data.sources import open as open_data

    if tuple(classes) == tuple(CLASSES):
        return _DrawnScenes()
    known = all(not set(names).isdisjoint(classes) for names in Photographs().labels)
    return open_data("photos") if known else ()


def _order(count: int, seed: int) -> list[int]:
    return [int(i) for i in np.random.default_rng(seed).permutation(count)]


def _is_eligible(labels: frozenset[str], excluded_labels: Collection[str], classes: Sequence[str]) -> bool:
    return labels.isdisjoint(excluded_labels) and not labels.isdisjoint(classes)


@functools.lru_cache(maxsize=SCENES_DRAWN_FROM)
def _drawn_scene(position: int) -> Sample:
    from wsss_viz.data.scenes import Scenes

    return Scenes("train")[position]


class _DrawnScenes(Sequence[Sample]):
    def __len__(self) -> int:
        return SCENES_DRAWN_FROM

    def __getitem__(self, index: int) -> Sample:  # type: ignore[override]
        return _drawn_scene(index)


@dataclass(frozen=True, eq=False)
class Prediction:
    """What the copy makes of the batch at theta_k.

    Attributes:
        current: (C, h, w), the CAM, fused over the views.
        grids: its `view_grids`.
        plain: (1 or 2, C, h, w), the maps at scale 1, of the image and, where a view has it, of its mirror image.
        scores: (C,), the logits of the image as it is, by GAP.
        logits: (V, C), y^c, a row per gradient view.
        region: (C, h, w) bool, what y^c of the image as it is was pooled over.
        companions: how many there were.
        companion_logits: y^c of their labels, one after the other.
        loss: L, with its graph where the copy is to learn from it.
    """

    current: Tensor
    grids: list[Tensor]
    plain: Tensor
    scores: Tensor
    logits: Tensor
    region: Tensor
    companions: int
    companion_logits: Tensor
    loss: Tensor

    @property
    def finite(self) -> bool:
        """Whether every map and the loss are numbers."""
        return is_finite(self.current, self.plain, self.loss)

    def coverage(self, targets: Sequence[int], level: float) -> float:
        """The share of cells where a target's normalised map is above `level`.

        As the official code has it: scale 1, ReLU, the mirror image's turned back and added, by its own maximum.
        """
        maps = self.plain.relu()[:, list(targets)]
        total = maps[0] + maps[1].flip(2) if len(maps) > 1 else maps[0]
        normalised = total / (total.amax(dim=(1, 2), keepdim=True) + 1e-5)
        return float((normalised > level).any(dim=0).float().mean())


class Batch:
    """The image's rows: its early features in all views, computed once."""

    def __init__(self, classifier: Classifier, sample: Sample, views: Views, gradient_views: Views, split: int) -> None:
        """Args: `views`, whose CAMs are fused; `gradient_views`, whose logits are raised, each a row."""
        self.views, self.gradient_views = views, gradient_views
        self.rows: dict[float, Tensor] = {}
        self.recipe = classifier.recipe
        with torch.inference_mode(False), torch.no_grad():
            x = classifier.preprocess(sample.image)
            for scale in dict.fromkeys((1.0, *gradient_views.scales, *views.scales)):
                flip = any(v.flip and scale in v.scales for v in (views, gradient_views))
                (view,) = view_inputs(classifier, sample.image, Views((scale,), flip))
                self.rows[scale] = early_features(classifier, view, split)
        self.size = (x.shape[2], x.shape[3])

    def scores(self, late: LateCopy) -> Tensor:
        """(C,), the logits of the image as it is."""
        with torch.no_grad():
            return late.with_bias(late.maps(self.rows[1.0][:1]).mean(dim=(2, 3)))[0]

    def forward(
        self, late: LateCopy, targets: Sequence[int], companions: Companions, objective: Objective, *, learn: bool
    ) -> Prediction:
        """One forward of the copy over all rows.

        Args:
            learn: keep the graph, so that the copy can descend the loss.
        """
        with torch.inference_mode(False), torch.enable_grad() if learn else torch.no_grad():
            graphs = {scale: late.maps(self.rows[scale]) for scale in self.gradient_views.scales}
            rows = [maps[: 1 + self.gradient_views.flip] for maps in graphs.values()]
            labels = [_one_hot(targets, maps) for maps in rows]
            logits = [objective.logits(late, maps, t) for maps, t in zip(rows, labels, strict=True)]
            loss = torch.stack([objective(y, t) for y, t in zip(logits, labels, strict=True)]).sum()
            others = []
            for z, t in companions.batches():
                y = objective.logits(late, late.maps(z), t)
                loss = loss + objective(y, t)
                others.append(y.detach()[t > 0])
        with torch.inference_mode(False), torch.no_grad():
            maps = {s: graphs[s].detach() if s in graphs else late.maps(z) for s, z in self.rows.items()}
            plain = maps[1.0]
            fused = [maps[scale][: 1 + self.views.flip] for scale in self.views.scales]
            _, region = pool(plain[:1], objective.pooling, objective.tau)
            return Prediction(
                fuse(fused, self.views, self.size, (plain.shape[2], plain.shape[3])),
                view_grids(fused, self.views, self.recipe),
                plain,
                late.with_bias(plain[:1].mean(dim=(2, 3)))[0],
                torch.cat([y.detach() for y in logits]),
                region[0],
                len(companions),
                torch.cat(others) if others else plain.new_zeros(0),
                loss,
            )


def _one_hot(targets: Sequence[int], maps: Tensor) -> Tensor:
    labels = maps.new_zeros(maps.shape[:2])
    labels[:, list(targets)] = 1
    return labels
