"""What several commands ask for."""

from __future__ import annotations

import functools
import importlib.util
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from wsss_viz.errors import InputError
from wsss_viz.methods.view_set import PRESETS

classifier_option = click.option(
    "--classifier",
    "classifier_name",
    default="scenes-classifier",
    help="A name in checkpoints/manifest.json, a checkpoint's path (see `inspect`), or a torchvision model.",
)
device_option = click.option("--device", default="auto", help="auto, cpu, cuda, cuda:0, mps.")
data_option = click.option(
    "--data",
    "data_string",
    required=True,
    help="scenes:test, photos, voc:PATH:SPLIT, coco:PATH:SPLIT, folder:PATH, or one sample of these (:INDEX).",
)
threads_option = click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=1,
    help="Of a process on the CPU, of the app for each visitor's work. The number decides the last bits of the maps; "
    "with 1, several processes, one per core, compute what one does.",
)
limit_option = click.option("--limit", type=click.IntRange(min=1), help="Only the first N samples.")


def _range(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[int, int | None]:
    """A:B as indices from 0, the second not included; either may be left out."""
    first, colon, stop = (value or ":").partition(":")
    if not colon or not all(part == "" or part.isdecimal() for part in (first, stop)):
        raise click.BadParameter(f"{value!r} wants A:B, such as 0:500, 500:1000 or 1000:", context, parameter)
    bounds = int(first or 0), int(stop) if stop else None
    if bounds[1] is not None and bounds[1] <= bounds[0]:
        raise click.BadParameter(f"{value!r} is empty: the second index is not included", context, parameter)
    return bounds


def _sample_names(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    """Names separated by commas; of @FILE, its lines."""
    if not (value or "").startswith("@"):
        return _split_names(context, parameter, value or "")
    try:
        lines = Path(str(value)[1:]).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise click.BadParameter(f"{str(value)[1:]} cannot be read as text", context, parameter) from None
    return tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))


def as_one(
    argument: str, build: Callable[..., Any], *options: Callable[..., Any]
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator that gives a command these options as one argument, which `build` makes of their values by name."""
    names = tuple(inspect.signature(build).parameters)

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def collected(**values: Any) -> Any:
            built = build(**{name: values.pop(name) for name in names})
            return command(**{argument: built}, **values)

        return functools.reduce(lambda function, option: option(function), reversed(options), collected)

    return decorate


def _selection(sample_names: tuple[str, ...], bounds: tuple[int, int | None], limit: int | None) -> Any:
    from wsss_viz.data.subset import Selection

    return Selection(sample_names, *bounds, limit)


selection_options = as_one(
    "selection",
    _selection,
    click.option(
        "--names",
        "sample_names",
        callback=_sample_names,
        metavar="A,B|@FILE",
        help="Only the samples of these names, separated by commas, or the lines of a file.",
    ),
    click.option("--range", "bounds", callback=_range, metavar="A:B", help="Only those from index A to before B."),
    limit_option,
)
"""--names, --range and --limit, as one argument `selection` for `data.subset.take`."""


def _split_names(context: click.Context, parameter: click.Parameter, value: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(",") if name.strip())


def _named_paths(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs = [value.partition("=") for value in values]
    for value, (name, _, path) in zip(values, pairs, strict=True):
        if not name or not path:
            raise click.BadParameter(f"{value!r} wants NAME=CHECKPOINT", context, parameter)
    return {name: path for name, _, path in pairs}


classes_option = click.option(
    "--classes",
    "only",
    default="",
    callback=_split_names,
    metavar="A,B",
    help="Only the maps of these classes, by name or by number in masks; files of images that have none of them hold "
    "no map, and images without labels get all of them.",
)


def names_option(default: str) -> Callable[[Any], Any]:
    """--methods, to a tuple of names, with a default of the command's own."""
    return click.option(
        "--methods", "names", default=default, callback=_split_names, help="Names, separated by commas."
    )


also_option = click.option(
    "--also",
    multiple=True,
    callback=_named_paths,
    metavar="NAME=CHECKPOINT",
    help="A row of that name beside the methods: CAM of another checkpoint, such as a control; repeatable.",
)
json_option = click.option(
    "--json", "json_path", type=click.Path(dir_okay=False, path_type=Path), help="Write every number here."
)
settings_option = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="METHOD.SETTING=VALUE",
    help="Change one setting, such as rib.margin=25; repeatable; `methods` lists them.",
)
official_option = click.option(
    "--settings",
    "settings_from",
    type=click.Choice(["own", "official"]),
    default="own",
    callback=lambda context, parameter, value: None if value == "own" else value,
    help="Where settings are from that --set leaves: own, the classifier's entry in its register, where it has one; "
    "official, the method's official code (RIB's of COCO for a head of 80 rows, else of VOC).",
)
refine_option = click.option(
    "--refine",
    "refine",
    metavar="NAME[@BACKGROUND]",
    help="A refiner between maps and masks: crf:irn, crf:psa, crf:oc-cse, pamr, or the random walk of a network, "
    "psa:res38_aff.pth, irn:res50_irn.pth (or psa:NAME of one that `train affinity` made); after @ the background's "
    "score, as crf:irn@0.3, else chosen as thresholds are (`evaluate`) or the preset's.",
)


@dataclass(frozen=True)
class Storing:
    """What `storing_options` say. Raises InputError where both of the first are given."""

    store: bool
    from_stored: bool
    device: str
    json_path: Path | None

    def __post_init__(self) -> None:
        if self.store and self.from_stored:
            raise InputError("--store measures again; leave it out with --stored")


def storing_options(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """--store and --stored, --device and --json, as one argument `storing` of a command that a page opens with.

    Args:
        what: of --store, what is measured and written.
    """
    return as_one(
        "storing",
        Storing,
        click.option("--store", is_flag=True, help=what),
        click.option("--stored", "from_stored", is_flag=True, help="Print what ships in place of measuring."),
        device_option,
        json_option,
    )


def need_app(what: str) -> None:
    """Raises InputError where the packages of the extra `app` are not installed."""
    missing = [name for name in ("streamlit", "plotly") if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(f"{what} needs {' and '.join(missing)}: run `pip install 'wsss-viz[app]'`")


def write_json(path: Path | None, value: Any) -> None:
    """What --json asks for, whole or not at all; nothing where it was not given."""
    from wsss_viz.data.files import write_whole

    if path is not None:
        write_whole(path, (json.dumps(value) + "\n").encode())


def views_option(default: str) -> Callable[[Any], Any]:
    """--views, with a default of the command's own."""
    return click.option(
        "--views",
        "views_name",
        type=click.Choice(list(PRESETS)),
        default=default,
        help="The views a map is fused from; multi-scale is IRN's: 1, .5, 1.5, 2 and the mirror image.",
    )
