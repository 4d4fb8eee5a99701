"""The networks that were trained from a classifier, found in the register by their roles."""

from __future__ import annotations

from collections.abc import Sequence

from wsss_viz.methods.registry import METHODS
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.loading import load
from wsss_viz.models.manifest import Entry, read_manifest


def trained_names(role: str, classifier_name: str) -> tuple[str, ...]:
    """The names in the register of the networks of a role that were trained from this very classifier, in order.

    Rounds of AE come by their number, others by name, the classifier's digest decides. Needs no network to be read.
    """
    entries = read_manifest()
    if classifier_name not in entries:
        return ()
    digest = entries[classifier_name].sha256

    def fits(entry: Entry) -> bool:
        return entry.trained.get("role") == role and entry.trained.get("classifier_sha256") == digest

    fitting = {name: entry for name, entry in entries.items() if fits(entry)}
    return tuple(sorted(fitting, key=lambda name: (fitting[name].trained.get("round", 0), name)))


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
