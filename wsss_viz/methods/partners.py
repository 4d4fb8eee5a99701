"""The networks that were trained from a classifier: found in the register by their roles, or given as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wsss_viz.errors import InputError
from wsss_viz.methods.registry import METHODS
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.loading import is_path, load
from wsss_viz.models.manifest import trained_names

__all__ = ["available", "load_trained", "trained_names"]


def available(classifier_name: str) -> tuple[str, ...]:
    """The methods that can be run with this classifier and what was trained from it."""
    return tuple(
        name for name, entry in METHODS.items() if entry.role is None or trained_names(entry.role, classifier_name)
    )


def load_trained(
    names: Sequence[str],
    classifier_name: str,
    device: str = "auto",
    given: Mapping[str, Sequence[str]] | None = None,
    classes: Sequence[str] | None = None,
) -> dict[str, tuple[Classifier, ...]]:
    """The networks that the methods `names` look with, by role; unknown methods are left to `registry.bind`.

    Args:
        given: checkpoints by role ("cgnet", "gain", "ae"), names or paths, in place of those in the register.
        classes: names for the classes of the files in `given`, as `load` takes them.

    Raises:
        InputError: a checkpoint is missing or damaged, or a role that no method has.
    """
    given = given or {}
    known = {entry.role for entry in METHODS.values() if entry.role}
    for role in given:
        if role not in known:
            raise InputError(f"no method looks with a network of the role {role!r}: give {', '.join(sorted(known))}")
    roles = sorted({METHODS[name].role or "" for name in names if name in METHODS} - {""})
    found = {}
    for role in roles:
        own = tuple(load(name, device, classes=classes if is_path(name) else None) for name in given.get(role, ()))
        found[role] = own or tuple(load(name, device) for name in trained_names(role, classifier_name))
    return found
