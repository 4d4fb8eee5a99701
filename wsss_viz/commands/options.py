"""What several commands ask for, and how they show progress."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click
from tqdm import tqdm

T = TypeVar("T")

classifier_option = click.option(
    "--classifier",
    "classifier_name",
    default="scenes-classifier",
    help="A name in checkpoints/manifest.json, a checkpoint's path, or a torchvision model.",
)
device_option = click.option("--device", default="auto", help="auto, cpu, cuda, cuda:0, mps.")
data_option = click.option(
    "--data", "data_string", required=True, help="scenes:test, voc:PATH:SPLIT, folder:PATH, or one sample of these."
)
limit_option = click.option("--limit", type=click.IntRange(min=1), help="Only the first N samples.")
json_option = click.option(
    "--json", "json_path", type=click.Path(dir_okay=False, path_type=Path), help="Write every number here."
)


def views_option(default: str) -> Callable[[Any], Any]:
    """--views, with a default of the command's own."""
    return click.option(
        "--views",
        "views_name",
        type=click.Choice(["single", "mirror", "multi-scale"]),
        default=default,
        help="The views a map is fused from; multi-scale is IRN's: 1, .5, 1.5, 2 and the mirror image.",
    )


def progress(items: Iterable[T], title: str) -> Iterable[T]:
    """A progress bar on the error stream, with an estimate; silent where that is no terminal."""
    bar: Iterable[T] = tqdm(items, title, file=sys.stderr, disable=None, leave=False, dynamic_ncols=True)
    return bar
