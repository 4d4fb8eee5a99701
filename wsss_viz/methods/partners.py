"""The networks that were trained from a classifier, found in the register by their roles."""

from __future__ import annotations

from collections.abc import Sequence

from wsss_viz.methods.registry import METHODS
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.loading import load
from wsss_viz.models.manifest import trained_names

__all__ = ["available", "load_trained", "trained_names"]


def available(classifier_name: str) -> tuple[str, ...]:
    """The methods that can be run with this classifier and what was trained from it."""
    return tuple(
        name for name, entry in METHODS.items() if entry.role is None or trained_names(entry.role, classifier_name)
    )


def load_trained(names: Sequence[str], classifier_name: str, device: str = "auto") -> dict[str, tuple[Classifier, ...]]:
    """The networks that the methods `names` look with, by role; unknown methods are left to `registry.bind`.

    Raises:
        InputError: a checkpoint is missing or damaged.
    """
    roles = {METHODS[name].role for name in names if name in METHODS} - {None}
    return {
        role: tuple(load(name, device) for name in trained_names(role, classifier_name))
        for role in sorted(r for r in roles if r)
    }
