"""A person's own networks on the command line: the classifier, the networks paired with it, their classes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wsss_viz.commands.options import as_one
from wsss_viz.errors import InputError

if TYPE_CHECKING:
    from wsss_viz.data.sources import DataSet
    from wsss_viz.models.classifier import Classifier

class_names_option = click.option(
    "--class-names",
    "class_names",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file with the names of the checkpoint's classes, one per line; default by their number: VOC, COCO, ...",
)
network_option = click.option(
    "--network",
    "networks",
    multiple=True,
    metavar="ROLE=CHECKPOINT",
    help="A paired network, trained from the classifier: cgnet=FILE for cs-ae, gain=FILE, ae=FILE.",
)


def _numbers(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[float, ...] | None:
    """One number for all channels, or three separated by commas."""
    if value is None:
        return None
    try:
        numbers = tuple(float(part) for part in value.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) not in (1, 3):
        raise click.BadParameter(f"{value!r} wants three numbers such as 0.485,0.456,0.406", context, parameter)
    return numbers * 3 if len(numbers) == 1 else numbers


def _network_input(
    mean: tuple[float, ...] | None, std: tuple[float, ...] | None, input_size: int | None, stride: int | None
) -> dict[str, Any]:
    values = {"mean": mean, "std": std, "short_side": input_size, "stride": stride}
    return {name: value for name, value in values.items() if value is not None}


input_options = as_one(
    "network_input",
    _network_input,
    click.option(
        "--mean", callback=_numbers, metavar="R,G,B", help="Of the classifier's input, on the scale 0 to 1, RGB."
    ),
    click.option("--std", callback=_numbers, metavar="R,G,B", help="Likewise what it is divided by."),
    click.option(
        "--input-size",
        type=click.IntRange(min=0),
        metavar="PIXELS",
        help="The side that an image's shorter side is brought to; 0: the image's own size.",
    ),
    click.option(
        "--stride", type=int, help="Pixels per cell of the maps, 32, 16 or 8, where the network can be dilated."
    ),
)
"""--mean, --std, --input-size and --stride of a classifier, as one argument `network_input` for `load`."""


def open_networks(
    methods: Sequence[str],
    classifier_name: str,
    device: str,
    class_names: Path | None,
    networks: tuple[str, ...],
    network_input: dict[str, Any] | None = None,
    samples: DataSet | None = None,
) -> tuple[Classifier, dict[str, tuple[Classifier, ...]]]:
    """`paired_networks.open_networks` as the options name them; who names the rows is said on the error stream."""
    from wsss_viz.methods.paired_networks import open_networks

    return open_networks(
        methods,
        classifier_name,
        device,
        classes=given_classes(class_names),
        given=given_networks(networks),
        network_input=network_input,
        samples=samples,
        say=partial(click.echo, err=True),
    )


def given_networks(networks: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The checkpoints of `--network`, by role. Raises InputError where one is not ROLE=CHECKPOINT."""
    by_role: dict[str, tuple[str, ...]] = {}
    for text in networks:
        role, separator, checkpoint = text.partition("=")
        if not separator or not role or not checkpoint:
            raise InputError(f"--network {text}: give it as ROLE=CHECKPOINT, such as cgnet=14net_er.pth")
        by_role[role] = (*by_role.get(role, ()), checkpoint)
    return by_role


def given_classes(class_names: Path | None) -> tuple[str, ...] | None:
    """The names in the file of `--class-names`."""
    if class_names is None:
        return None
    from wsss_viz.models.class_lists import read_class_names

    return read_class_names(class_names)
