"""`methods`: what can be run, what it needs, and its settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from wsss_viz.commands.options import json_option, write_json
from wsss_viz.methods.catalogue import METHODS, Method, method


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@json_option
def command(names: tuple[str, ...], json_path: Path | None) -> None:
    """List the methods: title, source, what each needs, and its settings with their defaults.

    A checkpoint's entry in checkpoints/manifest.json may set others for that network; --set changes one for a run.
    """
    entries = [method(name) for name in names or METHODS]
    for entry in entries:
        click.echo("\n".join(_lines(entry)))
    write_json(json_path, {entry.name: _content(entry) for entry in entries})


def _needs(entry: Method) -> str:
    networks = "networks" if entry.several else "a network"
    elsewhere = f", on other data `{entry.train_anywhere}`" if entry.train_anywhere else ""
    trained = f"`{entry.train}` on the drawn scenes{elsewhere}"
    paired = f"{networks} of the role {entry.role}: {trained}, or --network {entry.role}=FILE"
    return paired if entry.role else "the classifier alone"


def _lines(entry: Method) -> list[str]:
    settings = [f"  {entry.name}.{name} = {_text(value)}" for name, value in entry.settings().as_dict().items()]
    return [f"{entry.name}: {entry.title} ({entry.source})", f"  needs {_needs(entry)}", *settings]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value).replace("null", "none")


def _content(entry: Method) -> dict[str, Any]:
    return {
        "title": entry.title,
        "source": entry.source,
        "role": entry.role,
        "settings": entry.settings().as_dict(),
    }
