"""What `maps` and `evaluate` are told alike: the networks, the views, which samples, and what computes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wsss_viz.commands.launch import device_of, nodes_option, processes_option, refiner_of, rendezvous_option
from wsss_viz.commands.networks import class_names_option, input_options, network_option, open_networks
from wsss_viz.commands.options import (
    as_one,
    classifier_option,
    device_option,
    official_option,
    refine_option,
    selection_options,
    settings_option,
    threads_option,
    views_option,
)
from wsss_viz.commands.progress import busy, log_options
from wsss_viz.errors import InputError

if TYPE_CHECKING:
    from wsss_viz.data.sources import DataSet
    from wsss_viz.data.subset import Selection
    from wsss_viz.methods.ranks import Ranks
    from wsss_viz.models.classifier import Classifier
    from wsss_viz.refinement.refiners import Refiner

__all__ = ["RunOptions", "run_options"]


@dataclass(frozen=True)
class RunOptions:
    """The options' values. Raises InputError where two of them contradict each other."""

    classifier_name: str
    class_names: Path | None
    network_input: dict[str, Any]
    networks: tuple[str, ...]
    settings: tuple[str, ...]
    settings_from: str | None
    views_name: str
    refine: str | None
    selection: Selection
    strict: bool
    skip_broken: bool
    device: str
    threads: int

    def __post_init__(self) -> None:
        if self.strict and self.skip_broken:
            raise InputError("--strict stops at what --skip-broken leaves out: give one of them")

    @property
    def code_of_broken(self) -> int:
        """The exit code where something could not be read."""
        return 0 if self.skip_broken else 1

    def changes(self, methods: Sequence[str]) -> dict[str, dict[str, Any]]:
        """What --set changes, by method. Raises InputError where there is no such method or setting."""
        from wsss_viz.methods.catalogue import method
        from wsss_viz.methods.changes import read_changes
        from wsss_viz.models.manifest import settings_of

        for name in methods:
            method(name)
        return read_changes(self.settings, methods, {} if self.settings_from else settings_of(self.classifier_name))

    def refiner(self, ranks: Ranks) -> Refiner | None:
        """What --refine names, where this rank computes."""
        return refiner_of(self.refine, device_of(self.device, ranks))

    def open_networks(
        self, methods: Sequence[str], samples: DataSet, ranks: Ranks
    ) -> tuple[Classifier, dict[str, tuple[Classifier, ...]]]:
        """The classifier, and by role the paired networks of the methods, where this rank computes."""
        reading = busy(f"reading the checkpoint {self.classifier_name}")
        with reading if ranks.rank == 0 else contextlib.nullcontext():
            device = device_of(self.device, ranks)
            return open_networks(
                methods, self.classifier_name, device, self.class_names, self.networks, self.network_input, samples
            )


run_options: Callable[[Callable[..., Any]], Callable[..., Any]] = as_one(
    "options",
    RunOptions,
    classifier_option,
    class_names_option,
    input_options,
    network_option,
    settings_option,
    official_option,
    views_option("multi-scale"),
    refine_option,
    selection_options,
    click.option(
        "--strict",
        is_flag=True,
        help="Stop at the first file that cannot be read; else they are listed at the end, and the exit code is 1.",
    ),
    click.option(
        "--skip-broken", is_flag=True, help="Files that cannot be read are listed at the end, and the exit code is 0."
    ),
    device_option,
    threads_option,
    processes_option,
    nodes_option,
    rendezvous_option,
    log_options,
)
"""All of these as the argument `options` of a command that works within `launch.every_rank`."""
