"""The methods by name, and what each needs beside the ordinary classifier."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.methods.cam import cam
from wsss_viz.methods.cse import cs_ae
from wsss_viz.methods.cse_single import cs_ae_single
from wsss_viz.methods.erasing import erasing
from wsss_viz.methods.erasing_rounds import ae_rounds
from wsss_viz.methods.gain import gain
from wsss_viz.methods.published_settings import settings_for
from wsss_viz.methods.renamed_run import run_renamed
from wsss_viz.methods.rib import rib, rib_bce
from wsss_viz.methods.views import Views
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.renaming import RenamedClassifier
from wsss_viz.traces.step import Step

Runner = Callable[[Sample, Views], Iterator[Step]]
"""A method bound to its networks: a sample and the views to its Steps."""

Networks = Mapping[str, Sequence[Classifier]]
"""Trained networks by the role they have in the register of checkpoints."""


@dataclass(frozen=True)
class Method:
    """One method.

    Attributes:
        name: on the command line and in addresses.
        title: on pages and in tables.
        run: the generator of Steps.
        role: of the trained networks it looks with, or None where the ordinary classifier does.
        parameter: the parameter of `run` that takes them.
        several: whether it takes all networks of the role (AE's rounds), or the one.
    """

    name: str
    title: str
    run: Callable[..., Iterator[Step]]
    role: str | None = None
    parameter: str = ""
    several: bool = False


METHODS: dict[str, Method] = {
    entry.name: entry
    for entry in (
        Method("cam", "CAM", cam),
        Method("ae", "AE, frozen classifier", erasing),
        Method("ae-rounds", "AE, retrained", ae_rounds, "ae", "rounds", several=True),
        Method("gain", "GAIN", gain, "gain", "network"),
        Method("cs-ae", "CS-AE", cs_ae, "cgnet", "cgnet"),
        Method("cs-ae-single", "CS-AE, single image", cs_ae_single),
        Method("rib", "RIB", rib),
        Method("rib-bce", "RIB's tuning with BCE", rib_bce),
    )
}


def method(name: str) -> Method:
    """The method by its name on the command line.

    Raises:
        InputError: there is none of that name.
    """
    if name not in METHODS:
        raise InputError(f"unknown method {name!r}: give one of {', '.join(METHODS)}")
    return METHODS[name]


def bind(
    name: str,
    classifier: Classifier | RenamedClassifier,
    networks: Networks | None = None,
    samples: Sequence[Sample] = (),
    **options: Any,
) -> Runner:
    """A method with its networks and options, so that only a sample and the views are left to give.

    Args:
        networks: what `models.loading.load_trained` found; those of other roles are left alone.
        samples: the data set at hand; RIB's companions on a published network are drawn from it.
        options: of the method itself; without them its defaults, on a network from elsewhere `settings_for` it.

    Raises:
        InputError: the method is unknown, or the network it looks with is not there.
    """
    if isinstance(classifier, RenamedClassifier):
        return partial(run_renamed, partial(bind, name, networks=networks, **options), classifier)
    chosen = method(name)
    options = {**settings_for(name, classifier, samples), **options}
    if chosen.role is not None:
        found = (networks or {}).get(chosen.role, ())
        if not found:
            raise InputError(
                f"{name} looks with a network of the role {chosen.role!r} that was trained from this classifier, and "
                f"there is none: train one (`python -m wsss_viz train --help`), give one (`--network {chosen.role}="
                "FILE`), or leave the method out"
            )
        _check_classes(name, classifier, found)
        options = {**options, chosen.parameter: tuple(found) if chosen.several else found[0]}
    return partial(_run, chosen.run, classifier, options)


def _check_classes(name: str, classifier: Classifier, networks: Sequence[Classifier]) -> None:
    """Raises InputError where a network beside the classifier has other classes, or the same in another order."""
    for network in networks:
        if network.classes != classifier.classes:
            raise InputError(
                f"{name} compares two networks class by class, and these have {len(classifier.classes)} and "
                f"{len(network.classes)} classes, not the same: give two that were trained on the same data"
            )


def _run(
    run: Callable[..., Iterator[Step]], classifier: Classifier, options: dict[str, Any], sample: Sample, views: Views
) -> Iterator[Step]:
    return run(classifier, sample, views=views, **options)
