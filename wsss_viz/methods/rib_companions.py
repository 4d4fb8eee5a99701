"""RIB's companions: the other images that steady the tuning on one image (`docs/sources.md#rib`).

Each step raises the logits of B more images, none of which shares a label with the image at hand; so the direction that
raises every class at once is no way out. Those that stay the same are seen whole, and their early features, which never
change while the late part is tuned, are computed once. The official code draws B others at each step and sees each as
in training, through a random window: `windowed_companions`.
"""

from __future__ import annotations

import functools
import itertools
import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from wsss_viz.data.sample import Sample
from wsss_viz.methods.late_copy import early_features
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.random_window import RandomWindow

__all__ = [
    "SCENES_DRAWN_FROM",
    "WINDOW",
    "Companions",
    "find_companions",
    "shipped_companions",
    "windowed_companions",
]

_LOG = logging.getLogger(__name__)

SCENES_DRAWN_FROM = 128
WINDOW = RandomWindow(320, 640, 512)
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

    @classmethod
    def through(
        cls, window: RandomWindow, classifier: Classifier, samples: Sequence[Sample], split: int, seed: int
    ) -> Companions:
        """The early features of `samples`, each through a window that follows from the seed."""
        generator = torch.Generator().manual_seed(seed)
        like = classifier.head.weight
        views = [window(s.image, classifier.preprocessing, generator)[None].to(like) for s in samples]
        features = tuple(early_features(classifier, view, split) for view in views)
        return cls(features, tuple(frozenset(s.labels or ()) for s in samples), split, classifier.classes)

    def group(self, count: int, k: int) -> Companions:
        """The `count` whose turn it is at step k, round and round; all of them where there are no more."""
        return self.take([(k * count + i) % len(self) for i in range(min(count, len(self)))])

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


def windowed_companions(
    classifier: Classifier,
    samples: Sequence[Sample] | None,
    excluded_labels: Collection[str],
    count: int,
    *,
    split: int,
    seed: int = 0,
    window: RandomWindow,
) -> Iterator[Companions]:
    """At each step the next `count` companions, each through a random window (RIB `voc12/dataloader.py`). Endless.

    An image is read when its turn comes, in an order that follows from the seed, round and round where there are too
    few for all steps; none twice in one step. (The official code's loader ends the tuning then.)

    Args:
        samples: as `find_companions` reads them.
        excluded_labels: the labels of the image at hand.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> groups = windowed_companions(colour_network(), [flag()], {"green"}, 20, split=1, window=WINDOW)
        >>> [tuple(next(groups).features[0].shape) for k in range(2)]
        [(1, 3, 512, 512), (1, 3, 512, 512)]
    """
    pool = shipped_companions(classifier.classes) if samples is None else samples
    turns = _turns(pool, excluded_labels, classifier.classes, count, seed)
    for k in itertools.count():
        group: dict[int, Sample] = {}
        for _ in range(count):
            position, sample = next(turns, (-1, None))
            if sample is None or position in group:
                break
            group[position] = sample
        yield Companions.through(window, classifier, list(group.values()), split, seed + k)


def _turns(
    samples: Sequence[Sample], excluded_labels: Collection[str], classes: Sequence[str], count: int, seed: int
) -> Iterator[tuple[int, Sample]]:
    """Position and sample of the eligible ones, endless; ends where `find_companions` would give up."""
    eligible: list[int] = []
    missed = 0
    for position in _order(len(samples), seed):
        sample = samples[position]
        if _is_eligible(frozenset(sample.labels or ()), excluded_labels, classes):
            eligible.append(position)
            yield position, sample
        else:
            missed += 1
        if missed >= _READ_PER_COMPANION * count and not eligible:
            return
    while eligible:
        for position in eligible:
            yield position, samples[position]


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
