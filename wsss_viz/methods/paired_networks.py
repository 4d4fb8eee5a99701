"""The networks that were trained from a classifier: loaded from the register by their roles, or given as files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wsss_viz.data.coco_classes import COCO_CLASSES
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.errors import InputError
from wsss_viz.methods.catalogue import roles
from wsss_viz.models.class_lists import names_beside
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.loading import is_path, load
from wsss_viz.models.manifest import read_manifest, trained_names

if TYPE_CHECKING:
    from wsss_viz.data.sources import DataSet

__all__ = ["load_paired", "open_networks"]


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


def open_networks(
    methods: Sequence[str],
    classifier_name: str,
    device: str = "auto",
    *,
    classes: Sequence[str] | None = None,
    given: Mapping[str, Sequence[str]] | None = None,
    network_input: Mapping[str, Any] | None = None,
    samples: DataSet | None = None,
    say: Callable[[str], object] = lambda line: None,
) -> tuple[Classifier, dict[str, tuple[Classifier, ...]]]:
    """The classifier, and by role the paired networks of the methods.

    A head whose rows have no names of their own takes those of the data set's class list where that is as long, which
    is said.

    Args:
        classes, given: as `load_paired` takes them.
        network_input: `mean`, `std`, `short_side` and `stride`, as `load` takes them.
        samples: the data set at hand.

    Raises:
        InputError: what `load` and `load_paired` raise.

    Examples:
        >>> classifier, paired = open_networks(["gain"], "scenes-classifier", "cpu")
        >>> len(classifier.classes), list(paired)
        (10, ['gain'])
    """
    said = dict(network_input or {})
    classifier = load(classifier_name, device, classes=classes, **said)
    names = None if classes is not None or samples is None else _names_of_data(classifier, classifier_name, samples)
    if names is not None:
        listed = getattr(samples, "source").listed  # noqa: B009
        say(f"the {len(names)} rows of {Path(classifier_name).name} are named by the data set's {listed.source}")
        classifier.classes = classes = names
    return classifier, load_paired(methods, classifier_name, device, given, classes)


def _names_of_data(classifier: Classifier, classifier_name: str, samples: DataSet) -> tuple[str, ...] | None:
    """The data set's class list where it has one as long as a head whose names are a guess by its rows; else None."""
    path = Path(classifier_name)
    if classifier_name in read_manifest() or not is_path(classifier_name) or path.suffix == ".safetensors":
        return None
    listed = getattr(samples.source, "listed", None)
    guessed = classifier.classes in (VOC_CLASSES, COCO_CLASSES) or classifier.classes[0] == "class 0"
    if names_beside(path) is not None or listed is None or not guessed:
        return None
    if len(listed.names) != len(classifier.classes) or listed.names == classifier.classes:
        return None
    if set(listed.names) == set(classifier.classes):
        raise InputError(
            f"{classifier_name} has {len(listed.names)} rows without names, and {listed.source} lists the usual names "
            "in another order: say the rows' order with --class-names"
        )
    return tuple(listed.names)
