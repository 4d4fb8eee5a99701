"""A classifier of ImageNet's classes under a data set's names: PASCAL VOC's, COCO's.

A class c of the data set has several rows, one per synset S_c of it (`synsets`); z_s is a row's logit on an image:

    r_c = mean of the three highest z_s, s in S_c        whether the class is there
    s*  = argmax z_s                                     whose row is looked with

Never the mean of the rows: kinds are told apart by what they do not share, so their mean sees nothing. Our own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from wsss_viz.data.coco_classes import COCO_CLASSES
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.errors import InputError
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.narrowing import narrow, with_rows
from wsss_viz.models.synsets import nearest, synsets_of, weakness

__all__ = ["AVERAGED", "NARROW_FROM", "PRESENT", "RenamedClassifier", "for_data_set", "renamed"]

AVERAGED = 3
PRESENT = 2.28
"""The r_c from which a class is taken to be there, of EfficientNet-Lite0 at a short side of 320 pixels."""
NARROW_FROM = 100
"""Classifiers of more classes than this are narrowed to a data set's."""


@dataclass(frozen=True, eq=False)
class RenamedClassifier:
    """A classifier, and for each of a data set's names the rows that stand for it.

    It has no maps of its own: which row a name means depends on the image, so `for_image` gives the Classifier that
    methods run on.

    Attributes:
        classifier: of ImageNet's classes.
        classes: of the data set's names those that have rows.
        rows: by class, indices of the classifier's.
        missing: of the data set's names those without.
    """

    classifier: Classifier
    classes: tuple[str, ...]
    rows: tuple[tuple[int, ...], ...]
    missing: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What is worth knowing of the names, a line each: those without rows, and those whose rows stand in badly."""
        lines = [f"{name}: {weakness(name)}" for name in self.classes if weakness(name)]
        for name in self.missing:
            near = ", ".join(nearest(name, self.classifier.classes))
            lines.append(f"{name}: the network has no such class" + (f", nearest are {near}" if near else ""))
        return tuple(lines)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.classifier.device

    def logits(self, image: NDArray[np.uint8]) -> tuple[Tensor, tuple[int, ...]]:
        """r_c, (C,), and the row s* of each class, on an image (H, W, 3) uint8 RGB."""
        with torch.no_grad():
            z = self.classifier.logits(self.classifier.preprocess(image))[0]
        scores = [z[list(rows)].topk(min(AVERAGED, len(rows))).values.mean() for rows in self.rows]
        return torch.stack(scores), tuple(rows[int(z[list(rows)].argmax())] for rows in self.rows)

    def for_image(self, image: NDArray[np.uint8], also: Sequence[str] = ()) -> Classifier:
        """The classifier of `classes`, each by the row of its best synset on the image, then of `also`.

        Args:
            also: classes of ImageNet's that are looked at too, under their own names.
        """
        _, best = self.logits(image)
        others = [name for name in also if name not in self.classes]
        rows = [*best, *(self.classifier.classes.index(name) for name in others)]
        return with_rows(self.classifier, rows, (*self.classes, *others))

    def recognise(self, image: NDArray[np.uint8], at_least: float = PRESENT) -> tuple[str, ...]:
        """The classes whose r_c is `at_least`, the highest first; the highest alone where none is."""
        scores, _ = self.logits(image)
        order = scores.argsort(descending=True).tolist()
        return tuple(self.classes[i] for i in order if scores[i] >= at_least) or (self.classes[order[0]],)

    def both_names(self, image: NDArray[np.uint8]) -> dict[str, str]:
        """By class what is shown for it on an image: "dog (German shepherd)"."""
        _, best = self.logits(image)
        return {name: f"{name} ({self.classifier.classes[row]})" for name, row in zip(self.classes, best, strict=True)}

    def synset_names(self, labels: Collection[str]) -> set[str]:
        """The classifier's own names of all rows that stand for `labels`."""
        return {
            self.classifier.classes[row]
            for name, rows in zip(self.classes, self.rows, strict=True)
            if name in labels
            for row in rows
        }


def renamed(classifier: Classifier, names: Sequence[str]) -> RenamedClassifier:
    """The classifier under the names of a data set.

    A name of VOC's or COCO's means its synsets, whatever else is called so (COCO's `kite` is no bird); another one is
    the classifier's own class of that name, where it has it.

    Raises:
        InputError: none of the names has a row.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network
        >>> network = renamed(colour_network(), ["blue", "violet", "red"])
        >>> network.classes, network.rows, network.missing
        (('blue', 'red'), ((2,), (0,)), ('violet',))
    """
    index = {name: i for i, name in enumerate(classifier.classes)}
    taken = {*VOC_CLASSES, *COCO_CLASSES}
    rows = {
        name: tuple(index[synset] for synset in (synsets_of(name) if name in taken else (name,)) if synset in index)
        for name in names
    }
    known = {name: indices for name, indices in rows.items() if indices}
    if not known:
        near = nearest(names[0], classifier.classes) if names else ()
        hint = f" (nearest to {names[0]!r}: {', '.join(near)})" if near else ""
        raise InputError(f"the network knows none of the classes {', '.join(names[:5])}{hint}: give another network")
    missing = tuple(name for name in names if name not in known)
    return RenamedClassifier(classifier, tuple(known), tuple(known.values()), missing)


def for_data_set(classifier: Classifier, names: Sequence[str]) -> Classifier | RenamedClassifier:
    """What methods look with on a data set: the classifier itself, narrowed to the data set's classes, or renamed.

    Args:
        names: the data set's classes.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network
        >>> network = colour_network()
        >>> for_data_set(network, ["red", "blue"]) is network  # three classes: nothing to save
        True
    """
    if len(classifier.classes) <= NARROW_FROM or not names:
        return classifier
    if set(names) <= set(classifier.classes):
        return narrow(classifier, names)
    if any(synsets_of(name) for name in names):
        return renamed(classifier, names)
    return classifier
