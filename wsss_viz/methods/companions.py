"""Companions: the other images that steady RIB's tuning on one image (Lee et al., NeurIPS 2021).

Each step raises the logits of B more images, none of which shares a label with the image at hand; so the direction
that raises every class at once is no way out. Their early features are computed once.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from wsss_viz.data.sample import Sample
from wsss_viz.methods.tuning import early_features
from wsss_viz.models.classifier import Classifier

SCENES_DRAWN_FROM = 128
_LOOKS_PER_COMPANION = 16


@dataclass(frozen=True, eq=False)
class Companions:
    """Images with their early features: built once, read by any number of calls and threads, never written.

    Attributes:
        features: one (1, D, h, w) an image, after `split` stages.
        labels: one set of class names an image.
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

    def choose(self, barred: Collection[str], count: int, seed: int) -> Companions:
        """At most `count` of them without a label in `barred`, in an order that follows from the seed."""
        return self.take(self.fitting(barred, seed)[:count])

    def fitting(self, barred: Collection[str], seed: int) -> list[int]:
        """The indices of those without a label in `barred`, in an order that follows from the seed."""
        return [i for i in _order(len(self), seed) if _fits(self.labels[i], barred, self.classes)]

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
    barred: Collection[str],
    count: int,
    *,
    split: int,
    seed: int = 0,
) -> Companions:
    """At most `count` companions without a label in `barred` and with at least one that the classifier knows.

    Where there are fewer, those there are (the official code's loader gives none then, and crashes).

    Args:
        samples: what they are drawn from, without replacement, in an order that follows from the seed; a sequence is
            read no further than needed, and at most 16 `count` deep. None: `scene_companions` for a classifier of the
            scenes' classes, else nothing.
        barred: the labels of the image at hand.
        split: stages whose features are computed once.

    Raises:
        ValueError: `count` is negative, or ready-made `Companions` are of another split or other classes.
    """
    if count < 0:
        raise ValueError(f"`companions` is 0 or more, got {count}")
    if isinstance(samples, Companions):
        if (samples.split, samples.classes) != (split, classifier.classes):
            raise ValueError(
                f"the companions' features are of split {samples.split} and {len(samples.classes)} classes, want split "
                f"{split} and the classifier's {len(classifier.classes)}: make them by Companions.of(classifier, ...)"
            )
        return samples.choose(barred, count, seed)
    if samples is None:
        samples = scene_companions(classifier.classes)
    chosen: list[Sample] = []
    for position in _order(len(samples), seed)[: _LOOKS_PER_COMPANION * count]:
        if len(chosen) == count:
            break
        sample = samples[position]
        if _fits(frozenset(sample.labels or ()), barred, classifier.classes):
            chosen.append(sample)
    return Companions.of(classifier, chosen, split)


def scene_companions(classes: Sequence[str]) -> Sequence[Sample]:
    """The first 128 scenes of scenes:train, kept once drawn; nothing where `classes` are not the scenes'."""
    from wsss_viz.data.scenes import CLASSES

    return _DrawnScenes() if tuple(classes) == tuple(CLASSES) else ()


def _order(count: int, seed: int) -> list[int]:
    return [int(i) for i in np.random.default_rng(seed).permutation(count)]


def _fits(labels: frozenset[str], barred: Collection[str], classes: Sequence[str]) -> bool:
    return labels.isdisjoint(barred) and not labels.isdisjoint(classes)


@functools.lru_cache(maxsize=SCENES_DRAWN_FROM)
def _drawn_scene(position: int) -> Sample:
    from wsss_viz.data.scenes import Scenes

    return Scenes("train")[position]


class _DrawnScenes(Sequence[Sample]):
    def __len__(self) -> int:
        return SCENES_DRAWN_FROM

    def __getitem__(self, index: int) -> Sample:  # type: ignore[override]
        return _drawn_scene(index)
