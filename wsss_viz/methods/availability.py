"""Whether a method can run on a network, and if not, why and what to do. Needs no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wsss_viz.methods.catalogue import METHODS, method

__all__ = ["available", "why_not", "why_not_registered"]


def why_not(
    name: str,
    classes: Sequence[str],
    paired: Mapping[str, Sequence[Sequence[str]]] | None = None,
    remedy: str = "",
) -> str:
    """Why a method cannot run on a network, in one line; "" where it can.

    >>> why_not("cam", ["cat", "dog"])
    ''

    Args:
        classes: of the network.
        paired: by role, the classes of each network that was trained from it.
        remedy: what to do where there is none; default the commands.

    Raises:
        InputError: there is no method of that name.
    """
    entry = method(name)
    if entry.role is None:
        return ""
    networks = (paired or {}).get(entry.role, ())
    if not networks:
        from wsss_viz.data.scenes import CLASSES

        command = entry.train if tuple(classes) == tuple(CLASSES) else entry.train_anywhere
        trained = f"train one (`python -m wsss_viz {command}`), " if command else ""
        remedy = remedy or f"{trained}give one (`--network {entry.role}=FILE`), or leave the method out"
        return (
            f"{entry.title} needs a paired network of the role {entry.role!r}, trained from this classifier, and there "
            f"is none: {remedy}"
        )
    if any(tuple(other) != tuple(classes) for other in networks):
        return (
            f"{entry.title} compares two networks class by class, and these have {len(classes)} and "
            f"{', '.join(str(len(other)) for other in networks)} classes, not the same: give two that were trained on "
            "the same data"
        )
    return ""


def why_not_registered(name: str, classifier: str) -> str:
    """The same of a classifier by its name in the register of checkpoints, with what was trained from it.

    Examples:
        >>> why_not_registered("gain", "scenes-classifier")
        ''
        >>> why_not_registered("gain", "nothing of that name").partition(",")[0]
        "GAIN needs a paired network of the role 'gain'"
    """
    from wsss_viz.models.manifest import read_manifest, trained_names

    entries, role = read_manifest(), method(name).role
    paired = {role: [entries[other].classes for other in trained_names(role, classifier)]} if role else {}
    return why_not(name, entries[classifier].classes if classifier in entries else (), paired)


def available(classifier: str) -> tuple[str, ...]:
    """The methods that can be run with this classifier and what was trained from it, both in the register.

    Examples:
        >>> available("scenes-classifier")[:4], available("nothing of that name")[:2]
        (('cam', 'ae', 'ae-rounds', 'gain'), ('cam', 'ae'))
    """
    return tuple(name for name in METHODS if not why_not_registered(name, classifier))
