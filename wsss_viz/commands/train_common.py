"""What the training commands share: their options, the command line they are known by, and their register entries."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from wsss_viz.errors import InputError

HELD_OUT = 300
TRAIN_COUNT, VAL_COUNT = 4000, 500


def common(function: Any) -> Any:
    """The options of every training."""
    for option in (
        click.option("--train-count", type=click.IntRange(32), default=TRAIN_COUNT, help="Drawings to train on."),
        click.option("--val-count", type=click.IntRange(20), default=VAL_COUNT, help="Drawings to validate on."),
        click.option("--seed", type=click.IntRange(0), default=0),
        click.option(
            "--crop",
            type=click.FloatRange(0, 1, min_open=True),
            default=1.0,
            help="The smallest share of a drawing's area that a random crop keeps; 1: nothing is cropped.",
        ),
    ):
        function = option(function)
    return function


def out_option(default: str, more: str = "") -> Callable[[Any], Any]:
    """--out: the file to write, by default that of the name `default` in the person's data folder."""

    def default_path() -> Path:
        from wsss_viz.models.manifest import trained_folder

        return trained_folder() / f"{default}.safetensors"

    text = f"The file to write; by default {default}.safetensors in your data folder, loaded by that name.{more}"
    kind = click.Path(dir_okay=False, path_type=Path)
    return click.option("--out", type=kind, default=default_path, show_default=False, help=text)


def checkpoint_option(name: str, default: str | None, help_text: str | None = None) -> Callable[[Any], Any]:
    """An option that takes a checkpoint, a name in the register or a file, and gives the file."""

    def named_path(context: click.Context, parameter: click.Parameter, value: str | None) -> Path | None:
        from wsss_viz.models.manifest import read_manifest, registered_path

        return None if value is None else registered_path(value) if value in read_manifest() else Path(value)

    return click.option(name, default=default, callback=named_path, metavar="NAME|FILE", help=help_text)


held_out_option = click.option(
    "--held-out", type=click.IntRange(1), default=HELD_OUT, help="Held-out scenes scored at the end."
)


def check_out(out: Path) -> None:
    """Before minutes are spent: the file can be written where it is to go."""
    from wsss_viz.models.manifest import checkpoints_folder, read_manifest, trained_folder

    if out.suffix != ".safetensors":
        raise InputError(f"--out {out} wants a name that ends in .safetensors")
    trained, shipped = trained_folder(), checkpoints_folder()
    if trained != shipped and out.parent.resolve() == trained.resolve() and out.stem in read_manifest(shipped):
        raise InputError(f"--out {out}: {out.stem} is the name of a shipped checkpoint; give another one")
    out.parent.mkdir(parents=True, exist_ok=True)


def command_line() -> str:
    """`train NAME --option value ...`: what can be typed to make the checkpoint again that the command at work makes.

    A checkpoint in a register is called by its name. Left out are a flag that is off, an option that is None, the usual
    counts of drawings, and what says nothing of the checkpoint.
    """
    context = click.get_current_context()
    parts = [f"train {context.info_name}"]
    for option in context.command.params:
        name, value = str(option.name), context.params.get(str(option.name))
        if value is None or value is False or name in ("held_out", "watch"):
            continue
        if name in ("train_count", "val_count", "crop") and value == option.get_default(context):
            continue
        parts.append(option.opts[0])
        if value is not True:
            parts.append(shlex.quote(_written(value, name) if isinstance(value, Path) else str(value)))
    return " ".join(parts)


def _written(path: Path, option: str) -> str:
    """A checkpoint that is read, by its name where it is a registered one; any other file by its path."""
    from wsss_viz.models.manifest import folder_of

    folder = None if option == "out" else folder_of(path.stem)
    return path.stem if folder is not None and path == folder / path.name else path.as_posix()


def register_checkpoint(
    out: Path,
    classifier: Any,
    seed: int,
    history: Any,
    scores: dict[str, Any],
    start: dict[str, str] | None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """The register beside the checkpoint says how it was made and how good it is."""
    from wsss_viz.training.recipes import ARCHITECTURE

    preprocessing = classifier.preprocessing.as_dict()
    register_network(out, ARCHITECTURE, classifier.classes, seed, history, scores, start or {}, preprocessing, settings)


def register_network(
    out: Path,
    architecture: dict[str, Any],
    classes: tuple[str, ...],
    seed: int,
    history: Any,
    scores: dict[str, Any],
    start: Mapping[str, Any],
    preprocessing: dict[str, Any] | None = None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """The same for a network of any architecture; `start` says what it started from and was made with."""
    import torch

    from wsss_viz.models.manifest import Entry, file_digest, register
    from wsss_viz.version import __version__

    trained = {
        "minutes": round(history.seconds / 60, 1),
        "epochs": history.epochs,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "wsss_viz": __version__,
        **start,
    }
    entry = Entry(
        file=out.name,
        sha256=file_digest(out),
        architecture=architecture,
        classes=classes,
        preprocessing=preprocessing or {},
        command=f"python -m wsss_viz {command_line()}",
        seed=seed,
        trained=trained,
        scores=scores,
        settings={name: dict(values) for name, values in (settings or {}).items()},
    )
    register(out.stem, entry, out.parent)
