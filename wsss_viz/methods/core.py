"""What the methods share: their settings and targets, and checks of what goes in and of what comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.methods.settings import OFFICIAL, Settings
from wsss_viz.models.classifier import Classifier

__all__ = ["as_array", "check_finite", "check_pair", "is_finite", "resolve", "target_indices", "top_class"]

S = TypeVar("S", bound=Settings)


def resolve(
    kind: type[S],
    name: str,
    classifier: Classifier,
    settings: S | str | None = None,
    changes: Mapping[str, Any] | None = None,
) -> S:
    """The settings a method runs with: those given, else the classifier's own for it, else the official; then changed.

    Args:
        kind: the method's settings class.
        name: in `classifier.settings`.
        settings: "official": the official ones for a head of so many rows, whatever the classifier's own are.
        changes: of single fields, by name.

    Raises:
        InputError: a field that is not there, or a value out of its range.

    Examples:
        >>> from wsss_viz.methods.settings import ErasingSettings
        >>> from wsss_viz.models.colour_network import colour_network
        >>> network = colour_network()
        >>> network.settings = {"ae": {"steps": 3}}
        >>> resolved = resolve(ErasingSettings, "ae", network, changes={"threshold": 0.25})
        >>> resolved.steps, resolved.threshold
        (3, 0.25)
    """
    try:
        base: Any = settings
        if settings == OFFICIAL or (settings is None and not classifier.settings.get(name)):
            base = kind.official(classifier.rows)
        elif settings is None:
            base = kind.of(classifier.settings[name])
        if not isinstance(base, kind):
            raise InputError(f"`settings` is of the class {kind.__name__}, got {type(base).__name__}")
        changed: S = base.changed(changes or {})
        return changed
    except InputError as error:
        raise InputError(f"{name}: {error}") from None


def target_indices(classifier: Classifier, sample: Sample, classes: Sequence[str] | None = None) -> tuple[int, ...]:
    """The indices of `classes`, each once; by default of the sample's labels that the classifier knows.

    An empty tuple says that the sample has no labels and the scores must decide.

    Raises:
        InputError: the classifier does not know one of the classes that were asked for.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> target_indices(colour_network(), flag()), target_indices(colour_network(), flag(), ["green"])
        ((0, 2), (1,))
    """
    wanted = list(classes) if classes is not None else [c for c in sample.labels or () if c in classifier.classes]
    for name in wanted:
        if name not in classifier.classes:
            raise InputError(f"the classifier has no class {name!r}: it knows {', '.join(classifier.classes[:20])}")
    return tuple(dict.fromkeys(classifier.classes.index(name) for name in wanted))


def top_class(logits: Tensor) -> tuple[int]:
    """The class with the highest logit, as the one target. logits: (C,).

    Examples:
        >>> top_class(torch.tensor([0.5, 2.0, -1.0]))
        (1,)
    """
    return (int(logits.argmax()),)


def is_finite(*values: Tensor) -> bool:
    """Whether there is neither NaN nor infinity in any of them.

    Examples:
        >>> is_finite(torch.ones(2, 3)), is_finite(torch.ones(2, 3), torch.tensor([float("inf")]))
        (True, False)
    """
    return all(bool(torch.isfinite(value).all()) for value in values)


def check_finite(name: str, *values: Tensor, cause: str = "its checkpoint is damaged") -> None:
    """Raises InputError where the maps or logits of the network `name` hold NaN or infinity.

    Examples:
        >>> check_finite("CGNet", torch.ones(2, 3))
        >>> check_finite("CGNet", torch.tensor([1.0, float("nan")]))
        Traceback (most recent call last):
            ...
        wsss_viz.errors.InputError: the maps of the CGNet are not finite: its checkpoint is damaged
    """
    if not is_finite(*values):
        raise InputError(f"the maps of the {name} are not finite: {cause}")


def check_pair(classifier: Classifier, paired: Classifier, name: str) -> None:
    """Raises InputError where the paired network has other classes or another input than the classifier.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network
        >>> check_pair(colour_network(), colour_network(stride=2), "CGNet")
    """
    if paired.classes != classifier.classes:
        raise InputError(f"the {name} knows other classes than the classifier: give the one that was trained from it")
    if paired.preprocessing != classifier.preprocessing:
        raise InputError(f"the {name} wants another preprocessing than the classifier: give the one trained from it")


def as_array(values: Tensor) -> NDArray[np.float32]:
    """A float32 copy in the main memory, which belongs to nobody else.

    Examples:
        >>> as_array(torch.tensor([1, 2], dtype=torch.int32))
        array([1., 2.], dtype=float32)
    """
    return np.array(values.detach().float().cpu().numpy())
