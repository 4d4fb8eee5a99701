"""A training watched: the maps of a few scenes before it and after each epoch, and the means of its loss's terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.methods.views import SINGLE, class_maps
from wsss_viz.models.classifier import Classifier
from wsss_viz.traces.growth import Growth

__all__ = ["Means", "Watcher"]


class Watcher:
    """Records the maps of the same images, as they are, in one view. Saved with the training's state."""

    def __init__(self, classifier: Classifier, samples: Sequence[Sample]) -> None:
        """`classifier` is the network that is trained, in evaluation mode whenever its maps are recorded.

        Raises:
            InputError: the images give maps of different sizes.
        """
        self._classifier = classifier
        self._samples = tuple(samples)
        self._inputs = [classifier.preprocess(sample.image) for sample in samples]
        if len({x.shape for x in self._inputs}) > 1:
            raise InputError("the scenes that are watched have different sizes: give scenes of one size")
        self._maps: list[Tensor] = []
        self._scores: list[Tensor] = []

    def record(self) -> None:
        """Adds the maps of this moment."""
        if self._inputs:
            seen = [class_maps(self._classifier, x, SINGLE) for x in self._inputs]
            self._maps.append(torch.stack([maps for maps, _ in seen]).half().cpu())
            self._scores.append(torch.stack([scores for _, scores in seen]).float().cpu())

    def state_dict(self) -> dict[str, Any]:
        """What was seen so far."""
        return {"maps": list(self._maps), "scores": list(self._scores)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes up what an earlier run saw."""
        self._maps, self._scores = list(state["maps"]), list(state["scores"])

    def growth(self, method: str) -> Growth | None:
        """All that was seen; None where nothing is watched."""
        if not self._maps:
            return None
        labels = np.stack([sample.label_vector(self._classifier.classes) > 0 for sample in self._samples])
        return Growth(
            torch.stack(self._maps).numpy(),
            torch.stack(self._scores).numpy(),
            labels,
            tuple(sample.source for sample in self._samples),
            self._classifier.classes,
            method,
        )


class Means:
    """The means of named values over an epoch."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._count = 0

    def add(self, **values: Tensor) -> None:
        """One batch's values, each a scalar."""
        self._count += 1
        for name, value in values.items():
            self._sums[name] = self._sums.get(name, 0.0) + value.item()

    def take(self) -> dict[str, float]:
        """The means since the last call, by name."""
        means = {name: round(total / self._count, 5) for name, total in self._sums.items()}
        self._sums, self._count = {}, 0
        return means
