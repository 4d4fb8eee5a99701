"""The networks that were trained from a classifier: loaded from the register by their roles, or given as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wsss_viz.errors import InputError
from wsss_viz.methods.catalogue import roles
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.loading import is_path, load
from wsss_viz.models.manifest import trained_names

__all__ = ["load_paired"]


def load_paired(
    names: Sequence[str],
    classifier_name: str,
    device: str = "auto",
    given: Mapping[str, Sequence[str]] | None = None,
    classes: Sequence[str] | None = None,
) -> dict[str, tuple[Classifier, ...]]:
    """The paired networks that the methods `names` need, by role; unknown methods are left to `bind`.

    Args:
        given: checkpoints by role ("cgnet", "gain", "ae"), names or paths, in place of those in the register.
        classes: names for the classes of the files in `given`, as `load` takes them.

    Raises:
        InputError: a checkpoint is missing or damaged, or a role that no method has.

    Examples:
        >>> paired = load_paired(["cam", "gain", "ae-rounds"], "scenes-classifier", "cpu")
        >>> {role: len(networks) for role, networks in paired.items()}
        {'ae': 2, 'gain': 1}
    """
    given = given or {}
    for role in given:
        if role not in roles():
            raise InputError(f"no method needs a paired network of the role {role!r}: give {', '.join(roles())}")
    loaded = {}
    for role in roles(names):
        files = tuple(load(name, device, classes=classes if is_path(name) else None) for name in given.get(role, ()))
        loaded[role] = files or tuple(load(name, device) for name in trained_names(role, classifier_name))
    return loaded
